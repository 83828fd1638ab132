"""Ultrasound by what the pixels show, in files that do not say what they are: a fan on black.

Outside of the fan there is no echo and nothing is drawn: one value, while MR has noise or anatomy there.
Twenty CAMUS clips: 46 % of the picture is black, the fan has 0.20 of its greatest width a quarter of the way
down and 0.40 and 0.60 after a half and three quarters; eleven MR stacks are never below 0.42 after a quarter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.study import Bools, Finding

LEAST_BLACK = 0.2
"""Share of the picture outside of the fan."""
BLACK = 0.02
"""Of the clip's range of values: what compression leaves of black."""
LEAST_FULL = 0.6
"""Share of the fan that every frame of a clip fills; slices of a volume narrow towards its sides."""

SECTOR_ASSUMED = Finding(
    "ultrasound-assumed",
    "warning",
    "modality and view not specified: a sector on black, taken for apical ultrasound",
    "look at the contours; state --view A4C, A2C or A3C if they are right, --view SAX if this is MR",
)


def shows_fan(frames: NDArray[Any]) -> bool:
    """Whether frames (T, Y, X) show a fan that opens downwards, on black.

    Examples
    --------
    >>> y, x = np.mgrid[:60, :60]
    >>> fan = (abs(x - 30) < 0.7 * y) & (np.hypot(y, x - 30) < 58)
    >>> echo = np.random.default_rng(0).integers(20, 250, (4, 60, 60)) * fan
    >>> shows_fan(echo), shows_fan(echo[:, ::-1]), shows_fan(echo + 20)
    (True, False, True)
    """
    lit = np.asarray(_lit(frames).any(axis=0), bool)
    if lit.mean() > 1.0 - LEAST_BLACK or not lit.any():
        return False
    widths = lit[np.flatnonzero(lit.any(axis=1))].sum(axis=1)
    widest = int(widths.argmax())
    if widest < 8:
        return False
    quarter, half, lower = (widths[int(widest * share)] / widths[widest] for share in (0.25, 0.5, 0.75))
    straight = abs(half - (quarter + lower) / 2) < 0.06
    return bool(quarter < 0.45 and straight and quarter < half < lower)


def is_volume(frames: NDArray[Any]) -> bool:
    """Whether "frames" (T, Y, X) are slices of a volume: what is lit narrows towards the sides."""
    lit = _lit(frames)
    share = lit.sum(axis=(1, 2)) / max(int(lit.any(axis=0).sum()), 1)
    third = max(len(share) // 6, 1)
    sides, middle = (
        np.concatenate([share[:third], share[-third:]]),
        share[len(share) // 3 : -(len(share) // 3) or None],
    )
    return bool(len(share) > 5 and sides.max() < LEAST_FULL * np.median(middle))


def _lit(frames: NDArray[Any]) -> Bools:
    low, high = float(frames.min()), float(frames.max())
    return np.asarray(frames > low + BLACK * (high - low))
