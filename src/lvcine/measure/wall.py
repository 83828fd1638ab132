"""Regional wall thickness on rays from the cavity's centre."""

from __future__ import annotations

import numpy as np

from lvcine.measure.area import polygon_centroid
from lvcine.measure.rays import ray_radii
from lvcine.measure.segments import BASAL, ray_segments
from lvcine.study import Array, Contour

# A ring is whole where at least this share of the rays meets a wall this thick (mm): an
# open basal slice or a stray contour is no ring. Ours: a scar of 3 mm still counts.
WHOLE_RING_SHARE = 0.97
THINNEST_WALL_MM = 1.0


def wall_thickness(endo: Contour, epi: Contour, directions: Array) -> Array:
    """Thickness of the wall along rays from the centroid of the cavity.

    Parameters
    ----------
    endo, epi : Contour
        In mm.
    directions : ndarray, shape (R, 2)
        Unit vectors (y, x).

    Returns
    -------
    ndarray, shape (R,)
        mm; 0 where the epicardium lies inside the endocardium, NaN where a contour is
        not met.

    Notes
    -----
    Along the ray, not at right angles to the wall: every ray belongs to one sector, in
    every frame whatever shape the wall takes, and no midline is needed that could bend
    around a bump. The price is that an oblique wall comes out thicker by 1 / cos of the
    angle between the ray and the wall's normal: 1.5 % at the 10 degrees that a cavity
    with an axis ratio of 1.2 reaches. Nothing is corrected for it.

    Examples
    --------
    >>> angle = np.arange(720) * np.pi / 360
    >>> circle = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    >>> wall_thickness(Contour(20 * circle), Contour(29 * circle), circle[::180]).round(3)
    array([9., 9., 9., 9.])
    """
    centre = polygon_centroid(endo.points)
    inner = ray_radii(endo.points, centre, directions)
    outer = ray_radii(epi.points, centre, directions)
    return np.maximum(outer - inner, 0.0)


def is_whole_ring(thickness: Array) -> bool:
    """True where the myocardium goes all the way round (thickness on rays, (R,))."""
    return bool(np.mean(np.nan_to_num(thickness) >= THINNEST_WALL_MM) >= WHOLE_RING_SHARE)


def segment_means(thickness: Array, level: int = BASAL) -> dict[int, float]:
    """Mean thickness of each AHA segment of a slice.

    Parameters
    ----------
    thickness : ndarray, shape (R,) or (S, R)
        On the rays of :func:`lvcine.measure.segments.ray_angles`, of one slice or of the
        S slices of a level.
    level : int
        0 basal, 1 mid, 2 apical. Per slice, six sectors with basal numbers (0) are used
        whatever the slice's level.

    Returns
    -------
    dict
        AHA number -> mean over all its rays; segments without any ray are left out.
    """
    rays = np.atleast_2d(thickness)
    numbers = ray_segments(level, rays.shape[1])
    parts = {int(n): rays[:, numbers == n] for n in np.unique(numbers)}
    return {n: float(np.nanmean(part)) for n, part in parts.items() if np.isfinite(part).any()}
