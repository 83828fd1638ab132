"""Wraps come off by whole multiples of 2 VENC, whatever else disturbs the phase."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.velocity.unwrap import unwrap_channel

T, SIZE = 30, 40
Y, X = np.mgrid[:SIZE, :SIZE] - 19.5
R, ANGLE = np.hypot(X, Y), np.arctan2(Y, X)
BEAT = np.sin(2 * np.pi * np.arange(T) / T) + 0.5 * np.sin(4 * np.pi * np.arange(T) / T)
RING = np.repeat(((R > 10) & (R < 16))[None], T, 0)


def seen(true: np.ndarray, venc: float) -> np.ndarray:
    return (true + venc) % (2 * venc) - venc


@pytest.mark.parametrize("venc", [10.0, 8.0])
def test_a_contracting_and_moving_ring_with_noise_is_unwrapped_everywhere(venc):
    rng = np.random.default_rng(0)
    true = BEAT[:, None, None] * (8.0 * np.cos(ANGLE) + 9.0) + rng.normal(0.0, 0.1 * venc, (T, SIZE, SIZE))
    found = unwrap_channel(seen(true, venc), RING, venc)
    assert np.abs((found.cm_s - true)[RING]).max() < 1e-9
    assert found.wrapped > 0.2 and found.doubtful < 0.01


def test_a_wall_that_passes_over_pixels_for_some_frames_only_is_unwrapped():
    true = np.broadcast_to(18.0 * BEAT[:, None, None], (T, SIZE, SIZE))
    reach = 12 + 3 * np.cos(2 * np.pi * np.arange(T) / T)[:, None, None]
    wall = (reach - 3 < R) & (reach + 1 > R)
    found = unwrap_channel(seen(true, 10.0), wall, 10.0)
    assert np.abs((found.cm_s - true)[wall]).max() < 1e-9


def test_outside_of_the_wall_and_where_nothing_was_measured_nothing_changes():
    true = np.broadcast_to(14.0 * BEAT[:, None, None], (T, SIZE, SIZE))
    channel = seen(true, 10.0).copy()
    channel[:, 19, 32] = np.nan
    found = unwrap_channel(channel, RING, 10.0)
    assert np.array_equal(found.cm_s[~RING], channel[~RING], equal_nan=True)
    known = RING & np.isfinite(channel)
    assert np.abs((found.cm_s - true)[known]).max() < 1e-9 and np.isnan(found.cm_s[:, 19, 32]).all()


def test_a_clip_that_is_no_cycle_is_not_closed():
    true = np.linspace(-4.0, 24.0, T)[:, None, None] + np.zeros((T, SIZE, SIZE)) - 10.0
    found = unwrap_channel(seen(true, 6.0), RING, 6.0, cyclic=False)
    steps = np.diff(found.cm_s[:, RING[0]], axis=0)
    assert steps == pytest.approx(28 / 29 + 0 * steps)


def test_noise_without_order_is_called_doubtful():
    noise = np.random.default_rng(1).uniform(-10, 10, (T, SIZE, SIZE))
    assert unwrap_channel(noise, RING, 10.0).doubtful > 0.1
