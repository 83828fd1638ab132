"""Reviewed folders as a training set: which frames are labels, where, under which name."""

from __future__ import annotations

import json
import shutil
import tomllib

import numpy as np
import pytest

from lvcine.cli.main import run
from lvcine.errors import UsageError
from lvcine.phantom.write.dicom_us import write_ultrasound
from lvcine.pipeline.find_scan import ScanFinder
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.reviewed import read_reviewed, reviewed_folders
from lvcine.read import open_study
from lvcine.review.open_result import open_result
from lvcine.review.session import Session
from lvcine.study.reviewed import PREFIX, reviewed_subject
from lvcine.training.split import SUNNYBROOK

from .conftest import FRAMES, MM, SLICES, half_ellipses, radius_mm
from .test_session import circle, draw

ED, ES = 0, 5


def from_base(z: int) -> int:
    """The place from the base of a slice of the file, which begins at the apex."""
    return SLICES - 1 - z


def read(folder, scans=None):
    return read_reviewed(folder, ScanFinder(AnalyzeOptions(), scans))


@pytest.fixture
def corrected(reviewed, folder):
    """One contour corrected beside ED and ES, away from the middle, saved under a name."""
    session = reviewed().session
    request = {"do": "contour", "side": "endo", "z": 1, "t": 3, "points": circle(11.0, (33.0, 40.0))}
    session.correct(request, session.revision, "Dr Example")
    session.save(session.revision, "Dr Example")
    session.close()
    return folder


def test_corrected_places_and_ed_and_es_of_a_named_reader_count_as_read(corrected):
    found = read(corrected)
    expected = np.zeros((SLICES, FRAMES), bool)
    expected[:, [ED, ES]] = True
    expected[from_base(1), 3] = True
    np.testing.assert_array_equal(found.read, expected)
    assert found.reader == "Dr Example" and not found.clip
    pixels = open_study(corrected.parent / "scan.nii.gz").cines[0].pixels
    np.testing.assert_array_equal(found.pixels, pixels[::-1])
    assert found.subject == reviewed_subject(pixels) and "Example" not in found.subject


def test_without_a_name_only_what_was_corrected_counts_and_what_was_excluded_never(reviewed, folder):
    session = reviewed().session
    draw(session, 1, 3, 11.0)
    draw(session, 2, 7, 12.0)
    session.correct({"do": "frame", "t": 7}, session.revision)
    session.save(session.revision)
    found = read(folder)
    assert [tuple(map(int, place)) for place in np.argwhere(found.read)] == [
        (from_base(1), 3)
    ] and found.reader == ""
    session.correct({"do": "slice", "z": 1}, session.revision, "Dr Example")
    session.save(session.revision, "Dr Example")
    found = read(folder)
    assert not found.read[from_base(1)].any() and not found.read[:, 7].any()
    assert found.read[[from_base(z) for z in (0, 2, 3)]][:, [ED, ES]].all()
    session.close()


def test_a_stack_becomes_labels_where_the_reader_drew(corrected):
    pytest.importorskip("torch")
    from lvcine.systems.echo.train.real import reviewed_clips
    from lvcine.systems.sax.train.real import reviewed_stacks
    from lvcine.training.labelled import SPACING_MM, UNLABELLED

    found = read(corrected)
    assert not list(reviewed_clips(found))
    (item,) = reviewed_stacks(found)
    assert item.name == f"{found.subject}~SAX"
    known = (item.labels != UNLABELLED).all((2, 3))
    np.testing.assert_array_equal(known, found.read)
    assert (item.labels != UNLABELLED).any((2, 3)).sum() == found.read.sum()
    drawn = item.labels[from_base(1), 3] == 1
    assert drawn.sum() * SPACING_MM**2 == pytest.approx(np.pi * 11.0**2, rel=0.01)
    at = (np.argwhere(drawn).mean(0) - (np.array(drawn.shape) - 1) / 2) * SPACING_MM
    assert at == pytest.approx((np.array([33.0, 40.0]) - (72 - 1) / 2) * MM, abs=0.2)


def test_pictures_and_labels_go_the_same_way_into_the_pool(reviewed, folder):
    """Blood is bright in the rings, muscle dark; as the file is read, their middle is pixel 35."""
    pytest.importorskip("torch")
    from lvcine.systems.sax.train.real import reviewed_stacks
    from lvcine.training.labelled import ENDO_ONLY, SPACING_MM

    session = reviewed().session
    for side, mm in (("endo", radius_mm(ED)), ("epi", radius_mm(ED) + 9)):
        points = circle(mm, (35.0, 35.0))
        request = {"do": "contour", "side": side, "z": 1, "t": ED, "points": points}
        session.correct(request, session.revision, "Dr Example")
    session.save(session.revision, "Dr Example")
    session.close()
    (item,) = reviewed_stacks(read(folder))
    ed = item.labels[from_base(1), ED]
    assert (ed == 1).sum() * SPACING_MM**2 == pytest.approx(np.pi * radius_mm(0) ** 2, rel=0.01)
    middle = np.argwhere(ed == 1).mean(0)
    near = np.hypot(*(np.indices(ed.shape) - middle[:, None, None])) * SPACING_MM < radius_mm(0) + 5
    bright = (item.pixels[from_base(1), ED] > 150) & near
    assert np.argwhere(bright).mean(0) == pytest.approx(middle, abs=0.15)
    assert (bright & (ed == 1)).sum() > 0.97 * (ed == 1).sum() and bright.sum() < 1.03 * (ed == 1).sum()
    assert ed.max() < ENDO_ONLY


def test_where_a_reader_has_no_contour_there_is_no_ventricle(reviewed, folder):
    pytest.importorskip("torch")
    from lvcine.systems.sax.train.real import reviewed_stacks
    from lvcine.training.labelled import ENDO_ONLY

    session = reviewed().session
    by = "Dr Example"
    session.correct({"do": "delete", "z": 2, "t": 3, "side": "both"}, session.revision, by)
    session.correct({"do": "delete", "z": 1, "t": 3, "side": "epi"}, session.revision, by)
    session.correct({"do": "end", "end": "base", "phase": "es", "z": 2}, session.revision, by)
    session.save(session.revision, by)
    session.close()
    (item,) = reviewed_stacks(read(folder))
    assert not item.labels[from_base(2), 3].any()
    assert set(np.unique(item.labels[from_base(1), 3])) == {
        ENDO_ONLY,
        ENDO_ONLY + 1,
    }  # the wall is not known there
    assert not item.labels[from_base(3), ES].any() and item.labels[from_base(3), ED].any()


def test_a_clip_is_labelled_by_its_endocardium_alone(tmp_path):
    pytest.importorskip("torch")
    from lvcine.systems.echo.train.data import LV_ONLY, UNTRACED
    from lvcine.systems.echo.train.real import reviewed_clips
    from lvcine.systems.sax.train.real import reviewed_stacks

    cine, labels = half_ellipses()
    scan = write_ultrasound(cine, tmp_path / "clip.dcm")
    measure_masks(scan, labels, labels="camus", output=tmp_path / "results", movie="none", view="A4C")
    session = Session(open_result(tmp_path / "results", scan, AnalyzeOptions()))
    ed, es = session.now.ed_frame, session.now.es_frame
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    oval = np.stack([70 + 30 * np.sin(angle), 66 + 18 * np.cos(angle)], 1)
    request = {"do": "contour", "side": "endo", "z": 0, "t": es - 2, "points": oval.ravel().tolist()}
    session.correct(request, session.revision, "Dr Example")
    session.save(session.revision, "Dr Example")
    session.close()
    found = read(tmp_path / "results")
    assert found.clip and set(np.flatnonzero(found.read[0])) == {ed, es, es - 2}
    assert not list(reviewed_stacks(found))
    (clip,) = reviewed_clips(found)
    assert clip.view == "A4C" and clip.name == f"{found.subject}~A4C"
    first = max(0, min(ed, es - 2) - 4)
    traced = [first + t for t in range(len(clip.labels)) if (clip.labels[t] != UNTRACED).any()]
    assert traced == sorted({ed, es, es - 2})
    drawn = clip.labels[es - 2 - first]
    assert set(np.unique(drawn)) <= {0, LV_ONLY, LV_ONLY + 1}  # 0: beyond the picture
    inside = drawn == LV_ONLY + 1
    share = inside.sum() / drawn.size
    assert share == pytest.approx(np.pi * 30 * 18 / 128**2, rel=0.02)


def test_names_of_reviewed_scans_are_nobody_elses(corrected):
    ours = {*SUNNYBROOK.training, *SUNNYBROOK.choosing, *SUNNYBROOK.reporting}
    assert not any(name.startswith(PREFIX) for name in ours)
    assert SUNNYBROOK.side(read(corrected).subject) == "training"
    shutil.copytree(corrected.parent, corrected.parent.parent / "elsewhere")
    moved = corrected.parent.parent / "elsewhere" / "results"
    assert read(moved).subject == read(corrected).subject


def test_the_scan_is_found_where_it_lies_and_another_is_not_taken(corrected, tmp_path):
    away = tmp_path / "archive" / "deep"
    away.mkdir(parents=True)
    (corrected.parent / "scan.nii.gz").rename(away / "scan.nii.gz")
    with pytest.raises(UsageError, match="not found"):
        read(corrected)
    assert read(corrected, tmp_path / "archive").read.any()


def test_the_command_fills_trains_ships_and_evaluation_refuses_what_was_seen(
    corrected, tmp_path, capsys, monkeypatch
):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    subject = read(corrected).subject
    copy = tmp_path / "stack" / "second"
    shutil.copytree(corrected, copy)  # a second reader's copy of the same results
    options = json.loads((copy / "corrected" / "run.json").read_text())
    options["options"]["reader"] = "Dr Other"
    (copy / "corrected" / "run.json").write_text(json.dumps(options))
    assert run(["train", "fill", "sax", "--data", "stack", "--pool", "pool", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert (
        "1 real subjects" in said and "read by Dr Other" in said and f"{subject}  results: 9 slices" in said
    )
    assert sorted(p.stem for p in (tmp_path / "pool").glob("*.npz")) == [f"{subject}~2~SAX", f"{subject}~SAX"]
    assert run(["train", "fill", "echo", "--data", "stack", "--pool", "other", "--quiet"]) == 2
    assert "not for echo" in capsys.readouterr().out

    # Two steps of a tiny net, which real stacks are learned from in.
    from dataclasses import replace

    from lvcine.systems.sax import recipe

    monkeypatch.setitem(recipe.RECIPES, "tiny", replace(recipe.RECIPES["tiny"], real_share=1.0))
    argv = ["train", "fit", "sax", "--recipe", "tiny", "--pool", "pool", "--run", "run", "--steps", "2"]
    assert run(argv) == 0
    assert run(["train", "ship", "sax", "--run", "1=run", "--weights", "mine"]) == 0
    card = tomllib.loads((tmp_path / "mine" / "sax.toml").read_text())
    assert card["split"]["training"] == [subject] and "1 studies corrected by readers" in card["first_line"]
    assert set(card["data"]) == {"reviewed"}


def test_a_folder_without_a_review_says_so(folder, capsys):
    pytest.importorskip("torch")
    assert reviewed_folders(folder.parent / "nothing here") == []
    with pytest.raises(UsageError, match="none of 1 folders of results holds a saved review"):
        reviewed_folders(folder.parent)
    assert run(["train", "fill", "sax", "--data", str(folder), "--quiet"]) == 2
    assert capsys.readouterr().err.count("saved review") == 1


def test_a_review_saved_by_a_version_that_did_not_note_what_was_read_is_refused(corrected):
    file = corrected / "corrected" / "run.json"
    record = json.loads(file.read_text())
    del record["options"]["reader"]
    file.write_text(json.dumps(record))
    with pytest.raises(UsageError, match="save it again"):
        read(corrected)
