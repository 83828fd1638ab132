"""A row of beats against what a row of beats must do."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.phantom import Beat, draw_heart
from lvcine.phantom.rhythm import Rhythm, draw_rhythm, regular
from lvcine.phantom.truth import volume_ml

BEAT = Beat(systole=0.35, rapid=0.2, early=0.7, kick=0.85, lag=0.05, untwist=0.15)
EARLY = Rhythm(BEAT, 0.9, np.array([0.0, 0.9, 1.5, 2.8, 3.7]), np.array([1.0, 1.0, 0.6, 1.1]))


def test_equal_beats_are_the_beat_itself():
    row = regular(BEAT, 0.8, 4)
    t = np.linspace(0.1, 3.1, 200)
    state, beat = row.at(t), BEAT.at(t / 0.8, 0.8)
    for name in ("squeeze", "late", "twist", "squeeze_rate", "late_rate", "twist_rate", "mitral", "aortic"):
        np.testing.assert_allclose(getattr(state, name), getattr(beat, name), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_rates_are_the_derivatives_of_states(seed):
    rng = np.random.default_rng(seed)
    row = draw_rhythm(rng, draw_heart(rng), 0.75, 5.0)
    t, step = np.linspace(0.05, 5.0, 700), 1e-5
    before, now, after = row.at(t - step), row.at(t), row.at(t + step)
    for name in ("squeeze", "late", "twist"):
        slope = (getattr(after, name) - getattr(before, name)) / (2 * step)
        np.testing.assert_allclose(getattr(now, f"{name}_rate"), slope, atol=2e-3)


def test_nothing_jumps_from_beat_to_beat():
    t = np.linspace(0.0, 3.69, 40001)
    state = EARLY.at(t)
    for name in ("squeeze", "late", "twist", "mitral", "aortic"):
        assert np.abs(np.diff(getattr(state, name))).max() < 0.02, name


def test_an_early_beat_starts_less_full_and_the_pause_after_it_fills_more():
    at_r = EARLY.at(EARLY.starts_s[:-1] + 1e-9).squeeze
    assert at_r[2] > 0.1 and at_r[1] == pytest.approx(0.0, abs=1e-6)
    assert at_r[3] < 0.0
    heart = replace(draw_heart(np.random.default_rng(0), "normal"), beat=BEAT)
    edv = volume_ml(heart, EARLY.at(EARLY.starts_s[:-1]))
    esv = volume_ml(heart, EARLY.at(EARLY.end_systoles_s))
    stroke = edv - esv
    assert stroke[2] < 0.7 * stroke[1] < stroke[1] < stroke[3]


def test_end_systole_is_the_turning_point():
    for end in EARLY.end_systoles_s:
        around = EARLY.at(end + np.array([-0.02, 0.0, 0.02])).squeeze
        assert around[1] > around[0] and around[1] > around[2]
        assert EARLY.at(end).squeeze_rate == pytest.approx(0.0, abs=1e-9)


def test_valves_are_never_open_together():
    state = EARLY.at(np.linspace(0, 3.6, 3001))
    assert np.minimum(state.mitral, state.aortic).max() < 1e-9
    assert state.mitral.max() > 0.9 and state.aortic.max() > 0.9


def test_systole_takes_nearly_the_same_time_in_short_and_long_beats():
    systoles = EARLY.end_systoles_s - EARLY.starts_s[:-1]
    assert EARLY.periods_s.max() / EARLY.periods_s.min() > 2
    assert systoles.max() / systoles.min() < 1.35


@pytest.mark.parametrize("seed", range(12))
def test_drawn_rows_cover_the_clip_and_keep_the_cavity_open(seed):
    rng = np.random.default_rng(seed)
    heart = draw_heart(rng)
    row = draw_rhythm(rng, heart, float(rng.uniform(0.5, 1.3)), 3.0)
    assert row.starts_s[0] <= 0.0 and row.starts_s[-1] > 3.0
    assert (row.periods_s > 0.25).all()
    volumes = volume_ml(heart, row.at(np.linspace(0, 3, 200)))
    assert volumes.min() > 0.03 * volumes.max()


def test_same_seed_same_row():
    heart = draw_heart(np.random.default_rng(1))
    rows = [draw_rhythm(np.random.default_rng(7), heart, 0.9, 4.0) for _ in range(2)]
    assert (rows[0].starts_s == rows[1].starts_s).all() and (rows[0].strengths == rows[1].strengths).all()
