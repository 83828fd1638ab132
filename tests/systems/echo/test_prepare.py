"""The sector on the screen: all of it, though walls cast shadows, and nothing beside it."""

import numpy as np

from lvcine.systems.echo.prepare import as_input, find_sector

SHAPE = (120, 160)
Y, X = np.indices(SHAPE)
SECTOR = (np.hypot(Y - 5, X - 80) < 105) & (np.abs(np.arctan2(X - 80, Y - 5)) < 0.65) & (Y > 8)


def speckled(lit: np.ndarray, frames: int = 6) -> np.ndarray:
    noise = np.random.default_rng(0).integers(30, 200, (frames, *SHAPE))
    return np.where(lit, noise, 0).astype(np.uint8)


def test_a_shadow_within_the_sector_belongs_to_it():
    # A dark wedge from the probe to the bottom on the right, and a dark chamber at the left edge.
    angle = np.arctan2(X - 80, Y - 5)
    shadow = (angle > 0.3) & (angle < 0.5) & (Y > 30)
    chamber = np.hypot(Y - 70, X - 45) < 14
    found = find_sector(speckled(SECTOR & ~shadow & ~chamber), (1.0, 1.0), 64)
    assert found.mask[SECTOR].mean() > 0.97 and found.mask[~SECTOR].mean() < 0.03


def test_letters_and_a_still_menu_stay_outside():
    pixels = speckled(SECTOR)
    pixels[:, 100:118, 2:30] = 180  # a menu
    pixels[:, 4:7, 120:150:3] = 220  # letters
    found = find_sector(pixels, (1.0, 1.0), 64)
    assert not found.mask[102:116, 4:28].any() and not found.mask[4:7, 120:150].any()
    assert as_input(pixels, found).shape == (6, 64, 64)


def test_a_crop_that_is_sector_all_over_stays_whole():
    found = find_sector(speckled(np.ones(SHAPE, bool)), (1.0, 1.0), 64)
    assert found.mask.all() and found.window.step == (160 / 64, 160 / 64)
    assert find_sector(np.zeros((3, *SHAPE), np.uint8), (1.0, 1.0), 64).mask.all()
