"""Labels between labelled frames."""

import numpy as np
import pytest

from lvcine.papers.echo.interpolate import between

from .conftest import FRAMES, LABELLED, Y, heart


def test_labels_between_labelled_frames_follow_the_outline(recording):
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
