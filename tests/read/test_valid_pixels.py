"""What can be measured on, and what cannot."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.read.valid_pixels import valid_pixels

NOISE = np.random.default_rng(0).integers(0, 200, (3, 20, 30, 4)).astype(np.float32)


def test_sound_pixels_pass_untouched() -> None:
    for pixels in (NOISE, NOISE.astype(np.int16), np.asfortranarray(NOISE)):
        same, findings = valid_pixels(pixels)
        assert same is pixels and findings == ()


def test_what_is_no_number_becomes_the_darkest_value() -> None:
    pixels = NOISE - 50.0
    pixels[0, 0, 0, 0], pixels[1, 2, 3, 1], pixels[2, 2, 2, 2] = np.nan, np.inf, -np.inf
    filled, (finding,) = valid_pixels(pixels)
    assert filled[0, 0, 0, 0] == filled[1, 2, 3, 1] == filled[2, 2, 2, 2] == -50.0
    assert np.isfinite(filled).all() and "3 pixels" in finding.text and np.isnan(pixels[0, 0, 0, 0])


@pytest.mark.parametrize(
    ("pixels", "what"),
    [
        (np.full((4, 4, 4, 4), 7), "same value"),
        (np.full((4, 4, 4, 4), np.nan), "no pixel is a number"),
        (np.random.default_rng(0).integers(0, 4, (4, 4, 4, 4)), "mask: 4"),
        (np.random.default_rng(0).integers(0, 2, (4, 4, 4, 4)) * 255.0, "mask: 2"),
    ],
)
def test_masks_and_emptiness_are_refused(pixels: np.ndarray, what: str) -> None:
    with pytest.raises(NotACineError, match=what):
        valid_pixels(pixels)


def test_a_dark_film_with_one_bright_spot_is_no_mask() -> None:
    pixels = np.zeros((1, 5, 50, 50), np.uint8)
    pixels[0, :, 20:24, 20:24] = np.arange(80).reshape(5, 4, 4)
    assert valid_pixels(pixels)[1] == ()


def test_few_values_that_are_no_whole_numbers_are_no_labels() -> None:
    assert valid_pixels(np.array([0.25, 0.5, 0.75, 0.5]))[1] == ()
