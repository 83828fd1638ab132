"""The frames table: what it counts, and the command on a few tiny patients."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.papers.experiment import run
from lvcine.papers.frames import experiment as room
from lvcine.papers.frames.baselines import first_frame
from lvcine.papers.frames.table import Scored, table
from lvcine.systems.frames.train.data import LabelledClip
from lvcine.training.items import subject_of

pytest.importorskip("skimage")


def clip(ed: float, es: float) -> LabelledClip:
    return LabelledClip("c", np.zeros((20, 8, 8), np.uint8), True, np.array([ed]), np.array([es]))


def test_frames_are_marked_as_a_reader_marks_them():
    assert room.marked(clip(19.7, 7.4)) == (0, 7)


def test_the_last_frame_is_one_from_the_first_round_the_cycle_and_not_along_the_file():
    (s,) = room.score(None, "row", (19, 6, 0.5), clip(0.0, 8.0), "fold-0")
    assert (s.ed, s.es, s.ed_plain, s.es_plain) == (1, 2, 19, 2)


def test_the_table_says_what_each_part_pays():
    rows = (("CNN + regression", 3), ("LSTM, no temporal loss", 2), ("LSTM, temporal loss", 2))
    scored = [
        Scored(row, f"s{k}", f"c{k}", off, off + k % 2, off, off, 0.1) for row, off in rows for k in range(6)
    ]
    text = table(scored, "cpu", "effort", 20)
    assert "| CNN + regression | 3.00 (0.00) [3.00, 3.00] | 1.30 | 3.50" in text
    assert "| the LSTM | -1.00 [-1.00, -1.00] |" in text and "| the temporal loss | +0.00" in text


def test_the_table_of_four_patients(tmp_path, monkeypatch):
    asked, seen = [], []

    def by_masks(pixels, pixel_mm):
        asked.append((pixels.shape, pixel_mm))
        return (3, 9) if len(asked) > 1 else None

    monkeypatch.setattr(room, "mask_extremes", by_masks)
    # What they find is tested by itself; here it counts that each has its row.
    monkeypatch.setattr(room, "BASELINES", dict.fromkeys(room.BASELINES, first_frame))
    text = run(room.EXPERIMENT, tmp_path, preset="tiny", progress=lambda *step: seen.append(step)).read_text()
    for row in (*room.BASELINES, *room.NETS, room.FITTED, room.BY_MASKS, room.FITTED_SAX):
        assert f"| {row} |" in text
    with (tmp_path / "scores.csv").open() as stream:
        scores = list(csv.DictReader(stream))
    # Three cines each, each once a row; two of them are short axes.
    assert len(scores) == 12 * (len(room.BASELINES) + len(room.NETS) + 1) + 2 * 8
    assert len(asked) == 8 and all(shape[0] == 20 and 0.5 < mm < 4 for shape, mm in asked)
    mine = [s for s in scores if s["row"] == room.BY_MASKS]
    assert len(mine) == 8 and mine[0]["ed"] == mine[0]["es"] == "10"  # found no LV: as far off as can be
    assert seen[-1][1] == seen[-1][2] - 1
    # Again: nothing is made or trained anew.
    before = {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}
    run(room.EXPERIMENT, tmp_path, preset="tiny")
    assert before == {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}


def test_patients_of_two_sides_are_other_hearts(tmp_path):
    tiny = replace(room.PRESETS["tiny"], subjects=1, beginning=1)
    a, b = room.others(tiny, tmp_path), room.cohort(tiny, tmp_path, None).items
    assert len(a) == len(b) == 3 and {subject_of(c.name) for c in a} != {subject_of(c.name) for c in b}
    assert not np.array_equal(a[0].pixels, b[0].pixels)


def test_it_takes_no_data_and_says_why(tmp_path):
    with pytest.raises(UsageError, match="virtual"):
        run(room.EXPERIMENT, tmp_path, data=tmp_path)
