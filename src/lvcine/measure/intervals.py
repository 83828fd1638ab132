"""Intervals on the numbers from the spread of an ensemble's members.

Half the width is ``factor * sqrt(SD^2 + least^2)``: SD among what the members alone would have
measured, ``least`` because five nets that agree may be wrong together. Both numbers are fitted
for each measurement on virtual hearts that no net has seen, so that 90 % of the intervals hold
the truth (split conformal prediction: Lei et al. 2018, doi:10.1080/01621459.2017.1307116).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from lvcine.measure.function import INDEXED
from lvcine.study import Measurement

COVERAGE = 0.90
LIMITS = {
    "edv_ml": (0.0, None),
    "esv_ml": (0.0, None),
    "sv_ml": (0.0, None),
    "lv_mass_g": (0.0, None),
    "ef_percent": (0.0, 100.0),
}
"""What cannot be, whatever the interval."""
_ABSOLUTE = {indexed: name for name, (indexed, _) in INDEXED.items()}
Key = tuple[str, int | None, int | None, int | None]


def calibrate(residuals: ArrayLike, spreads: ArrayLike) -> tuple[float, float]:
    """(factor, least) so that ``COVERAGE`` of the intervals hold the truth.

    Parameters
    ----------
    residuals : array-like, shape (N,)
        Measured less true.
    spreads : array-like, shape (N,)
        SD among the members.

    Examples
    --------
    >>> factor, least = calibrate(np.linspace(-1, 1, 99), np.full(99, 0.1))
    >>> round(factor * float(np.hypot(0.1, least)), 2)
    0.92
    """
    off, sd = np.abs(np.asarray(residuals, float)), np.asarray(spreads, float)
    least = float(np.median(off))
    scaled = np.sort(off / np.hypot(sd, max(least, 1e-9)))
    # The finite sample's quantile: of N and the one to come, COVERAGE of N + 1 lie below it.
    rank = min(int(np.ceil(COVERAGE * (len(scaled) + 1))), len(scaled)) - 1
    return float(scaled[rank]), least


def with_intervals(
    measured: Sequence[Measurement],
    members: Sequence[Sequence[Measurement]],
    limits: Mapping[str, tuple[float, float]],
) -> tuple[Measurement, ...]:
    """The measurements, with ``low`` and ``high`` where ``limits`` has a factor for them.

    ``members`` is what each member alone would have measured, at the same frames; there is no interval where
    one could not measure the number at all. ``limits`` is (factor, least) by name; numbers per body surface
    take those of the number itself.
    """
    if not members:
        return tuple(measured)
    theirs = [{_key(m): m.value for m in member} for member in members]
    absolute = {m.name: m.value for m in measured if m.slice is m.frame is m.segment is None}
    out = []
    for m in measured:
        base = _ABSOLUTE.get(m.name, m.name)
        values = [found[_key(m)] for found in theirs if _key(m) in found]
        if base not in limits or len(values) < len(members):
            out.append(m)
            continue
        factor, least = limits[base]
        # What is divided by body surface: so is its least SD.
        share = m.value / absolute[base] if base != m.name and absolute.get(base) else 1.0
        half = factor * float(np.hypot(np.std(values, ddof=1), least * share))
        low, high = LIMITS.get(base, (None, None))
        out.append(
            replace(
                m,
                low=m.value - half if low is None else max(m.value - half, low),
                high=m.value + half if high is None else min(m.value + half, high),
            )
        )
    return tuple(out)


def _key(m: Measurement) -> Key:
    return m.name, m.slice, m.frame, m.segment
