"""The boundary of a likelihood at sub-pixel level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def outline(level: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """The largest closed curve where ``level`` (Y, X) crosses 0, as points (N, 2) in (y, x).

    None where nothing is above 0. The picture is framed with its lowest value, so that a
    curve that leaves it is closed along the edge.
    """
    import contourpy

    if not (level > 0).any():
        return None
    framed = np.pad(level, 1, constant_values=min(float(level.min()), -1.0))
    lines = contourpy.contour_generator(z=framed).lines(0.0)
    points = max(lines, key=lambda p: abs(_area(p)))[:-1, ::-1] - 1.0
    return np.asarray(points, float) if len(points) >= 3 else None


def _area(p: NDArray[np.float64]) -> float:
    return 0.5 * float(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]))
