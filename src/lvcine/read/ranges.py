"""The ranges of the numbers that a scan of a heart can have, each written once, with its reason.

They are wide, from a mouse to the largest man: they catch wrong units, damage and malice, not unusual hearts.
What is done with a number outside of them: :mod:`lvcine.read.plausible` of a file's, :func:`require` of the
user's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lvcine.errors import UsageError, plain_text


@dataclass(frozen=True)
class Range:
    """Least and most that a number can be; NaN is never within.

    Examples
    --------
    >>> 1.4 in PIXEL_MM, 0.0 in PIXEL_MM, float("nan") in PIXEL_MM, str(PIXEL_MM)
    (True, False, False, '0.02 to 10 mm')
    """

    least: float
    most: float
    unit: str = ""

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        return f"{self.least:,.10g} to {self.most:,.10g} {self.unit}".rstrip()


PIXEL_MM = Range(0.02, 10.0, "mm")
"""From ultrasound of mice (0.03) and MR microscopy (0.05) to real-time MR (4); a ventricle of 50 mm must be
more than a handful of pixels."""
MOST_OBLONG = 4.0
"""Long side of a pixel over its short one: MR without interpolation and old screens reach 2."""
FIELD_MM = Range(2.0, 1000.0, "mm")
"""A picture's side: a mouse's heart is 5 mm, the bore of a magnet 700 mm. What is resampled to a net's
pixels takes memory by its size in mm: this is its limit."""
SLICE_MM = Range(0.05, 100.0, "mm")
"""A slice's thickness or the way to the next: mice 0.5, men 4 to 20; base and apex alone lie 60 apart."""
POSITION_MM = Range(-100_000.0, 100_000.0, "mm")
"""Of a slice in the patient: beyond, differences of millimetres are lost in rounding."""
FRAME_MS = Range(0.1, 1000.0, "ms")
"""Between frames: ultrasound of plane waves (0.2), two phases of one beat (500)."""
MOST_PAUSE_MS = 10_000.0
"""Between two frames of a clip that stood still for a while."""
CYCLE_MS = Range(60.0, 3000.0, "ms")
"""1000 beats a minute, a mouse under stress, to 20, a very slow heart."""
VENC_CM_S = Range(1.0, 1000.0, "cm/s")
"""Tissue is encoded at 10 to 30, the jet of a stenosis at 600."""
HEIGHT_M = Range(0.1, 2.72, "m")
"""To the tallest man there was."""
WEIGHT_KG = Range(0.01, 700.0, "kg")
"""A mouse to the heaviest man there was."""
AGE_YEARS = Range(0.001, 130.0, "years")
"""From the day of birth on."""
SLOPE = Range(1e-9, 1e9)
"""Of a rescale, either sign."""
GREY = Range(1e-12, 1e12)
"""The largest grey value of a scan: its square does not overflow in 32 bits."""


def require(option: str, value: Any, allowed: Range) -> float:
    """A number that the user gave, if it can be.

    Parameters
    ----------
    option : str
        Its name, for the message.
    value : number
    allowed : Range

    Raises
    ------
    UsageError
        It is none, or outside of the range.

    Examples
    --------
    >>> require("frame_ms", 40, FRAME_MS)
    40.0
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if number in allowed:
        return number
    raise UsageError(f"{option} of {plain_text(value, 40)}", advice=f"give {allowed}")


def require_count(option: str, value: Any, allowed: Range) -> int:
    """A whole number that the user gave, if it can be; raises as :func:`require`.

    Examples
    --------
    >>> require_count("threads", 2, Range(1, 64))
    2
    """
    number = require(option, value, allowed)
    if number != int(number):
        raise UsageError(f"{option} of {number:g}", advice=f"give a whole number, {allowed}")
    return int(number)
