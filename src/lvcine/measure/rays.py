"""Where rays from the cavity's centre meet a contour: the base of thickness and dimensions."""

from __future__ import annotations

import numpy as np

from lvcine.study import Array


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
    p = np.concatenate([p, p[:1]])
    # Signed distance of every corner from the line of every ray: an edge is met where it changes sign.
    side = directions[:, :1] * p[:, 1] - directions[:, 1:] * p[:, 0]
    above = side >= 0
    ray, edge = np.nonzero(above[:, 1:] != above[:, :-1])
    share = side[ray, edge] / (side[ray, edge] - side[ray, edge + 1])
    crossing = p[edge] + share[:, None] * (p[edge + 1] - p[edge])
    radii = np.full(len(directions), -np.inf)
    np.maximum.at(radii, ray, (crossing * directions[ray]).sum(axis=1))
    return np.where(radii > 0, radii, np.nan)
