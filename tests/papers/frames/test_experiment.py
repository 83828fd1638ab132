"""The frames table: what it counts, and the command on a few tiny patients."""

import csv

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.papers.frames import experiment as room
from lvcine.papers.frames.cohort import marked, patients
from lvcine.papers.frames.table import Scored, table
from lvcine.systems.frames.train.data import LabelledClip

pytest.importorskip("skimage")


def clip(ed: float, es: float) -> LabelledClip:
    return LabelledClip("c", np.zeros((20, 8, 8), np.uint8), True, np.array([ed]), np.array([es]))


def test_frames_are_marked_as_a_reader_marks_them():
    assert marked(clip(19.7, 7.4)) == (0, 7)


def test_the_last_frame_is_one_from_the_first_round_the_cycle_and_not_along_the_file():
    s = room._scored("row", "s", clip(0.0, 8.0), (19, 6), 0.5)
    assert (s.ed, s.es, s.ed_plain, s.es_plain) == (1, 2, 19, 2)


def test_the_table_says_what_each_part_pays():
    rows = (("CNN + regression", 3), ("LSTM, no temporal loss", 2), ("LSTM, temporal loss", 2))
    scored = [
        Scored(row, f"s{k}", f"c{k}", off, off + k % 2, off, off, 0.1) for row, off in rows for k in range(6)
    ]
    text = table(scored, "cpu", "effort", 20)
    assert "| CNN + regression | 3.00 (0.00) [3.00, 3.00] | 1.30 | 3.50" in text
    assert "| the LSTM | -1.00 [-1.00, -1.00] |" in text and "| the temporal loss | +0.00" in text


def test_the_command_on_four_patients(tmp_path, monkeypatch):
    told = []
    file = room.reproduce(tmp_path, preset="tiny", progress=lambda *say: told.append(say))
    text = file.read_text()
    for row in (*room.RIVALS, *room.NETS, room.FITTED):
        assert f"| {row} |" in text
    with (tmp_path / "scores.csv").open() as stream:
        scores = list(csv.DictReader(stream))
    assert len(scores) == 12 * (len(room.RIVALS) + len(room.NETS) + 1)  # three cines each, each once a row
    assert told[-1][1] == told[-1][2] - 1
    # Again: nothing is drawn or trained anew.
    before = {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}
    room.reproduce(tmp_path, preset="tiny")
    assert before == {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}


def test_outlines_stand_beside_the_nets_on_short_axis_cines(tmp_path):
    asked = []

    def by_masks(pixels, pixel_mm):
        asked.append((pixels.shape, pixel_mm))
        return (3, 9) if len(asked) > 1 else None

    text = room.reproduce(tmp_path, preset="tiny", beside=by_masks).read_text()
    assert f"| {room.BESIDE} |" in text and f"| {room.BESIDE_FITTED} |" in text
    assert len(asked) == 8 and all(s[0] == 20 and 0.5 < mm < 4 for s, mm in asked)
    with (tmp_path / "scores.csv").open() as stream:
        mine = [s for s in csv.DictReader(stream) if s["row"] == room.BESIDE]
    assert len(mine) == 8 and mine[0]["ed"] == mine[0]["es"] == "10"  # found no LV: as far off as can be


def test_patients_of_two_sides_are_other_hearts(tmp_path):
    a, b = (patients(tmp_path, side, 1, frames=6)[0] for side in ("training", "reporting"))
    assert a.subject != b.subject and len(a.clips) == len(b.clips) == 3
    assert not np.array_equal(a.clips[0].pixels, b.clips[0].pixels)


def test_what_it_cannot_do_is_said():
    with pytest.raises(UsageError, match="preset"):
        room.reproduce("nowhere", preset="none")
    with pytest.raises(UsageError, match="virtual"):
        room.reproduce("nowhere", data="there")
