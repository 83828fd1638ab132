"""Which slices hold the ventricle: geometry of rings and atria, decided over stack and cycle."""

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.localise.extent import Sizes, Stated, held, largest, likelihood_of, sizes_of

MM = 1.4


def ring(inner: float, outer: float, share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Cavity and LV (64, 64) in pixels; the wall stands on a share of the circumference."""
    y, x = np.mgrid[:64, :64] - 31.5
    radius, angle = np.hypot(y, x), np.arctan2(y, x) / (2 * np.pi) + 0.5
    cavity = radius < inner
    return cavity, cavity | ((radius < outer) & (angle < share))


def stack(*slices: list[tuple[float, float]]) -> Sizes:
    """Sizes of rings; a slice is a list of (inner, outer) per frame, base first."""
    parts = [[ring(*frame) for frame in one] for one in slices]
    cavity, lv = (np.array([[frame[k] for frame in one] for one in parts]) for k in (0, 1))
    return sizes_of(cavity, lv, MM)


def test_sizes_are_those_of_the_circles():
    sizes = stack([(12.0, 18.0)])
    assert sizes.cavity[0, 0] == pytest.approx(np.pi * 12**2 * MM**2, rel=0.02)
    assert sizes.wall[0, 0] == pytest.approx(np.pi * (18**2 - 12**2) * MM**2, rel=0.02)
    assert sizes.thickness_mm[0, 0] == pytest.approx(6 * MM, rel=0.03)
    assert sizes.ring[0, 0] == 1.0


def test_half_a_wall_is_half_a_ring():
    cavity, lv = ring(12.0, 18.0, 0.5)
    assert sizes_of(cavity[None, None], lv[None, None], MM).ring[0, 0] == pytest.approx(0.5, abs=0.08)


# ED, then ES: the walls thicken, the cavities narrow.
VENTRICLE = [(15.0, 21.0), (10.0, 19.0)]
NARROWER = [(13.0, 19.0), (8.0, 17.0)]


def test_a_ventricle_is_kept_in_every_slice_and_frame():
    likelihood = likelihood_of(stack(VENTRICLE, VENTRICLE, NARROWER))
    assert (likelihood > 0.8).all() and held(likelihood, closed=False).all()


def test_an_atrium_that_has_come_down_is_left_out_at_es_alone():
    atrium = [(15.0, 20.0), (15.5, 16.5)]  # a thin wall, and as wide as at ED
    likelihood = likelihood_of(stack(atrium, VENTRICLE, NARROWER))
    assert held(likelihood, closed=False).tolist() == [[True, False], [True, True], [True, True]]


def test_a_stray_piece_without_wall_is_left_out():
    stray = [(15.0, 21.0), (3.0, 3.0)]
    assert not held(likelihood_of(stack(stray, VENTRICLE, NARROWER)), closed=False)[0, 1]


def test_what_is_above_a_slice_that_is_none_is_none():
    likelihood = np.array([[0.9], [0.1], [0.9], [1.0]], np.float32)
    assert held(likelihood, closed=False)[:, 0].tolist() == [False, False, True, True]


def test_in_a_cycle_the_base_does_not_come_and_go_in_one_frame():
    likelihood = np.ones((2, 10), np.float32)
    likelihood[0] = [0.9, 0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9]
    kept = held(likelihood, closed=True)[0].tolist()
    assert kept == [True] * 5 + [False] * 4 + [True]
    assert held(likelihood, closed=False)[0].tolist() == (likelihood[0] >= 0.5).tolist()


def test_the_largest_slice_is_beyond_doubt():
    sizes = stack([(15.5, 16.5)] * 2, VENTRICLE)
    assert largest(sizes) == 1
    assert (likelihood_of(sizes)[1] == 1.0).all()


def same(z: int) -> int:
    return z


def test_stated_ends_hold_at_ed_and_es_and_go_with_the_cavity_between():
    middle = [(15.0, 21.0), (12.5, 20.0), (10.0, 19.0)]
    sizes = stack(*[middle] * 6)
    allowed = Stated(base=(0, 2), apex=(5, 3)).allowed(sizes, same)
    assert allowed[:, 0].tolist() == [True] * 6
    assert allowed[:, 2].tolist() == [False, False, True, True, False, False]
    assert allowed[:, 1].tolist() == [False, True, True, True, True, False]


def test_stated_ends_count_in_the_scans_order():
    sizes = stack(*[VENTRICLE] * 5)
    allowed = Stated(base=(4, 3)).allowed(sizes, lambda z: 4 - z)  # the scan runs from apex to base
    assert allowed[:, 0].tolist() == [True] * 5
    assert allowed[:, 1].tolist() == [False, True, True, True, True]


def test_a_user_who_knows_which_end_is_the_base_is_believed():
    sizes = stack(*[VENTRICLE] * 5)
    allowed = Stated(base=(4, 4), apex=(1, 1)).allowed(sizes, same)
    assert allowed[:, 0].tolist() == [False, True, True, True, True]


@pytest.mark.parametrize("stated", [Stated(base=(0, 9)), Stated(apex=(5, 5)), Stated((1, 3), (2, 2))])
def test_ends_that_cannot_be_are_refused(stated):
    with pytest.raises(UsageError):
        stated.check(5)


def test_nothing_stated_is_nothing():
    assert not Stated() and Stated(base=(0, 0))
    Stated(base=(0, 1), apex=(4, 3)).check(5)
