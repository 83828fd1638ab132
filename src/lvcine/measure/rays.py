"""Where rays from the cavity's centre meet a contour: the base of thickness and dimensions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ray_radii(points: Array, centre: Array, directions: Array) -> Array:
    """Distance from a centre to a closed polygon along rays.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
        Polygon, same unit and axes as the rest (mm, (y, x)).
    centre : ndarray, shape (2,)
    directions : ndarray, shape (R, 2)
        Unit vectors.

    Returns
    -------
    ndarray, shape (R,)
        To the outermost crossing, where a ray crosses more than once; NaN where never.

    Examples
    --------
    >>> square = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> ray_radii(square, np.zeros(2), np.array([[1.0, 0.0], [0.6, 0.8]]))
    array([1.  , 1.25])
    """
    p = np.asarray(points, float) - centre
    # Signed distance of every vertex from the line of every ray, and how far along it lies.
    side = directions[:, :1] * p[:, 1] - directions[:, 1:] * p[:, 0]
    along = directions @ p.T
    next_side, next_along = np.roll(side, -1, axis=1), np.roll(along, -1, axis=1)
    crosses = (side >= 0) != (next_side >= 0)
    step = np.where(crosses, side - next_side, 1.0)
    distance = np.where(crosses, along + side / step * (next_along - along), -np.inf)
    farthest = distance.max(axis=1)
    return np.where(farthest > 0, farthest, np.nan)
