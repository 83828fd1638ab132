from __future__ import annotations

import csv
import tarfile

import pytest

from lvcine.errors import ReadError, UsageError
from lvcine.evaluate import KINDS, run
from lvcine.output import hold
from lvcine.pipeline.options import AnalyzeOptions

from .conftest import ED, ES
from .test_pairs import write_cycle, write_pair
from .test_stills import STILLS, write_npz
from .test_sunnybrook import write_subject


def rows(output, table):
    with open(output / "results" / f"{table}.csv", newline="") as file:
        return {row["subject"]: row for row in csv.DictReader(file)}


@pytest.fixture
def data(tmp_path):
    """Every kind at its usual place: Sunnybrook packed and unpacked, masks in one archive."""
    home = tmp_path / "data"
    for name in ("SC-N-01", "SC-N-90"):
        write_subject(_made(tmp_path / "raw" / name))
        _pack(tmp_path / "raw" / name, home / f"sunnybrook_{name}.tar.xz")
    write_npz(home / STILLS)
    outside = tmp_path / "raw" / "external_evaluation_only"
    write_cycle(_made(outside / "acdc_cine"), {"case1": {"ed": ED, "es": ES}})
    _pack(outside, home / "external_evaluation_only.tar.xz")
    return home


def _made(folder):
    folder.mkdir(parents=True)
    return folder


def _pack(folder, archive):
    archive.parent.mkdir(exist_ok=True)
    with tarfile.open(archive, "w:xz", preset=0) as tar:
        tar.add(folder, folder.name)


def test_everything_at_its_usual_place_goes_into_one_page(data, tmp_path, net):
    page = run("all", data, tmp_path / "docs", options=AnalyzeOptions(movie="none")).read_text()
    tables = sorted(p.stem for p in (tmp_path / "docs" / "results").iterdir())
    assert tables == ["cines", "exams", "sunnybrook-cines", "sunnybrook-stills"]
    assert float(rows(tmp_path / "docs", "sunnybrook-cines")["SC-N-01"]["dice_endo_ed"]) > 0.99
    assert float(rows(tmp_path / "docs", "cines")["case1"]["dice3d_cavity_es"]) == 1.0
    assert "Left out, because the net was made with them: SC-N-90" in page
    assert "SC-N-90 \\*" in page  # an exam without a reader may be shown, marked
    assert "SC-N-77" in rows(tmp_path / "docs", "sunnybrook-stills")


def test_a_study_that_fails_is_counted_and_the_others_go_on(tmp_path, net):
    folder = write_pair(_made(tmp_path / "masks"), (ED, ES))
    for ending in (".nii", "_gt.nii.gz"):
        (folder / f"case2{ending}").write_bytes((folder / f"case1{ending}").read_bytes())
    (folder / "case1.nii").write_bytes(b"no scan at all")
    net.frames = (ED, ES)
    page = run("two-phase", folder, tmp_path / "out").read_text()
    found = rows(tmp_path / "out", "two-phase")
    assert found["case1"]["error"] and float(found["case2"]["dice3d_cavity_ed"]) == 1.0
    assert "1 of 2 studies failed." in page and "- case1:" in page


def test_reports_are_kept_where_asked_for(tmp_path, net):
    folder = write_pair(_made(tmp_path / "masks"), (ED, ES))
    net.frames = (ED, ES)
    run("two-phase", folder, tmp_path / "out", reports=tmp_path / "reports")
    assert (tmp_path / "reports" / "two-phase" / "case1" / "report.html").stat().st_size > 0


def test_an_evaluation_that_fails_leaves_the_earlier_one_and_own_files(tmp_path, net, monkeypatch):
    folder, out = write_pair(_made(tmp_path / "masks"), (ED, ES)), tmp_path / "out"
    net.frames = (ED, ES)
    run("two-phase", folder, out, options=AnalyzeOptions(movie="none"))
    (out / "results" / "notes.txt").write_text("mine")
    before = contents(out)
    monkeypatch.setattr("lvcine.evaluate.results._write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run("two-phase", folder, out, options=AnalyzeOptions(movie="none"))
    assert contents(out) == before
    monkeypatch.undo()
    net.frames = (ED, ES)
    with hold(out), pytest.raises(UsageError, match="another run is writing there"):
        run("two-phase", folder, out)
    assert contents(out) == before


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_reports_of_an_earlier_evaluation_are_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("lvcine.evaluate.results.analyze", lambda *_, **__: pytest.fail("worked"))
    folder = write_pair(_made(tmp_path / "masks"), (ED, ES))
    (tmp_path / "reports" / "two-phase" / "case1").mkdir(parents=True)
    with pytest.raises(UsageError, match="not empty"):
        run("two-phase", folder, tmp_path / "out", reports=tmp_path / "reports")
    assert not (tmp_path / "out").exists()


def test_reports_may_lie_in_the_output(tmp_path, net):
    folder = write_pair(_made(tmp_path / "masks"), (ED, ES))
    net.frames = (ED, ES)
    run("two-phase", folder, tmp_path / "out", reports=tmp_path / "out" / "reports")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["reports", "results", "results.md"]


def test_the_page_says_what_it_was_made_with(tmp_path, net):
    folder = write_pair(_made(tmp_path / "masks"), (ED, ES))
    net.frames = (ED, ES)
    steps = []
    page = run("two-phase", folder, tmp_path / "out", lambda *step: steps.append(step)).read_text()
    assert "net sax (sax.onnx 000000000000)" in page and "Circles." in page
    assert steps == [("two-phase case1", 0, 1)]


def test_a_seen_subject_by_name_is_refused(data, tmp_path, net):
    with pytest.raises(UsageError, match="SC-N-90"):
        run("sunnybrook", data, tmp_path / "docs", subjects=["SC-N-90"])
    assert not (tmp_path / "docs").exists()


def test_a_kind_or_data_that_are_not_there(tmp_path):
    with pytest.raises(UsageError, match="no data are of kind"):
        run("ultrasound", tmp_path, tmp_path / "out")
    with pytest.raises(UsageError, match="no such data"):
        run("cines", tmp_path / "nothing", tmp_path / "out")
    with pytest.raises(ReadError, match="no data of kind 'sunnybrook'"):
        run("sunnybrook", tmp_path, tmp_path / "out")


def test_every_kind_is_described_in_the_manual():
    from pathlib import Path

    manual = (Path(__file__).parents[2] / "docs" / "evidence" / "evaluate.md").read_text()
    assert all(f"`{kind}`" in manual for kind in (*KINDS, "all"))
