"""Distances between masks' boundaries, on shapes whose distances are known."""

import numpy as np
import pytest

from lvcine.measure.boundary import boundary_distance


def square(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((40, 40), bool)
    mask[rows, columns] = True
    return mask


def test_a_shift_is_the_distance():
    found = boundary_distance(
        square(slice(10, 20), slice(10, 20)), square(slice(10, 20), slice(13, 23)), (1, 1)
    )
    assert found.hausdorff_mm == 3


def test_spacing_counts_along_its_own_axis():
    a, b = square(slice(10, 20), slice(10, 20)), square(slice(12, 22), slice(10, 20))
    assert boundary_distance(a, b, (2.5, 1.0)).hausdorff_mm == 5
    assert boundary_distance(a.T, b.T, (2.5, 1.0)).hausdorff_mm == 2


def test_concentric_discs_differ_by_their_radii():
    y, x = np.indices((101, 101)) - 50
    small, large = np.hypot(y, x) < 30, np.hypot(y, x) < 36
    found = boundary_distance(small, large, (1.0, 1.0))
    assert found.average_mm == pytest.approx(6, abs=0.3) and found.hausdorff_mm == pytest.approx(6, abs=0.8)


def test_a_far_speck_is_seen():
    a = square(slice(10, 20), slice(10, 20))
    speck = a.copy()
    speck[39, 10] = True
    assert boundary_distance(speck, a, (1, 1)).hausdorff_mm == 20
    assert boundary_distance(a, speck, (1, 1)).hausdorff_mm == 20


def test_the_average_goes_from_the_first_to_the_second():
    a = square(slice(10, 20), slice(10, 20))
    more = a | square(slice(30, 38), slice(10, 20))
    assert boundary_distance(a, more, (1, 1)).average_mm == 0
    assert boundary_distance(more, a, (1, 1)).average_mm > 3


def test_an_empty_mask_has_no_distance():
    a, none = square(slice(10, 20), slice(10, 20)), np.zeros((40, 40), bool)
    for pair in ((a, none), (none, a), (none, none)):
        found = boundary_distance(*pair, (1, 1))
        assert np.isnan(found.hausdorff_mm) and np.isnan(found.average_mm)
