"""Overlap and distances of shapes in closed form; summaries that count failures."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.agreement import (
    average_perpendicular_distance_mm,
    cyclic_frame_difference,
    dice,
    hausdorff_mm,
    pearson,
    summarise,
)
from lvcine.study import Contour


def test_dice_of_shifted_boxes_and_of_nothing():
    a, b = np.zeros((2, 10, 10), bool)
    a[0:4, 0:5], b[2:6, 0:5] = True, True
    assert dice(a, b) == 0.5
    assert dice(a, a) == 1.0
    assert dice(a, np.zeros_like(a)) == 0.0
    assert np.isnan(dice(np.zeros(3, bool), np.zeros(3, bool)))
    with pytest.raises(MeasureError):
        dice(a, b[1:])


def test_distances_between_concentric_circles_are_their_gap(circle):
    inner, outer = circle((50, 50), 20.0), circle((50, 50), 23.0)
    assert hausdorff_mm(inner, outer) == pytest.approx(3.0, abs=1e-3)
    assert average_perpendicular_distance_mm(inner, outer) == pytest.approx(3.0, abs=1e-3)


def test_distances_between_shifted_circles_in_closed_form(circle):
    a, b = circle((50, 50), 20.0), circle((50, 54), 20.0)
    assert hausdorff_mm(a, b) == pytest.approx(4.0, abs=1e-3)
    around = np.linspace(0, 2 * np.pi, 100_000)
    apart = np.abs(np.hypot(20 * np.sin(around), 20 * np.cos(around) - 4) - 20)
    assert average_perpendicular_distance_mm(a, b) == pytest.approx(apart.mean(), rel=1e-3)


def test_distances_are_to_the_line_not_to_its_corners(circle):
    square = np.array([[0, 0], [0, 40], [40, 40], [40, 0]], float)
    many = np.concatenate(
        [np.linspace(a, b, 50, endpoint=False) for a, b in zip(square, np.roll(square, -1, 0), strict=True)]
    )
    near = Contour(0.95 * (square - 20) + 20)
    for manual in (Contour(square), Contour(many)):
        assert average_perpendicular_distance_mm(near, manual) == pytest.approx(1.0, abs=1e-6)
        assert hausdorff_mm(near, manual) == pytest.approx(np.sqrt(2), abs=1e-6)  # from the outer corner


def test_the_mean_distance_is_by_length_of_the_automatic_contour_not_by_its_points():
    """A box 1 and 3 inside a box of 40: 68 of length at 1, the rest by its integral; 2 in the mean."""
    manual = Contour(np.array([[0, 0], [0, 40], [40, 40], [40, 0]], float))
    crowded = np.stack([np.ones(200), np.linspace(3, 37, 200)], axis=1)
    automatic = Contour(np.concatenate([crowded, [[39, 37], [39, 3]]]))
    assert average_perpendicular_distance_mm(automatic, manual) == pytest.approx(2.0, abs=2e-3)


def test_a_spike_counts_from_either_side(circle):
    plain = circle((50, 50), 20.0)
    points = plain.points.copy()
    points[0] = [50, 80]
    assert hausdorff_mm(plain, Contour(points)) == pytest.approx(10.0, abs=0.05)
    assert hausdorff_mm(Contour(points), plain) == pytest.approx(10.0, abs=0.05)


def test_a_missing_contour_has_no_distance(circle):
    endo = circle((50, 50), 20.0)
    assert np.isnan(average_perpendicular_distance_mm(None, endo))
    assert np.isnan(hausdorff_mm(endo, None))


def test_a_summary_counts_failures_and_subjects():
    s = summarise([1.0, 2.0, 3.0, np.nan, 6.0], ["a", "a", "b", "b", "c"])
    assert (s.mean, s.n, s.n_failed, s.subjects) == (3.0, 4, 1, 3)
    assert s.sd == pytest.approx(np.std([1, 2, 3, 6], ddof=1))
    assert s.low < s.mean < s.high
    assert summarise([1.0, 2.0, 3.0, np.nan, 6.0], ["a", "a", "b", "b", "c"]) == s  # seeded


def test_the_interval_is_over_subjects_not_over_slices():
    rng = np.random.default_rng(0)
    hearts = rng.normal(0.9, 0.05, 25)
    slices = np.repeat(hearts, 40) + rng.normal(0, 0.001, 1000)
    wide = summarise(slices, np.repeat(np.arange(25), 40))
    assert wide.high - wide.low == pytest.approx(2 * 1.96 * hearts.std() / 5, rel=0.2)
    narrow = summarise(slices, np.arange(1000))
    assert wide.high - wide.low > 4 * (narrow.high - narrow.low)


def test_nothing_measured_is_no_number():
    s = summarise([np.nan, np.nan], ["a", "b"])
    assert np.isnan([s.mean, s.sd, s.low, s.high]).all() and (s.n, s.n_failed, s.subjects) == (0, 2, 0)
    one = summarise([0.8], ["a"])
    assert one.mean == 0.8 and np.isnan([one.low, one.high, one.sd]).all()


def test_pearson_leaves_out_failures_and_counts_them():
    c = pearson([1.0, 2.0, 3.0, np.nan], [-2.0, -4.0, -6.0, 1.0])
    assert (c.r, c.n, c.n_failed) == (pytest.approx(-1.0), 3, 1)
    assert np.isnan(pearson([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).r)
    with pytest.raises(MeasureError):
        pearson([1.0], [1.0, 2.0])


def test_frames_differ_the_short_way_round():
    assert cyclic_frame_difference([0, 19, 3, 10], [19, 0, 3, 0], 20).tolist() == [1, -1, 0, 10]
    assert cyclic_frame_difference([24], [1], 25).tolist() == [-2]
