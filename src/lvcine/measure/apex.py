"""At which end of the stack the apex lies."""

from __future__ import annotations

import numpy as np

from lvcine.study import Array, Finding, Geometry

# Patient axes (LPS): the apex lies to the left, in front of and below the base.
_APEX = np.array([1.0, -1.0, -1.0]) / np.sqrt(3)
# Cosine between the stack's normal and that direction: more than 73 degrees off says nothing.
_CLEAR = 0.3
_LEAST_TAPER = 0.1  # of the largest radius, between the widest and the narrowest slice
_LEAST_TREND = 0.3  # correlation of radius and position


def find_apex(outer_mm2: Array, geometry: Geometry) -> tuple[int, tuple[Finding, ...]]:
    """At which end of the stack the apex lies.

    Parameters
    ----------
    outer_mm2 : ndarray, shape (Z,)
        Area inside the epicardium at ED (endocardium where there is none); 0 without LV.

    Returns
    -------
    sign : int
        +1: along ``geometry.normal``; -1: against it.
    findings : tuple of Finding
        ``apex-assumed`` where neither taper nor place in the patient tells, or where they
        contradict each other.

    Notes
    -----
    The LV tapers towards its apex: the trend of the radius over position decides where
    there is one, for it is seen, while a header can be made up. Otherwise the patient's
    axes decide.

    Examples
    --------
    >>> g = Geometry.stack(slices=4, spacing_mm=(1.5, 1.5), step_mm=10.0)
    >>> find_apex(np.array([400.0, 1500.0, 2500.0, 3000.0]), g)
    (-1, ())
    """
    taper, axes = _by_taper(outer_mm2, geometry), apex_by_axes(geometry)
    if taper and axes and taper != axes:
        return taper, (
            _assumed("the LV narrows towards the end of the stack that the header puts at the base"),
        )
    if taper or axes:
        return taper or axes, ()
    first_to_last = geometry.slice_positions_mm[-1] - geometry.slice_positions_mm[0]
    return (-1 if first_to_last < 0 else 1), (_assumed("neither shape nor header tells where the apex is"),)


def apex_by_axes(geometry: Geometry) -> int:
    """+1 or -1 along the stack's normal from the patient's axes; 0 where they do not tell."""
    towards = float(geometry.normal @ _APEX)
    return int(np.sign(towards)) if geometry.placed and abs(towards) >= _CLEAR else 0


def _by_taper(outer_mm2: Array, geometry: Geometry) -> int:
    present = outer_mm2 > 0
    if present.sum() < 3:
        return 0
    radius, position = np.sqrt(outer_mm2[present]), geometry.slice_positions_mm[present]
    if np.ptp(radius) < _LEAST_TAPER * radius.max() or not np.ptp(position) > 0:
        return 0
    trend = float(np.corrcoef(radius, position)[0, 1])
    return -int(np.sign(trend)) if abs(trend) >= _LEAST_TREND else 0


def _assumed(text: str) -> Finding:
    text = f"{text}: basal and apical segments may be exchanged"
    return Finding("apex-assumed", "warning", text, "look at the bull's-eye against the slices")
