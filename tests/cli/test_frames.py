"""``lvcine frames``: what it prints and writes of what was found."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from lvcine.cli.main import run
from lvcine.pipeline.frames import CineFrames
from lvcine.study import Cine, Finding, Geometry, View
from lvcine.systems.frames.infer import FramesBeat, FramesResult

CURVE = np.array([1.0, 0.4, 0.0, 0.6, 0.9])


def found(beats, label="series 3", **facts) -> CineFrames:
    cine = Cine(np.zeros((1, 5, 8, 8)), Geometry.stack(1, (1.0, 1.0), 1.0), label=label, **facts)
    doubt = Finding("frame-time-assumed", "warning", "no times", "state them")
    return CineFrames(cine, FramesResult(CURVE, CURVE[None], (0,), beats, (doubt,), {"name": "frames"}))


BEAT = FramesBeat(0, 2, 0.25, 1.9, 5.25, 12.0, 95.4, 262.0, 0.93)


@pytest.fixture(autouse=True)
def pipeline(monkeypatch):
    asked = {}

    def frames(path, *, options, progress):
        asked.update(path=path, options=options)
        return found((BEAT,), view=View.SAX), found((), "film", gated=False, modality="US")

    monkeypatch.setattr("lvcine.pipeline.frames.frames", frames)
    return asked


def test_every_beat_is_printed_with_its_times_and_every_doubt(capsys, pipeline):
    assert run(["frames", "exam", "--view", "a4c", "--frame-ms", "20", "--free-running", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "series 3: SAX, 1 slice x 5 frames" in out
    assert "ED frame 0 (0.25, 12 ms)   ES frame 2 (1.90, 95 ms)   confidence 0.93" in out
    assert "no whole beat" in out and "[frame-time-assumed]" in out
    read = pipeline["options"].read
    assert (read.view, read.frame_ms, read.gated) == (View.A4C, 20.0, False)


def test_json_holds_the_same(capsys):
    assert run(["frames", "exam", "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    first, second = told["cines"]
    assert first["beats"][0]["es_ms"] == 95.4 and first["beats"][0]["confidence"] == 0.93
    assert first["curve"] == CURVE.tolist() and second["beats"] == [] and told["exit_code"] == 0


def test_a_place_that_cannot_be_is_refused_before_the_work(tmp_path, capsys, pipeline):
    (tmp_path / "scan.dcm").write_text("pixels")
    for curves in (tmp_path / "nowhere" / "a.csv", tmp_path, tmp_path / "scan.dcm"):
        assert run(["frames", str(tmp_path), "--curves", str(curves), "--quiet"]) == 2
        assert "unexpected" not in capsys.readouterr().err
    assert not pipeline and (tmp_path / "scan.dcm").read_text() == "pixels"


def test_curves_are_written_as_a_table(tmp_path, capsys):
    file = tmp_path / "curves.csv"
    assert run(["frames", "exam", "--curves", str(file), "--quiet"]) == 0
    with file.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 10 and rows[1] == {"cine": "series 3", "frame": "1", "value": "0.4000"}
    assert [f.name for f in tmp_path.iterdir()] == ["curves.csv"]
