"""Real studies through real workers: their results are those of single runs, file by file."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from io import BytesIO

from PIL import Image

import lvcine
from lvcine.cohorts.record import Record
from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr

_TIMES = ("seconds",)


def write_study(folder, seed):
    """Three slices and four frames of a small virtual heart."""
    cine, _ = virtual_study(seed, frames=4, size=64, spacing_mm=2.8, step_mm=20.0)
    few = [1, 2, 3]
    taken = {name: getattr(cine, name)[few] for name in ("pixels", "times_ms", "cycle_ms")}
    write_dicom_mr(replace(cine, geometry=cine.geometry.take(few), **taken), folder, vendor="ge", seed=seed)


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
