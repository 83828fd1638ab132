"""Beats of a free-running clip: of curves whose beats are known."""

import numpy as np
import pytest

from lvcine.systems.frames.beats import beats_of
from lvcine.systems.frames.target import target_of_clip


def events(step_ms: float, frames: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Frames of EDs and ESs of an irregular rhythm that began before the clip and goes on after it."""
    at, eds, ess = -rng.uniform(300, 900), [], []
    while at < frames * step_ms + 1200:
        eds.append(at / step_ms)
        ess.append((at + rng.uniform(240, 360)) / step_ms)
        at += rng.uniform(600, 1100)
    return np.array(eds), np.array(ess)


@pytest.mark.parametrize("step_ms, frames", [(40.0, 60), (20.0, 140), (33.0, 65)])
@pytest.mark.parametrize("seed", range(4))
def test_every_whole_beat_is_found_and_none_is_invented(step_ms, frames, seed):
    rng = np.random.default_rng(seed)
    eds, ess = events(step_ms, frames, rng)
    curve = target_of_clip(np.arange(frames, dtype=float), eds, ess)
    noisy = 0.15 + 0.7 * curve + np.convolve(rng.normal(0, 0.03, frames + 2), np.ones(3) / 3**0.5, "valid")
    found = beats_of(noisy, step_ms)
    inside = [(a, b) for a, b in zip(eds, ess, strict=True) if a >= 0 and b <= frames - 1]
    # A beat whose ED lies on the clip's first or whose ES on its last two frames may be told or not.
    sure = [(a, b) for a, b in inside if a >= 2 and b <= frames - 3]
    assert len(sure) <= len(found) <= len(inside)
    for a, b in sure:
        nearest = min(found, key=lambda f: abs(f.es - b))
        assert abs(nearest.es - b) * step_ms <= 45 and abs(nearest.ed - a) * step_ms <= 60
        assert 0 < nearest.confidence <= 1


def test_a_curve_that_nothing_moves_has_no_beat():
    assert beats_of(np.full(60, 0.5) + np.random.default_rng(0).normal(0, 0.02, 60), 33.0) == ()
    assert beats_of(np.ones(3), 33.0) == ()


def test_noise_lowers_the_confidence():
    rng = np.random.default_rng(5)
    eds, ess = events(33.0, 65, rng)
    curve = target_of_clip(np.arange(65.0), eds, ess)
    clean, noisy = (
        np.mean([b.confidence for b in beats_of(curve + rng.normal(0, sd, 65), 33.0)]) for sd in (0.0, 0.25)
    )
    assert noisy < clean


def test_a_beat_ends_where_the_next_begins():
    eds, ess = np.array([5.0, 25.0, 45.0]), np.array([13.0, 33.0, 53.0])
    curve = np.nan_to_num(target_of_clip(np.arange(50.0), eds, ess), nan=0.95)
    first, second = beats_of(curve, 40.0)
    assert (first.end, second.end) == (25.0, 45.0)


def row(lengths_ms: list[float], step_ms: float, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Curve, EDs and ESs in frames of beats of these lengths from 200 ms before the clip; systole 320 ms."""
    eds = (np.cumsum([-200.0, *lengths_ms])) / step_ms
    ess = eds[:-1] + np.minimum(320.0, 0.55 * np.array(lengths_ms)) / step_ms
    curve = target_of_clip(np.arange(frames, dtype=float), eds, ess)
    assert np.isfinite(curve).all()
    return curve, eds, ess


def told_apart(found, eds: np.ndarray, ess: np.ndarray, frames: int, step_ms: float) -> None:
    """Every whole beat is found once, and nothing else."""
    whole = [(a, b) for a, b in zip(eds, ess, strict=False) if a >= 0 and b <= frames - 2]
    assert len(found) == len(whole)
    for beat, (a, b) in zip(found, whole, strict=True):
        assert abs(beat.ed - a) * step_ms <= 60 and abs(beat.es - b) * step_ms <= 60


@pytest.mark.parametrize("step_ms", [12.0, 20.0, 33.0])
@pytest.mark.parametrize("depth", [0.6, 0.7])
def test_a_notch_in_one_diastole_is_no_beat(step_ms, depth):
    frames = int(3900 / step_ms)
    curve, eds, ess = row([900.0] * 5, step_ms, frames)
    since = np.arange(frames) * step_ms - (eds[2] * step_ms + 320.0)
    dented = curve - depth * np.maximum(0.0, 1 - np.abs(since - 290.0) / 130.0)
    told_apart(beats_of(dented, step_ms), eds, ess, frames, step_ms)


@pytest.mark.parametrize("step_ms", [12.0, 20.0, 33.0])
def test_an_early_beat_and_the_pause_after_it_are_found(step_ms):
    frames = int(4900 / step_ms)
    curve, eds, ess = row([900.0, 900.0, 540.0, 1260.0, 900.0, 900.0], step_ms, frames)
    noisy = curve + np.random.default_rng(2).normal(0, 0.05, frames)
    told_apart(beats_of(noisy, step_ms), eds, ess, frames, step_ms)


@pytest.mark.parametrize("seed", range(4))
def test_the_beats_of_atrial_fibrillation_are_found(seed):
    rng = np.random.default_rng(seed)
    lengths = list(np.clip(800.0 * np.exp(rng.normal(0, 0.25, 12)), 450, 1400))
    curve, eds, ess = row(lengths, 25.0, 200)
    told_apart(beats_of(curve + rng.normal(0, 0.05, 200), 25.0), eds, ess, 200, 25.0)


@pytest.mark.parametrize("step_ms", [6.0, 12.0, 20.0])
def test_a_rise_seen_for_60_ms_ends_a_beat_whatever_the_frame_rate(step_ms):
    eds, es = np.array([-500.0, 500.0, 1500.0]), 500.0 + 470.0
    frames = int((es + 60.0) / step_ms) + 1
    curve = target_of_clip(np.arange(frames) * step_ms, eds, np.array([-80.0, es]))
    (beat,) = beats_of(curve, step_ms)
    assert abs(beat.ed * step_ms - 500.0) <= 20 and abs(beat.es * step_ms - es) <= 20
