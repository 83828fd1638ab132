"""Beats found in curves of virtual hearts whose rhythm is known."""

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.beats import BeatFrames, find_beats
from lvcine.phantom.population import draw_heart
from lvcine.phantom.rhythm import draw_rhythm, regular
from lvcine.phantom.truth import volume_ml

RATES = (20, 30, 50, 90)


def clip(seed: int, rate_hz: float, noise: float = 0.0, steady: bool = False):
    """Times, curve, and the frames of ED and ES of the beats that lie in it whole."""
    rng = np.random.default_rng(seed)
    heart = draw_heart(rng)
    period = 60.0 / rng.uniform(45, 115)
    seconds = np.arange(int(3.2 * rate_hz)) / rate_hz
    rhythm = (
        regular(heart.beat, period, 8, -0.4 * period)
        if steady
        else draw_rhythm(rng, heart, period, seconds[-1])
    )
    curve = volume_ml(heart, rhythm.at(seconds))
    stroke = curve.max() - curve.min()
    curve = curve + rng.normal(0, noise * stroke, len(curve))
    starts, ends = rhythm.starts_s[:-1], rhythm.end_systoles_s
    inside = (starts >= seconds[0]) & (ends <= seconds[-1])
    return seconds * 1000, curve, np.round(starts[inside] * rate_hz), np.round(ends[inside] * rate_hz)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_every_beat_of_a_steady_rhythm_is_found_and_none_invented(rate, noise):
    late_ed, late_es = [], []
    for seed in range(25):
        times, curve, eds, ess = clip(seed, rate, noise, steady=True)
        beats = find_beats(curve, times)
        ms = 1000 / rate
        # A beat whose ED or ES lies within a frame or two of the clip's end may be seen or not.
        sure = [
            (d, s) for d, s in zip(eds, ess, strict=True) if d * ms > 80 and (len(curve) - 1 - s) * ms > 80
        ]
        assert len(sure) <= len(beats) <= len(eds) + 1, seed
        for d, s in sure:
            near = min(beats, key=lambda b: abs(b.es_frame - s))
            late_es.append(abs(near.es_frame - s) * ms)
            late_ed.append(abs(near.ed_frame - d) * ms)
    assert np.mean(late_es) < 30 + ms / 2 and np.mean(late_ed) < 45 + ms / 2


def test_irregular_beats_are_beats_too():
    found = missed = extra = 0
    for seed in range(40):
        times, curve, eds, ess = clip(seed, 50, 0.01)
        beats = find_beats(curve, times)
        hits = sum(any(abs(b.es_frame - s) <= 5 for b in beats) for s in ess)
        found, missed, extra = (
            found + hits,
            missed + len(ess) - hits,
            extra + max(0, len(beats) - len(ess) - 1),
        )
    assert found / (found + missed) > 0.9 and extra <= 2


def test_two_stills_are_ed_and_es_in_either_order():
    assert find_beats(np.array([50.0, 90.0]), np.array([0.0, 40.0])) == (BeatFrames(1, 0),)


def test_a_still_heart_has_no_beats():
    assert find_beats(np.full(60, 80.0), np.arange(60) * 20.0) == ()


def test_frames_without_a_ventricle_are_bridged():
    times, curve, _, _ = clip(3, 50, steady=True)
    holed = curve.copy()
    holed[::9] = np.nan
    assert len(find_beats(holed, times)) == len(find_beats(curve, times))
    with pytest.raises(MeasureError):
        find_beats(np.full(9, np.nan), times[:9])
