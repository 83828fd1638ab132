"""ED, ES and peak rates from curves whose extrema are known by construction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvcine.errors import MeasureError
from lvcine.measure.curves import find_ed_es, peak_rates


def rise(u: np.ndarray) -> np.ndarray:
    u = np.clip(u, 0.0, 1.0)
    return u * u * (3 - 2 * u)


def lv_curve(frames: int, es: int, kick: float = 0.2, edv: float = 140.0, esv: float = 60.0) -> np.ndarray:
    """Ejection, rapid filling, a level diastasis and the atrial kick; ED at frame 0."""
    phase, end = np.arange(frames) / frames, es / frames
    stroke, filled, late = edv - esv, end + 0.18, 0.87
    down = edv - stroke * rise(phase / end)
    filling = esv + stroke * (1 - kick) * rise((phase - end) / 0.18)
    atrial = stroke * kick * rise((phase - late) / (1 - late))
    return np.where(phase < end, down, np.where(phase < filled, filling, edv - stroke * kick + atrial))


@pytest.mark.parametrize("frames, es", [(20, 7), (25, 9), (30, 12), (50, 17), (12, 4)])
@pytest.mark.parametrize("shift", [0, 1, 5, 11])
def test_the_true_frames_are_found_wherever_the_cycle_starts(frames, es, shift):
    pair = find_ed_es(np.roll(lv_curve(frames, es), shift), gated=True)
    assert abs((pair.ed - shift + frames // 2) % frames - frames // 2) <= 1
    assert abs((pair.es - es - shift + frames // 2) % frames - frames // 2) <= 1
    assert pair.findings == ()


@given(
    shift=st.integers(0, 24),
    jitter=st.lists(st.floats(-4, 4), min_size=25, max_size=25),
)
@settings(max_examples=60, deadline=None)
def test_a_cyclic_shift_moves_both_frames_by_exactly_that(shift, jitter):
    curve = lv_curve(25, 9) + np.array(jitter)
    first, moved = (find_ed_es(c, gated=True) for c in (curve, np.roll(curve, shift)))
    assert (moved.ed, moved.es) == ((first.ed + shift) % 25, (first.es + shift) % 25)


def test_jitter_moves_the_frames_less_than_plain_extrema():
    rng, ours, plain = np.random.default_rng(3), [], []
    for _ in range(200):
        noisy = lv_curve(30, 10) + rng.normal(0, 4.0, 30)  # 5 % of the stroke
        pair = find_ed_es(noisy, gated=True)
        ours.append([min(pair.ed, 30 - pair.ed), abs(pair.es - 10)])
        plain.append([min(noisy.argmax(), 30 - noisy.argmax()), abs(noisy.argmin() - 10)])
    assert (np.mean(ours, axis=0) < 0.75 * np.mean(plain, axis=0)).all()
    assert (np.mean(ours, axis=0) < 1.0).all()


def test_the_last_high_frame_before_ejection_is_ed_not_a_bump_in_diastasis():
    curve = lv_curve(20, 7, kick=0.02)
    curve[12:15] += 2.5  # just above the true ED, half a cycle before it
    pair = find_ed_es(curve, gated=True)
    assert pair.ed in (19, 0, 1) and pair.es in (6, 7, 8)


@pytest.mark.parametrize("frames, es", [(20, 7), (30, 10), (50, 18)])
def test_on_a_level_plateau_the_last_frames_are_ed(frames, es):
    pair = find_ed_es(lv_curve(frames, es, kick=0.0), gated=True)
    before_ejection = (-pair.ed) % frames
    assert before_ejection <= 0.1 * frames or before_ejection == frames - 1


def test_a_clearly_larger_volume_wins_over_the_usual_length_of_systole():
    k = np.arange(30)
    curve = np.where(k < 21, 100 + 40 * np.cos(np.pi * k / 21), 100 - 40 * np.cos(np.pi * (k - 21) / 9))
    pair = find_ed_es(curve, gated=True)
    assert pair.ed in (29, 0, 1) and pair.es in (20, 21, 22)  # systole of 70 % of the cycle
    assert [f.code for f in pair.findings] == ["systole-unusual"]


def test_two_phases_are_the_larger_and_the_smaller():
    assert find_ed_es(np.array([60.0, 130.0]), gated=False).ed == 1
    assert find_ed_es(np.array([60.0, 130.0]), gated=True).es == 0


def test_a_free_running_clip_is_not_closed_round_its_ends():
    clip = np.concatenate([lv_curve(20, 7)[4:], lv_curve(20, 7)[:11]])
    pair = find_ed_es(clip, gated=False)
    assert pair.ed in (15, 16, 17) and pair.es in (3, 22, 23, 24)


def test_frames_without_lv_are_never_chosen_and_said():
    curve = lv_curve(20, 7)
    curve[[7, 15]] = np.nan
    pair = find_ed_es(curve, gated=True)
    assert pair.es in (6, 8) and pair.ed == 0
    assert [(f.code, "7, 15" in f.text) for f in pair.findings] == [("frames-without-lv", True)]


def test_a_flat_curve_gives_frames_and_a_warning():
    flat = 100 + np.cos(2 * np.pi * np.arange(20) / 20)
    assert [f.code for f in find_ed_es(flat, gated=True).findings if f.severity == "warning"][:1] == [
        "flat-volume-curve"
    ]
    constant = find_ed_es(np.full(20, 90.0), gated=True)
    assert "flat-volume-curve" in [f.code for f in constant.findings]


def test_a_systole_that_no_heart_has_is_said():
    phase = np.arange(20) / 20
    saw = 140 - 80 * np.where(phase < 0.8, phase / 0.8, (1 - phase) / 0.2)
    assert "systole-unusual" in [f.code for f in find_ed_es(saw, gated=True).findings]


@pytest.mark.parametrize("curve", [np.array([80.0]), np.zeros(20), np.full(5, np.nan), np.ones((2, 3))])
def test_what_is_no_curve_is_refused(curve):
    with pytest.raises(MeasureError):
        find_ed_es(curve, gated=True)


# ---- rates ------------------------------------------------------------------------------

CYCLE = 850.0


def two_harmonics(t: np.ndarray) -> np.ndarray:
    w = 2 * np.pi / CYCLE
    return 100 + 38 * np.cos(w * t) + 9 * np.sin(2 * w * t)


def true_rates() -> tuple[float, float]:
    """Extrema of the derivative on a fine grid, per second."""
    w, t = 2 * np.pi / CYCLE, np.linspace(0, CYCLE, 200_001)
    slope = 1000 * (-38 * w * np.sin(w * t) + 18 * w * np.cos(2 * w * t))
    return -slope.min(), slope.max()


@pytest.mark.parametrize("frames", [8, 20, 25, 50])
def test_rates_of_a_smooth_cycle_are_its_derivatives_extrema(frames):
    t = np.arange(frames) * CYCLE / frames
    rates = peak_rates(two_harmonics(t), t, CYCLE)
    assert (rates.ejection_ml_s, rates.filling_ml_s) == pytest.approx(true_rates(), rel=5e-3)


def test_rates_use_the_true_times():
    t = np.sort(np.random.default_rng(0).uniform(0, CYCLE, 30))
    rates = peak_rates(two_harmonics(t), t, CYCLE)
    assert (rates.ejection_ml_s, rates.filling_ml_s) == pytest.approx(true_rates(), rel=1e-2)


def test_a_cycle_cut_off_before_its_end_is_bridged():
    t = np.arange(18) * CYCLE / 20  # prospective gating: the last tenth is missing
    rates = peak_rates(two_harmonics(t), t, CYCLE)
    assert (rates.ejection_ml_s, rates.filling_ml_s) == pytest.approx(true_rates(), rel=3e-2)


@pytest.mark.parametrize(
    "volume, times, cycle",
    [
        (np.ones(7), np.arange(7.0), 10.0),
        (np.ones(10), np.zeros(10), 10.0),
        (np.ones(10), np.arange(10.0), 5.0),
        (np.ones(10), np.arange(9.0), 20.0),
        (np.where(np.arange(10) < 3, np.nan, 1.0), np.arange(10.0), 20.0),
    ],
)
def test_rates_are_refused_without_frames_or_times(volume, times, cycle):
    with pytest.raises(MeasureError):
        peak_rates(volume, times, cycle)
