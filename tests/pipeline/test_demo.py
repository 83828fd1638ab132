from __future__ import annotations

import json

import pydicom
import pytest

from lvcine.errors import UsageError
from lvcine.phantom import virtual_study
from lvcine.phantom.subjects.subject import PhantomOptions
from lvcine.pipeline.demo import demo


@pytest.fixture
def small(net, monkeypatch):
    """The demo's way on a study of few, coarse pictures."""
    options = PhantomOptions(kind="normal", side="demo", frames=4, size=64, spacing_mm=3.0)
    monkeypatch.setattr("lvcine.pipeline.demo._OPTIONS", options)
    monkeypatch.setattr("lvcine.pipeline.demo._STEP_MM", 18.0)


def test_the_demo_leaves_a_study_its_truth_and_a_report(small, tmp_path):
    analysis = demo(tmp_path / "out", seed=3)
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"study", "truth.json", "report.html", "measurements.json", "segmentation.nii.gz"} <= names
    files = sorted((tmp_path / "out" / "study").rglob("*.dcm"))
    assert len(files) == analysis.cine.slices * 4
    assert pydicom.dcmread(files[0]).Modality == "MR"


def test_the_truth_stands_beside_the_result(small, tmp_path):
    analysis = demo(tmp_path / "out", seed=3)
    _, truth = virtual_study(4_000_003, kind="normal", frames=4, size=32, step_mm=40.0)
    told = json.loads((tmp_path / "out" / "truth.json").read_text())
    assert told["edv_ml"] == pytest.approx(truth.edv_ml, abs=0.01)
    assert told["es_frame"] == truth.es_frame
    exact = next(f for f in analysis.findings if f.code == "virtual-heart")
    assert f"EF {told['ef_percent']:g} %" in exact.text
    assert "made by lvcine; its exact numbers" in (tmp_path / "out" / "report.html").read_text()


def test_a_second_demo_replaces_the_first_only_where_it_is_told_to(small, tmp_path):
    first = demo(tmp_path / "out", seed=1)
    before = contents(tmp_path / "out")
    with pytest.raises(UsageError, match="earlier demo.*--overwrite"):
        demo(tmp_path / "out", seed=2)
    assert contents(tmp_path / "out") == before
    second = demo(tmp_path / "out", seed=2, overwrite=True)
    assert first.study.digest != second.study.digest
    assert len(list((tmp_path / "out" / "study").rglob("*.dcm"))) == second.cine.slices * 4


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_demo_that_fails_leaves_the_earlier_one_and_own_files(small, tmp_path, monkeypatch):
    demo(tmp_path / "out", seed=1)
    (tmp_path / "out" / "study" / "notes.txt").write_text("mine")
    before = contents(tmp_path / "out")
    for failure in (OSError(28, "No space left on device"), KeyboardInterrupt()):

        def fail(*_, failure=failure, **__):
            raise failure

        monkeypatch.setattr("lvcine.pipeline.demo.fill", fail)
        with pytest.raises(type(failure)):
            demo(tmp_path / "out", seed=2, overwrite=True)
        assert contents(tmp_path / "out") == before
    monkeypatch.undo()


def test_a_demo_in_a_new_folder_that_fails_leaves_none(small, tmp_path, monkeypatch):
    monkeypatch.setattr("lvcine.pipeline.demo.analyze", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo(tmp_path / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_virtual_subject_is_no_earlier_demo(small, tmp_path):
    (tmp_path / "truth.json").write_text("{}")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "S001_I00001.dcm").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not empty"):
        demo(tmp_path)
    assert contents(tmp_path) == {"truth.json": b"{}", "study/S001_I00001.dcm": b"mine"}


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "precious.dcm").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not empty"):
        demo(tmp_path)
    assert (tmp_path / "study" / "precious.dcm").read_bytes() == b"mine"
