"""A fan on black is ultrasound, by every road; a chest is none, however black its corners are."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.phantom import virtual_study
from lvcine.read.sector import shows_sector

SHAPE = (120, 160)
Y, X = np.indices(SHAPE)
SECTOR = (np.hypot(Y - 5, X - 80) < 105) & (np.abs(np.arctan2(X - 80, Y - 5)) < 0.65) & (Y > 8)


def speckled(lit: np.ndarray, frames: int = 6) -> np.ndarray:
    noise = np.random.default_rng(0).integers(30, 200, (frames, *SHAPE))
    return np.where(lit, noise, 0).astype(np.uint8)


def test_a_sector_is_one_below_a_menu_bar_too():
    pixels = speckled(SECTOR)
    assert shows_sector(pixels)
    pixels[:, :8] = 60
    pixels[:, 2:6, 10:150:3] = 220
    assert shows_sector(pixels)


def test_a_sector_is_one_with_a_shadow_at_its_side_too():
    assert shows_sector(speckled(SECTOR & (np.arctan2(X - 80, Y - 5) < 0.4)))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_the_depth_of_the_values_does_not_matter(dtype):
    pixels = speckled(SECTOR)
    assert shows_sector(
        pixels.astype(dtype) if dtype == np.uint8 else pixels.astype(dtype) * dtype(8) - dtype(64)
    )


def test_a_chest_with_a_heart_that_beats_is_no_sector():
    heart = np.hypot((Y - 60) / 35, (X - 80) / 45) < 1
    assert not shows_sector(speckled(heart) + np.uint8(40))
    pixels = speckled(heart)
    pixels[:, :8] = 60
    assert not shows_sector(pixels)


@pytest.mark.parametrize("masked", ["circle", "corners", "nothing"])
def test_no_slice_of_mr_is_a_sector(masked):
    """Scanners and tools make what lies outside of a circle, or of corners, black."""
    cine = virtual_study(6, frames=3, size=96, spacing_mm=3.0, step_mm=13.0)[0]
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    shown = {"circle": np.hypot(y, x) < 0.95, "corners": abs(y) + abs(x) < 1.4, "nothing": abs(y) < 2}[masked]
    for frames in cine.pixels:
        for turned in range(4):
            assert not shows_sector(np.rot90(frames * shown, turned, axes=(1, 2)))
