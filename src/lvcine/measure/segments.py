"""The AHA's 16 segments: which ray belongs to which, and which slice to which level.

The 17-segment model (Cerqueira 2002, doi:10.1161/hc0402.102975) has six sectors of 60
degrees in basal (1-6) and mid (7-12) slices, four of 90 degrees in apical slices (13-16),
and the apex proper (17), which short-axis slices do not show.
"""

from __future__ import annotations

import numpy as np

from lvcine.study import Array, Bools, Geometry, Whole

BASAL, MID, APICAL = 0, 1, 2
NO_LEVEL = -1
SEGMENTS_OF_LEVEL = {BASAL: range(1, 7), MID: range(7, 13), APICAL: range(13, 17)}

#: The six sectors of the quantification papers (LVQuan), in their order, as the AHA's
#: basal numbers: inferoseptal, inferior, inferolateral, anterolateral, anterior, anteroseptal.
LVQUAN_SECTORS = {"IS": 3, "I": 4, "IL": 5, "AL": 6, "A": 1, "AS": 2}

# In turn, from the middle of the septum towards anterior and round the LV.
_BASAL_TURN = np.array([2, 1, 6, 5, 4, 3])
_APICAL_TURN = np.array([14, 13, 16, 15])  # septal lies half on either side of angle 0


def ray_angles(rays: int = 360) -> Array:
    """Angles (R,) in radians at which the wall is measured, from the septum's middle.

    In the middle of equal steps, so that every sector holds as many rays as its
    neighbours and none lies on a border. ``rays`` must be a multiple of 24.
    """
    return (np.arange(rays, dtype=np.float64) + 0.5) * (2 * np.pi / rays)


def ray_segments(level: int, rays: int = 360) -> Whole:
    """AHA number of every ray of :func:`ray_angles` in a slice of a level, shape (R,).

    Examples
    --------
    >>> ray_segments(BASAL, 24)[[0, 4, 8, 12, 16, 20]]
    array([2, 1, 6, 5, 4, 3])
    >>> ray_segments(APICAL, 24)[[0, 6, 12, 18, 23]]
    array([14, 13, 16, 15, 14])
    """
    turn = ray_angles(rays) / (2 * np.pi)
    if level == APICAL:
        return _APICAL_TURN[np.floor(turn * 4 + 0.5).astype(int) % 4]
    return _BASAL_TURN[np.floor(turn * 6).astype(int)] + 6 * level


def sector_centres() -> dict[int, float]:
    """Angle in radians of the middle of each of the six sectors, by AHA basal number."""
    return {int(number): float(np.deg2rad(30 + 60 * i)) for i, number in enumerate(_BASAL_TURN)}


def slice_levels(ring: Bools, geometry: Geometry, apex_sign: int) -> Whole:
    """Basal, mid and apical thirds of the slices that show a whole ring of myocardium.

    Parameters
    ----------
    ring : ndarray of bool, shape (Z,)
    apex_sign : int
        +1 where the apex lies along the stack's normal, -1 against it.

    Returns
    -------
    ndarray of int, shape (Z,)
        0 basal, 1 mid, 2 apical, -1 no ring. By true position: each slice stands for its
        slab, and belongs to the third that its middle lies in.

    Examples
    --------
    >>> g = Geometry.stack(slices=5, spacing_mm=(1.0, 1.0), step_mm=10.0)
    >>> slice_levels(np.array([False, True, True, True, True]), g, -1)
    array([-1,  2,  1,  1,  0])
    """
    levels = np.full(len(ring), NO_LEVEL)
    if not ring.any():
        return levels
    depth = geometry.slice_positions_mm[ring] * apex_sign
    gaps = np.diff(np.sort(geometry.slice_positions_mm))
    slab = float(np.median(gaps)) if len(gaps) else 1.0
    share = (depth - depth.min() + slab / 2) / (np.ptp(depth) + slab)
    # A slice in the middle of the border between thirds goes to the mid level.
    levels[ring] = np.where(share < 1 / 3 - 1e-9, BASAL, np.where(share > 2 / 3 + 1e-9, APICAL, MID))
    return levels
