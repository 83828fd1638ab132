"""Both planes of an apical exam: each is corrected on its own page, the volume follows both."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import lvcine
from lvcine.errors import LvcineError
from lvcine.pipeline.apical import plane_of_analysis
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.pipeline.remeasure import remeasure
from lvcine.pipeline.result import result_of
from lvcine.report.record import read_record
from lvcine.review import open_result as opening
from lvcine.review.run import Review
from lvcine.review.session import Session
from lvcine.study import Study, View

from .conftest import half_ellipses
from .page import ReviewPage
from .test_server import Client

HALF, TALL = 24.0, 76.0  # of the half ellipse at ED, in pixels of 1 mm


@pytest.fixture(scope="module")
def exam():
    """Two clips of one ventricle, the second with more frames, and the analysis of both."""
    first, labels = half_ellipses()
    two = np.concatenate([labels, labels[:, -1:].repeat(4, 1)], 1)
    pixels = np.concatenate([first.pixels, first.pixels[:, -1:].repeat(4, 1)], 1)
    times = np.arange(two.shape[1])[None] * 33.0
    second = replace(first, pixels=pixels, times_ms=times, view=View.A2C, label="clip 2")
    study = Study((first, second), digest="c" * 64)
    main, alone = (
        measure_masks(Study((cine,), digest="c" * 64), drawn, labels="camus", by="a net")
        for cine, drawn in ((first, labels), (second, two))
    )
    both = remeasure(replace(main, study=study, second_plane=plane_of_analysis(alone)))
    return study, result_of(both)


@pytest.fixture
def session(exam, tmp_path, monkeypatch):
    study, result = exam
    result.save(tmp_path / "exam", movie="none")
    monkeypatch.setattr(opening, "open_source", lambda scan, chosen, steps: study)
    opened = Session(opening.open_result(tmp_path / "exam", tmp_path / "scan"))
    yield opened
    opened.close()


def wider(session: Session, factor: float) -> None:
    """The endocardium of every frame, wider by a factor, its length as it was."""
    state = session.state
    for t in range(state.frames):
        points = state.at(("endo", 0, t)).points.copy()
        points[:, 1] = 64 + factor * (points[:, 1] - 64)
        request = {"do": "contour", "side": "endo", "z": 0, "t": t, "points": points.ravel().tolist()}
        session.correct(request, session.revision, "Dr Example")


def volumes(session: Session) -> tuple[float, float]:
    raw = session.everything()["numbers"]["raw"]
    return raw["edv_ml"], raw["esv_ml"]


def test_contours_of_the_second_plane_are_kept_and_their_volume_is_that_of_geometry(session, exam):
    second = read_record(session.folder).analysis.second_plane
    assert second.cine.view == View.A2C and second.cine.frames == len(second.endo) == 34
    ellipsoid = 2 / 3 * np.pi * HALF**2 * TALL / 1000
    assert volumes(session)[0] == pytest.approx(ellipsoid, rel=0.03)
    assert session.partner.study()["frames"] == 34
    assert session.study()["other"] == {"view": "A2C", "address": "other/"}
    assert session.partner.study()["other"] == {"view": "A4C", "address": "../"}
    assert volumes(session.partner) == pytest.approx(volumes(session), rel=2e-3)  # contours of 1/1000 pixel
    assert len(session.partner.everything()["numbers"]["beats"]) == 1


def test_the_volume_follows_the_contours_of_either_plane(session):
    before = volumes(session)
    wider(session.partner, 1.1)
    once = [1.1 * v for v in before]  # discs are ellipses: as much wider as one of their two axes
    assert volumes(session.partner) == pytest.approx(once, rel=0.01)
    assert volumes(session) == pytest.approx(once, rel=0.01)
    assert session.everything()["undo"] == 0 and session.partner.everything()["undo"] == 34
    wider(session, 0.9)
    both = [0.9 * v for v in once]
    assert volumes(session) == pytest.approx(both, rel=0.01)
    assert volumes(session.partner) == pytest.approx(both, rel=0.01)
    for _ in range(34):
        session.partner.undo(session.partner.revision)
    assert volumes(session) == pytest.approx([0.9 * v for v in before], rel=0.01)


def test_both_planes_are_saved_and_reopened_together(session, exam, monkeypatch):
    wider(session.partner, 1.1)
    wanted = volumes(session)
    unsaved = lvcine.measure_masks(session.folder)
    assert "corrections-not-saved" in {f.code for f in unsaved.findings}
    session.partner.save(session.partner.revision, "Dr Example")
    assert session.everything()["saved"] and session.partner.everything()["saved"]
    again = lvcine.measure_masks(session.folder)
    assert (again.headline()["edv_ml"], again.headline()["esv_ml"]) == pytest.approx(wanted, rel=1e-4)
    codes = {f.code: f.text for f in again.findings}
    assert "corrections-not-saved" not in codes and "second plane in frame 0" in codes["corrected-by-reader"]
    assert "Dr Example" in codes["corrected-by-reader"]
    session.close()
    reopened = Session(opening.open_result(session.folder, session.folder))
    assert volumes(reopened) == pytest.approx(wanted, rel=1e-9)
    assert reopened.partner.everything()["undo"] == 34
    reopened.close()


def test_a_second_plane_without_a_ventricle_says_so_on_both_pages(session):
    other = session.partner
    for t in range(other.state.frames):
        other.correct({"do": "delete", "z": 0, "t": t, "side": "both"}, other.revision, "Dr Example")
    assert session.everything()["numbers"]["error"] and other.everything()["numbers"]["error"]
    with pytest.raises(LvcineError):
        session.save(session.revision, "Dr Example")
    other.undo(other.revision)
    other.undo(other.revision)


def test_the_second_plane_has_a_page_of_its_own(session):
    review = Review(session)
    with review.serving() as address:
        client = Client(address, review)

        def get(path: str) -> tuple[int, bytes]:
            return client.ask(client.path + path)[:2]

        first, second = (json.loads(get(f"{where}api/study")[1]) for where in ("", "other/"))
        assert (first["frames"], second["frames"]) == (30, 34) and "A2C" in second["kind"]
        assert get("other/") == get("") and get("other/page/main.js")[0] == 200
        assert get("other/api/frame/33")[0] == 200 and get("api/frame/33")[0] == 404
        assert get("other/other/api/study")[0] == 404


def test_the_page_goes_to_the_other_plane_and_back(session, browser):
    with Review(session) as review, review.serving() as address:
        page = ReviewPage(browser, address)
        page.pictures()
        before = page.raw("edv_ml")
        page.page.keyboard.press("p")
        page.page.wait_for_url("**/other/")
        page.wait(lambda: page.run("document.documentElement.dataset.ready === 'yes'"))
        page.pictures()
        assert "A2C" in page.page.inner_text("#kind") and page.run("review.store.study.frames") == 34
        page.key("Home", "g", "g")  # at ED a millimetre larger
        assert page.raw("edv_ml") > 1.01 * before and page.run("review.store.undo") == 2
        after = page.raw("edv_ml")
        page.page.click("[data-key=other]")
        page.page.wait_for_url(address)
        page.wait(lambda: page.run("document.documentElement.dataset.ready === 'yes'"))
        assert page.raw("edv_ml") == pytest.approx(after, rel=1e-9)
        assert page.run("review.store.undo") == 0 and page.said == []
        page.close()


def test_results_of_an_earlier_version_are_reviewed_as_before(session, exam, tmp_path):
    study, result = exam
    plane = replace(result.second_plane, cine=None, endo=(), hinges=())
    result_of(replace(result, second_plane=plane)).save(tmp_path / "old", movie="none")
    opened = opening.open_result(tmp_path / "old", tmp_path / "scan")
    assert opened.across is None
    assert opened.original.headline()["edv_ml"] == pytest.approx(volumes(session)[0], rel=1e-3)
