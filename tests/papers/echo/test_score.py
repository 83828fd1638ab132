"""What the ultrasound table counts."""

import numpy as np
import pytest

from lvcine.papers.echo.score import lines, score

from .conftest import SIZE


def test_the_truth_scores_perfectly(recording):
    one = recording()
    s = score(one.labels, one)
    assert set(s.dice.values()) == {1.0} and set(s.hausdorff_mm.values()) == {0.0} and not s.large_error
    assert s.flicker == pytest.approx(np.mean(one.labels[1:] != one.labels[:-1]))


def test_flicker_is_counted_inside_the_sector_alone(recording):
    one = recording()
    noisy = one.labels.copy()
    noisy[::2, :5] = 1
    assert score(noisy, one).flicker > score(one.labels, one).flicker + 0.04
    sector = np.ones((SIZE, SIZE), bool)
    sector[:5] = False
    inside = recording(sector=sector)
    assert score(noisy, inside).flicker == score(one.labels, inside).flicker


@pytest.mark.parametrize("t, wrong", [(5, 70), (16, 70), (5, None)])
def test_a_frame_far_from_the_labelled_ones_or_lost_is_a_large_error(recording, t, wrong):
    one = recording(pixel_mm=0.8)
    predicted = one.labels.copy()
    if wrong is None:
        predicted[t] = 0
    else:
        predicted[t, 90:, 90:] = 1  # a speck of cavity 60 pixels away
    assert score(predicted, one).large_error and not score(one.labels, one).large_error
    assert score(predicted, one).bends.max() > 5 * score(one.labels, one).bends.max() or wrong is not None


def test_a_structure_that_is_lost_has_no_overlap_and_no_distance(recording):
    one = recording()
    predicted = np.where(one.labels == 3, 0, one.labels).astype(np.uint8)
    s = score(predicted, one, "a row")
    assert s.dice["atrium"] == 0 and np.isnan(s.hausdorff_mm["atrium"]) and s.dice["lv"] == 1
    written = {line["structure"]: line["dice"] for line in lines(s)}
    assert written["atrium"] == 0 and written["lv"] == 1 and len(written) == 3
