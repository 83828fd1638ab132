"""Real studies through real workers: their results are those of single runs, file by file."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from PIL import Image

import lvcine
from lvcine.cohorts import work
from lvcine.cohorts.record import Record
from lvcine.errors import FolderInUseError

from .small_study import write_study

_TIMES = ("seconds",)


def test_results_are_those_of_single_runs(tmp_path):
    # Beside the study, in the same folder, two pictures of another: the worker is given the files of one.
    write_study(tmp_path / "scans", 7)
    before = {path.name for path in (tmp_path / "scans").iterdir()}
    write_study(tmp_path / "second", 8)
    for path in sorted((tmp_path / "second").iterdir())[:2]:
        path.rename(tmp_path / "scans" / f"second-{path.name}")
    done = lvcine.cohort(tmp_path / "scans", tmp_path / "out", workers=1, threads=1, movie="none")
    assert done.studies == {"done": 1, "refused": 1, "failed": 0}

    single = tmp_path / "single"
    (tmp_path / "first").mkdir()
    for name in before:
        (tmp_path / "scans" / name).rename(tmp_path / "first" / name)
    lvcine.analyze(tmp_path / "first", output=single, threads=1, movie="none")
    digest = json.loads((single / "run.json").read_text())["input_sha256"]
    records = [Record.of_json(path.read_text()) for path in (tmp_path / "out" / "records").iterdir()]
    record = next(one for one in records if one.facts.get("input_sha256") == digest)
    mine = tmp_path / "out" / "studies" / record.label
    assert {path.name for path in mine.iterdir()} == {path.name for path in single.iterdir()}
    for name in ("measurements.json", "measurements.csv", "segmentation.nii.gz"):
        assert (mine / name).read_bytes() == (single / name).read_bytes(), name
    ours, theirs = (json.loads((folder / "run.json").read_text()) for folder in (mine, single))
    assert {k: v for k, v in ours.items() if k not in _TIMES} == {
        k: v for k, v in theirs.items() if k not in _TIMES
    }

    numbers = json.loads((single / "measurements.json").read_text())
    assert record.numbers["edv_ml"] == numbers["edv_ml"] and record.seconds > 0
    assert len(record.nets) >= 5 and record.intervals["edv_ml"][0] < record.numbers["edv_ml"]
    sheet = Image.open(BytesIO(base64.b64decode(record.thumbnail)))
    assert sheet.size == (192, 96) and sheet.convert("L").getextrema()[1] > 100


def test_a_folder_in_which_somebody_cleans_up_is_waited_for(monkeypatch):
    """As of a worker that sweeps what killed runs left: on a busy machine it holds the folder for a while."""
    asked = []

    def busy(analysis, folder, options):
        asked.append(folder)
        if len(asked) < 3:
            raise FolderInUseError("another run is writing there")

    monkeypatch.setattr(work, "save", busy)
    work._save(None, "out", None)
    assert asked == ["out"] * 3
    monkeypatch.setattr(work, "_BUSY_S", 0.1)
    asked.clear()
    with pytest.raises(FolderInUseError):
        work._save(None, "out", None)
