"""The ultrasound table: what it counts, on discs whose every number is known; the command on tiny clips."""

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.papers.echo import experiment as room
from lvcine.papers.echo.interpolate import between
from lvcine.papers.echo.recordings import Recording, recordings, seven
from lvcine.papers.echo.score import score

FRAMES, SIZE = 25, 96
Y, X = np.mgrid[:SIZE, :SIZE].astype(float)
LABELLED = seven(0, 9, 24)


def heart(squeeze: float, shift: float = 0.0) -> np.ndarray:
    """A round cavity of 14 to 20 pixels with a wall of 8, and an atrium below it that stands still."""
    r = np.hypot(Y - 38 - shift, X - 48)
    radius = 20 - 6 * squeeze
    out = np.where(r < radius, 1, np.where(r < radius + 8, 2, 0))
    return np.where((out == 0) & (np.hypot(Y - 78, X - 48) < 12), 3, out).astype(np.uint8)


def squeeze(t: float) -> float:
    return t / 9 if t <= 9 else (24 - t) / 15


def recording(**changes) -> Recording:
    labels = np.stack([heart(squeeze(t)) for t in range(FRAMES)])
    pixels = (labels * 60).astype(np.uint8)
    known = {"labelled": LABELLED, "pixel_mm": 0.5, "view": "A4C", "sector": np.ones((SIZE, SIZE), bool)}
    return Recording("one", pixels, labels, **(known | changes))


def test_labels_between_labelled_frames_follow_the_outline():
    truth = recording().labels
    made = between(truth[list(LABELLED)], LABELLED, FRAMES)
    for t in range(FRAMES):
        for label in (1, 2, 3):
            a, b = made[t] == label, truth[t] == label
            assert 2 * (a & b).sum() / (a.sum() + b.sum()) > (0.999 if t in LABELLED else 0.93), (t, label)


def test_what_moves_along_is_carried_along_and_the_ends_stay_unknown():
    made = between(np.stack([heart(0.5), heart(0.5, 8.0)]), (2, 6), 9)
    assert (made[:2] == 255).all() and (made[7:] == 255).all()
    rows = [Y[made[t] == 1].mean() for t in range(2, 7)]
    assert rows == pytest.approx([38, 40, 42, 44, 46], abs=0.4)


def test_a_structure_that_lacks_at_one_end_lacks_between():
    without = np.where(heart(0.2) == 3, 0, heart(0.2)).astype(np.uint8)
    made = between(np.stack([heart(0.0), without]), (0, 4), 5)
    assert not (made[1:4] == 3).any() and (made[1:4] == 1).any()


def test_the_truth_scores_perfectly():
    one = recording()
    s = score(one.labels, one)
    assert set(s.dice.values()) == {1.0} and set(s.hausdorff_mm.values()) == {0.0} and not s.large_error
    assert s.flicker == pytest.approx(np.mean(one.labels[1:] != one.labels[:-1]))


def test_flicker_is_counted_inside_the_sector_alone():
    one = recording()
    noisy = one.labels.copy()
    noisy[::2, :5] = 1
    assert score(noisy, one).flicker > score(one.labels, one).flicker + 0.04
    sector = np.ones((SIZE, SIZE), bool)
    sector[:5] = False
    inside = recording(sector=sector)
    assert score(noisy, inside).flicker == score(one.labels, inside).flicker


@pytest.mark.parametrize("t, wrong", [(5, 70), (16, 70), (5, None)])
def test_a_frame_far_from_the_labelled_ones_or_lost_is_a_large_error(t, wrong):
    one = recording(pixel_mm=0.8)
    found = one.labels.copy()
    if wrong is None:
        found[t] = 0
    else:
        found[t, 90:, 90:] = 1  # a speck of cavity 60 pixels away
    assert score(found, one).large_error and not score(one.labels, one).large_error
    assert score(found, one).bends.max() > 5 * score(one.labels, one).bends.max() or wrong is not None


def test_a_structure_that_is_lost_has_no_overlap_and_no_distance():
    one = recording()
    found = np.where(one.labels == 3, 0, one.labels).astype(np.uint8)
    s = score(found, one)
    assert s.dice["atrium"] == 0 and np.isnan(s.hausdorff_mm["atrium"]) and s.dice["lv"] == 1


def test_recordings_run_from_ed_to_the_next_ed_and_are_drawn_once(tmp_path):
    first = recordings(tmp_path, "reporting", 2, frames=40, size=32)
    for one in first:
        assert one.labelled[0] == 0 and one.labelled[-1] == len(one.labels) - 1 and len(one.labelled) == 7
        area = (one.labels == 1).sum((1, 2))
        assert area[one.labelled[3]] < area[0]
    before = {p: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    again = recordings(tmp_path, "reporting", 2, frames=40, size=32)
    assert before == {p: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    assert [a.subject for a in again] == [b.subject for b in first]


def test_the_command_makes_the_table_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    told = []
    file = room.reproduce(
        tmp_path, preset="tiny", progress=lambda what, done, total: told.append((done, total))
    )
    text = file.read_text()
    lines = [line for line in text.splitlines() if line.startswith(tuple(f"| {row} |" for row in room.ROWS))]
    assert len(lines) == 4 and "0.013" in lines[0] and told[0] == (0, 6) and told[-1] == (5, 6)
    flicker = [float(line.split("|")[2].split("[")[0]) for line in lines]
    assert flicker[2] < flicker[1]  # an average over frames changes less than the frames
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 4 * 4 * 3
    monkeypatch.setattr(room._Sampler, "batch", lambda *a: pytest.fail("trained again"))
    assert room.reproduce(tmp_path, preset="tiny").read_text() == text


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="preset"):
        room.reproduce(tmp_path / "out", preset="huge")
    with pytest.raises(UsageError, match="virtual"):
        room.reproduce(tmp_path / "out", preset="tiny", data=tmp_path)
    assert not (tmp_path / "out").exists()
