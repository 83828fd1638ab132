"""The phase error under the heart, from what stands still beside it."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.velocity.background import find_background

T, SIZE = 20, 64
Y, X = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
HEART = np.repeat((np.hypot(X - 0.1, Y) < 0.35)[None], T, 0)
SURFACE = 0.7 - 0.8 * X + 0.5 * Y + 0.6 * X * Y - 0.5 * X * X
ANGLE = 2 * np.pi * np.arange(T) / T


def scene(surface, noise=0.3, drift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    error = (1 + drift * np.sin(ANGLE + 0.7))[:, None, None] * surface
    moving = 8.0 * np.sin(ANGLE)[:, None, None] * HEART
    return (
        error + moving + rng.normal(0, noise, (T, SIZE, SIZE)),
        rng.normal(100.0, 3.0, (T, SIZE, SIZE)),
        error,
    )


def test_a_surface_of_second_order_that_drifts_is_known_under_the_heart():
    velocity, magnitude, error = scene(SURFACE, drift=0.2)
    found = find_background(velocity, magnitude, HEART, 20.0, (2.0, 2.0))
    assert found.order == 2 and np.abs(found.cm_s - error)[HEART].max() < 0.06


def test_tissue_that_moves_or_is_dark_does_not_count():
    velocity, magnitude, error = scene(SURFACE)
    lobe = (X < -0.3) & (Y > 0.3)
    velocity[:, lobe] += (3.0 + 2.0 * np.sin(ANGLE))[:, None]  # a vessel
    lung = (X > 0.6) & (Y < 0)
    magnitude[:, lung] = 3.0
    velocity[:, lung] = np.random.default_rng(3).uniform(-20, 20, (T, lung.sum()))
    found = find_background(velocity, magnitude, HEART, 20.0, (2.0, 2.0))
    assert np.abs(found.cm_s - error)[HEART].max() < 0.06


def test_constant_flow_in_a_few_pixels_is_left_aside():
    velocity, magnitude, error = scene(SURFACE)
    velocity[:, :8, :20] += 6.0
    found = find_background(velocity, magnitude, HEART, 20.0, (2.0, 2.0))
    assert np.abs(found.cm_s - error)[HEART].max() < 0.06


@pytest.mark.parametrize("kept, order", [(np.abs(Y) > 0.97, -1), (Y > 0.5, -1)])
def test_tissue_on_one_side_only_justifies_no_surface(kept, order):
    velocity, magnitude, _ = scene(SURFACE)
    magnitude = np.where(kept | HEART, magnitude, 0.0)
    found = find_background(velocity, magnitude, HEART, 20.0, (2.0, 2.0))
    assert found.order == order and not found.cm_s.any()
