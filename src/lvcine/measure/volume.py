"""Volumes by summation of slices at their true positions, and the mass of myocardium."""

from __future__ import annotations

import numpy as np

from lvcine.errors import MeasureError
from lvcine.study import Array, Geometry

MM3_PER_ML = 1000.0
MYOCARDIAL_DENSITY_G_ML = 1.05
"""The value that cardiac MR reports by custom (Schulz-Menger 2020, doi:10.1186/s12968-020-00610-6; Petersen
2017, doi:10.1186/s12968-017-0327-9)."""


def slab_thickness_mm(geometry: Geometry) -> Array:
    """The thickness of heart that each slice stands for, shape (Z,).

    Each slice stands for half the way to each of its neighbours (slice and gap alike);
    the two end slices for half the typical step on their outer side. Uneven gaps, a
    missing slice among them, are honoured. One single slice stands for its thickness.

    Raises
    ------
    MeasureError
        No distance between slices is known, or two slices lie at one place.

    Examples
    --------
    >>> slab_thickness_mm(Geometry.stack(slices=4, spacing_mm=(1.5, 1.5), step_mm=10.0))
    array([10., 10., 10., 10.])
    """
    positions = geometry.slice_positions_mm
    order = np.argsort(positions)
    gaps = np.diff(positions[order])
    # Not geometry.slice_step_mm: that is the step between neighbours in the file's order.
    step = float(np.median(gaps)) if len(gaps) else geometry.slice_step_mm
    if not np.isfinite(step) or not step > 0:
        raise MeasureError(
            "the distance between slices is not known",
            where=f"{geometry.slices} slices",
            advice="state the slice distance when reading",
        )
    if (gaps <= 1e-3 * step).any():
        raise MeasureError("two slices lie at the same place", advice="remove the repeated slice")
    half = np.concatenate([[step], gaps]) / 2 + np.concatenate([gaps, [step]]) / 2
    slabs = np.empty_like(half)
    slabs[order] = half
    return slabs


def slice_summation(areas_mm2: Array, geometry: Geometry) -> Array:
    """Volume of every frame by summation of slices.

    Parameters
    ----------
    areas_mm2 : ndarray, shape (Z, T)

    Returns
    -------
    ndarray, shape (T,)
        mL.

    Raises
    ------
    MeasureError
        The geometry has no pixel spacing or no slice distance.

    Notes
    -----
    V = sum over slices of area times slab thickness, no model of shape at the ends
    (Schulz-Menger 2020, doi:10.1186/s12968-020-00610-6).

    Examples
    --------
    >>> g = Geometry.stack(slices=3, spacing_mm=(1.5, 1.5), step_mm=10.0)
    >>> slice_summation(np.full((3, 2), 1000.0), g)
    array([30., 30.])
    """
    if not geometry.calibrated:
        raise MeasureError(
            "no pixel spacing, so no volume in millilitres",
            advice="state the pixel spacing when reading",
        )
    return slab_thickness_mm(geometry) @ np.asarray(areas_mm2, float) / MM3_PER_ML


def myocardial_mass_g(volume_ml: Array) -> Array:
    """Mass of volumes of myocardium, any shape.

    Examples
    --------
    >>> myocardial_mass_g(np.array([100.0, 120.0]))
    array([105., 126.])
    """
    return MYOCARDIAL_DENSITY_G_ML * np.asarray(volume_ml, float)
