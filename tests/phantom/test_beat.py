"""The time course of a beat: closed, smooth, in the order of the heart's events."""

import numpy as np
import pytest

from lvcine.phantom.beat import Beat
from lvcine.phantom.population import draw_beat

BEATS = [Beat()] + [draw_beat(np.random.default_rng(s), rate) for s, rate in enumerate((45.0, 70.0, 120.0))]


@pytest.mark.parametrize("beat", BEATS)
def test_contraction_is_closed_and_full_at_end_systole(beat):
    phases = np.linspace(0, 1, 2001)
    course = beat.contraction(phases)
    assert beat.contraction(0.0) == pytest.approx(0.0, abs=1e-12)
    assert beat.contraction(1.0 - 1e-9) == pytest.approx(0.0, abs=1e-7)
    assert phases[course.argmax()] == pytest.approx(beat.systole, abs=1e-3)
    assert course.min() > -1e-9 and course.max() < 1 + 1e-9
    assert (np.diff(course)[phases[1:] <= beat.systole] >= 0).all()
    assert (np.diff(course)[phases[:-1] >= beat.systole] <= 1e-12).all()


@pytest.mark.parametrize("beat", BEATS)
def test_rates_are_the_derivatives_per_second(beat):
    phases = np.random.default_rng(0).uniform(0, 1, 50)
    period, strength, h = 0.8, 0.7, 1e-7
    now = beat.at(phases, period, strength)
    before, after = (beat.at(phases + s * h, period, strength) for s in (-1, 1))
    for name in ("squeeze", "late", "twist"):
        slope = (getattr(after, name) - getattr(before, name)) / (2 * h * period)
        assert np.abs(getattr(now, f"{name}_rate") - slope).max() < 1e-4


def test_the_atrium_gives_what_rapid_filling_leaves():
    beat = Beat(early=0.6)
    assert beat.contraction(beat.kick) == pytest.approx(0.4)
    assert beat.contraction(beat.systole + beat.rapid) == pytest.approx(0.4)


def test_wall_that_lags_repeats_the_motion_later():
    beat = Beat(lag=0.07)
    phases = np.linspace(0.1, 0.9, 33)
    assert beat.at(phases + 0.07).late == pytest.approx(beat.at(phases).squeeze)


def test_untwisting_is_over_before_filling_is():
    beat = Beat()
    assert beat.at(beat.systole).twist == pytest.approx(1.0)
    assert beat.at(beat.systole + beat.untwist).twist == pytest.approx(0.0, abs=1e-12)
    half = beat.systole + 0.5 * beat.untwist
    assert beat.at(half).twist < beat.at(half).squeeze


@pytest.mark.parametrize("beat", BEATS)
def test_never_are_both_valves_open(beat):
    state = beat.at(np.linspace(0, 1, 1000))
    assert (np.minimum(state.mitral, state.aortic) < 0.02).all()
    assert state.aortic.max() > 0.99 and state.mitral.max() > 0.8


def test_a_beat_of_half_strength_moves_half_as_far():
    full, half = Beat().at(0.3), Beat().at(0.3, strength=0.5)
    assert half.squeeze == pytest.approx(0.5 * full.squeeze)
    assert half.twist_rate == pytest.approx(0.5 * full.twist_rate)


def test_systole_takes_a_larger_share_of_a_fast_beat():
    slow, fast = (
        np.mean([draw_beat(np.random.default_rng(s), rate).systole for s in range(50)])
        for rate in (45.0, 110.0)
    )
    assert fast > slow + 0.08
