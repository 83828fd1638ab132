"""Intervals from an ensemble's spread: they widen with it, and hold what they promise."""

import numpy as np
import pytest

from lvcine.measure.intervals import calibrate, with_intervals
from lvcine.study import Measurement


def number(name: str, value: float, **where: int) -> Measurement:
    return Measurement(name, value, "mL", "test", **where)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        # Studies of every difficulty: the error is twice the members' spread, and 3 more in common.
        hard = np.exp(rng.normal(0, 0.7, n))
        return rng.normal(0, np.hypot(2 * hard, 3)), hard * rng.chisquare(4, n) ** 0.5 / 2

    factor, least = calibrate(*draw(150))
    residual, spread = draw(4000)
    held = np.abs(residual) <= factor * np.hypot(spread, least)
    assert 0.85 < held.mean() < 0.95


def test_few_studies_give_wide_intervals_rather_than_narrow_ones():
    factor, least = calibrate([1.0, -2.0, 0.5], [0.0, 0.0, 0.0])
    assert factor * least >= 2.0


def test_the_interval_is_the_members_spread_and_the_least():
    measured = [number("edv_ml", 150.0), number("heart_rate_bpm", 60.0)]
    members = [[number("edv_ml", v)] for v in (140.0, 150.0, 160.0)]
    found = with_intervals(measured, members, {"edv_ml": (2.0, 7.5)})
    half = 2 * np.hypot(10.0, 7.5)
    assert found[0].low == pytest.approx(150 - half) and found[0].high == pytest.approx(150 + half)
    assert found[1].low is None


def test_places_are_not_mixed_up():
    measured = [number("wall_thickness_mm", 8.0, frame=0, segment=s) for s in (1, 2)]
    members = [[number("wall_thickness_mm", 8.0 + k * s, frame=0, segment=s) for s in (1, 2)] for k in (0, 1)]
    first, second = with_intervals(measured, members, {"wall_thickness_mm": (1.0, 0.0)})
    assert second.high - second.low == pytest.approx(2 * (first.high - first.low))


def test_numbers_per_body_surface_have_the_same_relative_interval():
    measured = [number("edv_ml", 150.0), number("edvi_ml_m2", 75.0)]
    members = [[number("edv_ml", 150.0 + d), number("edvi_ml_m2", 75.0 + d / 2)] for d in (-6, 0, 6)]
    whole, indexed = with_intervals(measured, members, {"edv_ml": (1.5, 4.0)})
    assert indexed.high - indexed.low == pytest.approx((whole.high - whole.low) / 2)


def test_no_interval_where_a_member_lost_the_ventricle_or_there_are_no_members():
    measured = [number("esv_ml", 40.0)]
    limits = {"esv_ml": (1.0, 1.0)}
    assert with_intervals(measured, [[number("esv_ml", 41.0)], []], limits)[0].low is None
    assert with_intervals(measured, [], limits)[0].low is None


def test_an_interval_does_not_leave_what_is_possible():
    members = [[number("esv_ml", v), number("ef_percent", 95.0)] for v in (2.0, 9.0)]
    volume, ef = with_intervals(
        [number("esv_ml", 5.0), number("ef_percent", 95.0)],
        members,
        {"esv_ml": (3.0, 1.0), "ef_percent": (2.0, 4.0)},
    )
    assert volume.low == 0.0 and ef.high == 100.0


@pytest.mark.parametrize("name", ["lv_mass_g", "sv_ml", "ef_percent"])
def test_no_bound_is_below_nothing(name):
    members = [[number(name, v)] for v in (2.0, 90.0)]
    (found,) = with_intervals([number(name, 40.0)], members, {name: (3.0, 1.0)})
    assert found.low == 0.0
