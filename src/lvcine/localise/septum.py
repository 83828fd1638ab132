"""Which way the RV lies: the middle of the septum as seen from the LV."""

from __future__ import annotations

import numpy as np

from lvcine.study import F32, Array, Bools

REACH_MM = 30.0
LEAST_MM2 = 60.0


def rv_direction(p_rv: F32, lv: Bools, spacing_mm: float) -> Array:
    """Unit vector (y, x) from the LV's centre to the RV's blood beside the wall, per slice.

    Parameters
    ----------
    p_rv : ndarray, shape (Z, T, Y, X)
        Likelihood of RV cavity.
    lv : ndarray of bool, shape (Z, T, Y, X)
        Cavity and wall.

    Returns
    -------
    ndarray, shape (Z, 2)
        NaN in slices where no RV is seen and none of the neighbours helps.
    """
    vectors = np.array([_pull(p, m, spacing_mm) for p, m in zip(p_rv, lv, strict=True)])
    out = np.full(vectors.shape, np.nan)
    for z in range(len(vectors)):
        # Neighbours steady a slice's own vote: the septum turns slowly along the axis.
        around = vectors[max(0, z - 1) : z + 2].sum(0) + vectors[z]
        length = float(np.hypot(*around))
        if length > LEAST_MM2:
            out[z] = around / length
    return _filled(out)


def _pull(p_rv: F32, lv: Bools, spacing_mm: float) -> Array:
    """Sum over frames and pixels near the LV of RV likelihood x direction, in mm2 per frame."""
    total = np.zeros(2)
    for p, mask in zip(p_rv, lv, strict=True):
        if not mask.any():
            continue
        rows, columns = np.nonzero(mask)
        dy, dx = np.indices(mask.shape, dtype=float)
        dy, dx = dy - rows.mean(), dx - columns.mean()
        radius = np.hypot(dy, dx)
        edge = np.sqrt(mask.sum() / np.pi)
        near = np.where((radius < edge + REACH_MM / spacing_mm) & ~mask & (p > 0.3), p, 0.0)
        total += [(near * dy / np.maximum(radius, 1)).sum(), (near * dx / np.maximum(radius, 1)).sum()]
    return np.asarray(total * spacing_mm**2 / len(p_rv))


def _filled(vectors: Array) -> Array:
    """Slices without a vote take that of the nearest slice that has one."""
    seen = np.flatnonzero(~np.isnan(vectors[:, 0]))
    if len(seen) == 0:
        return vectors
    return np.array([vectors[seen[np.abs(seen - z).argmin()]] for z in range(len(vectors))])
