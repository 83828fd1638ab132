"""Extremes between frames, and the phases they belong to, of curves written as formulas."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.velocity.numbers import velocity_numbers
from lvcine.measure.velocity.peaks import delays, find_course, find_extremes, find_phases, noise_floor
from lvcine.study import VelocityPeak, WallVelocity

CYCLE = 900.0


def curve(times, systolic=8.0, early=-11.0, late=-5.0, late_at=780.0):
    """Bells at 150, 480 and ``late_at`` ms, round the cycle."""
    out = 0.0 * times
    for height, at, width in ((systolic, 150.0, 70.0), (early, 480.0, 40.0), (late, late_at, 30.0)):
        away = (times - at + CYCLE / 2) % CYCLE - CYCLE / 2
        out = out + height * np.exp(-0.5 * (away / width) ** 2)
    return out


def peaks(values, times, of=None, component="radial"):
    phases = find_phases(values if of is None else of, 0 * values, times, CYCLE)
    return find_extremes(find_course(values, times, CYCLE), component, phases)


@pytest.mark.parametrize("frames", [24, 30, 50])
def test_peaks_lie_where_the_formula_has_them(frames):
    times = np.arange(frames) * CYCLE / frames
    found = peaks(curve(times), times)
    expected = {"systolic": (8.0, 150.0), "early diastolic": (-11.0, 480.0), "late diastolic": (-5.0, 780.0)}
    assert set(found) == set(expected)
    for phase, (value, at) in expected.items():
        assert found[phase].value_cm_s == pytest.approx(value, rel=0.05)
        assert found[phase].time_ms == pytest.approx(at, abs=0.4 * CYCLE / frames)


def test_one_filling_wave_has_no_late_peak():
    times = np.arange(40) * CYCLE / 40
    assert set(peaks(curve(times, late=0.0), times)) == {"systolic", "early diastolic"}


def test_late_filling_larger_than_early_is_still_late():
    times = np.arange(40) * CYCLE / 40
    found = peaks(curve(times, early=-5.0, late=-9.0, late_at=760.0), times)
    assert found["late diastolic"].value_cm_s < found["early diastolic"].value_cm_s < -4.0
    assert found["early diastolic"].time_ms == pytest.approx(480, abs=15)


def test_a_late_start_of_the_frames_changes_nothing():
    times = np.arange(45) * CYCLE / 45
    one, other = peaks(curve(times), times), peaks(curve(times + 37.0), times + 37.0)
    for phase, peak in one.items():
        assert other[phase].time_ms == pytest.approx(peak.time_ms, abs=4.0)


def test_a_sector_that_bulges_has_no_systolic_peak():
    times = np.arange(40) * CYCLE / 40
    bulging = -0.4 * curve(times)
    assert "systolic" not in peaks(bulging, times, of=curve(times))
    turning = peaks(bulging, times, of=curve(times), component="circumferential")
    assert turning["systolic"].value_cm_s == pytest.approx(-3.2, rel=0.03)


def test_no_peak_is_read_off_where_frames_are_missing():
    times = np.arange(40) * CYCLE / 40
    kept = (times < 700) | (times > 860)
    found = peaks(curve(times)[kept], times[kept])
    assert "systolic" in found and "late diastolic" not in found


def test_delays_are_against_the_mean_of_the_sectors():
    times = np.arange(50) * CYCLE / 50
    whole = peaks(curve(times), times)["systolic"]
    six = [peaks(curve(times - late), times, of=curve(times))["systolic"] for late in (0, 0, 0, 0, 0, 60.0)]
    found = delays([*six[:4], None, six[5]], whole, CYCLE)
    assert np.isnan(found[4]) and found[5] == pytest.approx(48.0, abs=2.0)
    assert found[:4] == pytest.approx(-12.0, abs=2.0)


@pytest.mark.parametrize("sd", [0.2, 0.4])
def test_the_noise_floor_is_three_sds_of_the_noise_and_no_bend_of_the_curve(sd):
    times = np.arange(50) * CYCLE / 50
    noise = np.random.default_rng(5).normal(0, sd, (200, 50))
    floors = [noise_floor(curve(times) + one) for one in noise]
    assert np.median(floors) == pytest.approx(3 * sd, rel=0.15)
    assert noise_floor(curve(times)) < 1.0  # of peaks of 11 cm/s


def test_a_peak_below_the_floor_has_a_value_and_no_time():
    empty = np.full((3, 1, 6, 2), np.nan)
    small = VelocityPeak("radial", "systolic", 0.1, float("nan"))
    wall = WallVelocity(
        np.arange(2.0), empty[:, 0, 0], empty[:, :, 0], empty, empty[:2, :, 0], (small,), empty[:2, :, :, 0],
        np.zeros((3, 1, 2, 2, 2), np.float32),
    )  # fmt: skip
    assert [m.name for m in velocity_numbers(wall)] == ["peak_systolic_radial_velocity_cm_s"]
