"""The bits of a pixel that are its value (DICOM PS3.5 section 8.1.1): HighBit and below, BitsStored of them.

What lies above is no part of the picture. Old files keep overlays there (retired, PS3.3-2004 C.9.2), and
a compressed file carries them through its codec. Other writers state fewer bits than they use: then the
bits above are the picture's, and without them bright blood would turn black.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]


def stored_value(pixels: Pixels, *, stored: int, high: int, signed: bool) -> Pixels:
    """Pixels (Y, X) without the bits that are none of theirs.

    Parameters
    ----------
    pixels : ndarray of integers, shape (Y, X)
        As a decoder gives them.
    stored, high : int
        BitsStored, HighBit.
    signed : bool
        PixelRepresentation 1.

    Examples
    --------
    A drawing in bit 12 over a smooth picture is taken away; a picture that goes on beyond 12 bits stays:

    >>> ramp = np.arange(0, 1600, 100, dtype=np.uint16).reshape(4, 4)
    >>> drawn = ramp.copy(); drawn[1, 2] |= 1 << 12
    >>> bool((stored_value(drawn, stored=12, high=11, signed=False) == ramp).all())
    True
    >>> bright = ramp + np.uint16(3300)
    >>> bool((stored_value(bright, stored=12, high=11, signed=False) == bright).all())
    True
    """
    bits = 8 * pixels.dtype.itemsize
    if (
        pixels.dtype.kind not in "iu"
        or not 0 < stored <= high + 1 <= bits
        or (stored == bits and high == bits - 1)
    ):
        return pixels
    raw = pixels.view(f"u{pixels.dtype.itemsize}")
    value = (raw >> (high + 1 - stored)) & ((1 << stored) - 1)
    if signed:
        value = (value ^ (1 << (stored - 1))).astype(np.int64) - (1 << (stored - 1))
    value = value.astype(pixels.dtype)
    if high + 1 == stored and _rough(pixels) <= _rough(value):
        return pixels
    return value


def _rough(pixels: Pixels) -> float:
    """Sum of steps between neighbours along rows: what cuts a bit off, or adds one, makes it larger."""
    return float(np.abs(np.diff(pixels.astype(np.float64), axis=1)).sum())
