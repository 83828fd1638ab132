"""How fast the wall of the left ventricle moves: curves, peaks and the field they come from."""

from __future__ import annotations

from dataclasses import dataclass

from lvcine.study.arrays import F32, Array

COMPONENTS = ("longitudinal", "radial", "circumferential")
"""Positive from base to apex; inwards; clockwise seen from the apex."""
SECTORS = ("IS", "I", "IL", "AL", "A", "AS")
"""Sixths of the wall: inferoseptal, inferior, inferolateral, anterolateral, anterior, anteroseptal."""
PEAKS = ("systolic", "early diastolic", "late diastolic")


@dataclass(frozen=True)
class VelocityPeak:
    """An extreme of one curve.

    Attributes
    ----------
    component : str
        Of :data:`COMPONENTS`.
    phase : str
        Of :data:`PEAKS`.
    value_cm_s, time_ms : float
        Between frames too; time after the R wave, NaN for a peak below the curve's noise floor.
    slice : int or None
        None: the whole wall.
    sector : str or None
        Of :data:`SECTORS`; None: all around.
    """

    component: str
    phase: str
    value_cm_s: float
    time_ms: float
    slice: int | None = None
    sector: str | None = None


@dataclass(frozen=True, eq=False)
class WallVelocity:
    """The velocities of the wall over the cycle.

    Attributes
    ----------
    times_ms : ndarray, shape (T,)
        After the R wave: share of the cycle times the slices' mean cycle.
    whole_cm_s : ndarray, shape (3, T)
        Of :data:`COMPONENTS`, over the wall of all slices.
    slice_cm_s : ndarray, shape (3, Z, T)
        NaN where the slice shows no wall.
    sector_cm_s : ndarray, shape (3, Z, 6, T)
        Of :data:`SECTORS`.
    bulk_cm_s : ndarray, shape (2, Z, T)
        Motion of the whole ring along x and y of the picture, taken out of the curves above.
    peaks : tuple of VelocityPeak
        Of the whole, of every slice, of every sector.
    delay_ms : ndarray, shape (2, Z, 6)
        Longitudinal and radial: when a sector reaches its systolic peak, less the mean of its slice's
        sectors; NaN where it has none.
    field_cm_s : ndarray of float32, shape (3, Z, T, Y, X)
        Along x, y and z of the picture, unwrapped and with the background's phase taken out.
    floor_cm_s : ndarray, shape (3,), or None
        Noise floor of the curves of the whole wall: smaller peaks have no time.
    """

    times_ms: Array
    whole_cm_s: Array
    slice_cm_s: Array
    sector_cm_s: Array
    bulk_cm_s: Array
    peaks: tuple[VelocityPeak, ...]
    delay_ms: Array
    field_cm_s: F32
    floor_cm_s: Array | None = None
