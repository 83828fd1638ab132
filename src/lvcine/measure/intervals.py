"""Intervals on the numbers from the spread of an ensemble's members.

Half the width is ``factor * sqrt(SD^2 + least^2)``: SD among what the members alone would have
measured, ``least`` because nets that agree may be wrong together. Both numbers are fitted
for each measurement on virtual hearts that no net has seen, so that 90 % of the intervals hold
the truth (split conformal prediction: Lei et al. 2018, doi:10.1080/01621459.2017.1307116).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from lvcine.measure.function import INDEXED
from lvcine.measure.volume import MYOCARDIAL_DENSITY_G_ML
from lvcine.study import Array, Extent, Measurement

COVERAGE = 0.90
NORMAL_90 = 1.645
"""SDs that hold 90 % of a normal distribution."""
LIMITS = {
    "edv_ml": (0.0, None),
    "esv_ml": (0.0, None),
    "sv_ml": (0.0, None),
    "lv_mass_g": (0.0, None),
    "ef_percent": (0.0, 100.0),
}
"""What cannot be, whatever the interval."""
_ABSOLUTE = {indexed: name for name, (indexed, _) in INDEXED.items()} | {
    "cardiac_output_l_min": "sv_ml",
    "cardiac_index_l_min_m2": "sv_ml",
    "lv_mass_es_g": "lv_mass_g",
    "max_wall_thickness_ed_mm": "wall_thickness_mm",
}
"""What has the factor and the least SD of another number: its multiples, and what is measured as it is."""
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


def extent_spread(extent: Extent, slabs_mm: Array, ed: int, es: int) -> dict[str, float]:
    """SD of volumes, EF and mass from slices that may or may not hold the ventricle.

    A slice of volume V that is ventricle with likelihood p has the SD V sqrt(p (1 - p)).

    Parameters
    ----------
    extent : Extent
    slabs_mm : ndarray, shape (Z,)
        Thickness of heart that each slice stands for.
    ed, es : int

    Examples
    --------
    >>> sure, half = np.ones((1, 2)), np.array([[1.0, 0.5]])
    >>> extent_spread(Extent(half, 1000 * sure, 1000 * sure, sure), np.array([10.0]), 0, 1)["esv_ml"]
    5.0
    """
    doubt = np.sqrt(extent.likelihood * (1.0 - extent.likelihood))
    cavity = np.sqrt(((slabs_mm[:, None] * extent.cavity_mm2 * doubt) ** 2).sum(0)) / 1000.0
    wall = np.sqrt(((slabs_mm[:, None] * extent.wall_mm2 * doubt) ** 2).sum(0)) / 1000.0
    kept = slabs_mm[:, None] * np.where(extent.likelihood >= 0.5, extent.cavity_mm2, 0.0) / 1000.0
    edv, esv = float(kept[:, ed].sum()), float(kept[:, es].sum())
    at_ed, at_es = float(cavity[ed]), float(cavity[es])
    ef = 100.0 * float(np.hypot(at_es / edv, esv * at_ed / edv**2)) if edv > 0 else 0.0
    return {
        "edv_ml": at_ed, "esv_ml": at_es, "sv_ml": float(np.hypot(at_ed, at_es)), "ef_percent": ef,
        "lv_mass_g": MYOCARDIAL_DENSITY_G_ML * float(wall[ed]),
    }  # fmt: skip


def with_intervals(
    measured: Sequence[Measurement],
    members: Sequence[Sequence[Measurement]],
    limits: Mapping[str, tuple[float, float]],
    doubts: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Measurement, ...]:
    """The measurements, with ``low`` and ``high`` where ``limits`` has a factor for them.

    ``members`` is what each member alone would have measured, at the same frames; there is no interval where
    one could not measure the number at all. ``limits`` is (factor, least) by name; numbers per body surface
    take those of the number itself. ``doubts`` is a further SD by name, which all members share.
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
        shared = NORMAL_90 * doubts.get(base, 0.0) * share
        half = float(np.hypot(factor * np.hypot(np.std(values, ddof=1), least * share), shared))
        low, high = LIMITS.get(base, (None, None))
        out.append(
            replace(
                m,
                low=m.value - half if low is None else max(m.value - half, low),
                high=m.value + half if high is None else min(m.value + half, high),
            )
        )
    return tuple(out)


def calibrate_shares(residuals: ArrayLike) -> float:
    """Half the width that holds the truth in ``COVERAGE`` of the cases, of one net alone.

    Parameters
    ----------
    residuals : array-like, shape (N,)
        Measured less true: in points of EF, or as shares of what was measured.

    Examples
    --------
    >>> round(calibrate_shares(np.linspace(-1, 1, 99)), 2)
    0.92
    """
    off = np.sort(np.abs(np.asarray(residuals, float)))
    return float(off[min(int(np.ceil(COVERAGE * (len(off) + 1))), len(off)) - 1])


def with_fixed_intervals(
    measured: Sequence[Measurement], limits: Mapping[str, tuple[float, float]]
) -> tuple[Measurement, ...]:
    """The measurements, with ``low`` and ``high`` as wide as ``limits`` says, of one net that has no members.

    Parameters
    ----------
    measured : sequence of Measurement
    limits : mapping
        Name -> (factor, least), half the width being their product as there is no SD among members: in points
        of what is a percentage, else as a share of the value.

    Examples
    --------
    >>> ef = Measurement("ef_percent", 55.0, "%", "discs")
    >>> found = with_fixed_intervals([ef], {"ef_percent": (1.0, 8.0)})[0]
    >>> found.low, found.high
    (47.0, 63.0)
    """
    out = []
    for m in measured:
        base = _ABSOLUTE.get(m.name, m.name)
        if base not in limits or m.slice is not None or m.frame is not None or m.segment is not None:
            out.append(m)
            continue
        factor, least = limits[base]
        half = factor * least * (1.0 if m.unit == "%" else abs(m.value))
        low, high = LIMITS.get(base, (None, None))
        lowest, highest = m.value - half, m.value + half
        out.append(
            replace(
                m,
                low=lowest if low is None else max(lowest, low),
                high=highest if high is None else min(highest, high),
            )
        )
    return tuple(out)


def _key(m: Measurement) -> Key:
    return m.name, m.slice, m.frame, m.segment
