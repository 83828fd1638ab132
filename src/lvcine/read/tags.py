"""Tag lines of MR: stripes or a grid that the scanner lays over the heart to follow its wall.

Tagging is done with the sequence of a cine, in its planes, and nothing in a classic header need say so. What
tells is a period: lines at one distance, all over the picture and the same in every slice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.study import Array

_PERIODS_MM = (3.0, 13.0)
"""Of tag lines."""
TAGGED = 0.55
"""Share of the energy of such periods in two peaks. Tags 0.65 to 0.95, 80 stacks of cines 0.05 to 0.45."""
_FEWEST_PIXELS = 32


def shows_tags(pictures: NDArray[Any], spacing_mm: tuple[float, float]) -> bool:
    """Whether lines at an even distance lie over the middle of pictures (Z, Y, X), a frame of each slice.

    Examples
    --------
    >>> y, x = np.mgrid[:128, :128]
    >>> heart = np.random.default_rng(0).normal(0, 5, (128, 128)) + 200.0 * (np.hypot(y - 64, x - 64) < 30)
    >>> lines = heart * (0.6 + 0.4 * np.cos(2 * np.pi * (x + y) / 7)) + 60 * np.cos(2 * np.pi * (x + y) / 7)
    >>> shows_tags(heart[None], (1.4, 1.4)), shows_tags(lines[None], (1.4, 1.4))
    (False, True)
    """
    return share_of_lines(pictures, spacing_mm) > TAGGED


def share_of_lines(pictures: NDArray[Any], spacing_mm: tuple[float, float]) -> float:
    """Energy of two waves, in parts of all that have the period of tag lines, in the pictures together."""
    rows, columns = pictures.shape[1:]
    if min(rows, columns) < _FEWEST_PIXELS:
        return 0.0
    middle = pictures[:, rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    power = np.mean([_spectrum(picture, spacing_mm) for picture in middle], axis=0)
    total = float(power.sum())
    if total <= 0:
        return 0.0
    peaks = 0.0
    for _ in range(2):  # lines, or a grid of two directions
        y, x = np.unravel_index(int(power.argmax()), power.shape)
        for sign in (1, -1):
            near = np.ix_(
                (sign * y + np.arange(-2, 3)) % power.shape[0], (sign * x + np.arange(-2, 3)) % power.shape[1]
            )
            peaks += float(power[near].sum())
            power[near] = 0.0
    return peaks / total


def _spectrum(picture: NDArray[Any], spacing_mm: tuple[float, float]) -> Array:
    """Power of the waves of tag lines' periods, its sum 1 where there are any."""
    values = picture.astype(np.float64)
    window = np.hanning(values.shape[0])[:, None] * np.hanning(values.shape[1])
    power = np.abs(np.fft.fft2((values - values.mean()) * window)) ** 2
    waves = np.hypot(
        np.fft.fftfreq(values.shape[0], spacing_mm[0])[:, None],
        np.fft.fftfreq(values.shape[1], spacing_mm[1]),
    )
    power[(waves < 1 / _PERIODS_MM[1]) | (waves > 1 / _PERIODS_MM[0])] = 0.0
    return np.asarray(power / max(float(power.sum()), 1e-300))
