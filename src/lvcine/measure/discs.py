"""Volume of the left ventricle from apical views by the method of discs (modified Simpson's rule).

The ventricle is cut into 20 discs square to its long axis, from the middle of the mitral annulus to the
apex; a disc is a circle on one view's chord, or an ellipse on the chords of two views at right angles
(Lang et al. 2015, doi:10.1016/j.echo.2014.10.003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.errors import MeasureError
from lvcine.study import Array, Contour

DISCS = 20
FARTHEST = 0.98
"""Share of the largest distance from the base from which a point belongs to the apex."""
LENGTHS_AGREE = 0.10
"""Long axes of two views that differ by more than this share cut different planes: one is
foreshortened (Lang et al. 2015)."""


@dataclass(frozen=True, eq=False)
class LongAxis:
    """Of the cavity in one view.

    Attributes
    ----------
    base, apex : ndarray, shape (2,)
        (y, x): the middle of the mitral annulus, and the point of the contour farthest from it.
    """

    base: Array
    apex: Array

    @property
    def length(self) -> float:
        return float(np.hypot(*(self.apex - self.base)))


def long_axis(contour: Contour, annulus: tuple[Array, Array]) -> LongAxis:
    """The long axis from the hinge points of the mitral valve, (y, x) each.

    Examples
    --------
    >>> triangle = Contour(np.array([[0.0, 0.0], [0.0, 6.0], [9.0, 3.0]]))
    >>> long_axis(triangle, (np.array([0.0, 0.0]), np.array([0.0, 6.0]))).length
    9.0
    """
    base = (np.asarray(annulus[0], float) + np.asarray(annulus[1], float)) / 2
    rest = contour.points - base
    distance = np.hypot(*rest.T)
    # In a round ventricle many points are as far: the middle of them is the apex, not any one of them.
    far = distance >= FARTHEST * distance.max()
    step = np.hypot(*(np.roll(contour.points, -1, 0) - contour.points).T)
    towards = (rest[far] / distance[far, None] * step[far, None]).sum(0)
    best = np.where(far & (distance > 0), rest @ towards / np.maximum(distance, 1e-12), -np.inf)
    return LongAxis(base, contour.points[int(best.argmax())])


def disc_diameters(contour: Contour, axis: LongAxis) -> Array:
    """Length of the chord inside the contour in the middle of each disc, from base to apex.

    Parameters
    ----------
    axis : LongAxis
        In the contour's unit.

    Returns
    -------
    ndarray, shape (DISCS,)
        0 where the line misses the contour.

    Raises
    ------
    MeasureError
        An axis without length.
    """
    if not axis.length > 0:
        raise MeasureError("a long axis without length")
    along = (axis.apex - axis.base) / axis.length
    rest = contour.points - axis.base
    height, aside = rest @ along, rest @ np.array([-along[1], along[0]])
    up, over = np.roll(height, -1), np.roll(aside, -1)
    out = np.zeros(DISCS)
    for k, level in enumerate((np.arange(DISCS) + 0.5) / DISCS * axis.length):
        crossed = (height <= level) != (up <= level)
        share = (level - height[crossed]) / (up[crossed] - height[crossed])
        met = np.sort(aside[crossed] + share * (over[crossed] - aside[crossed]))
        out[k] = float((met[1::2] - met[::2]).sum())
    return out


def single_plane_volume(diameters: Array, length: float) -> float:
    """Volume of circular discs, in the cube of the lengths' unit.

    Examples
    --------
    >>> round(single_plane_volume(np.full(20, 2.0), 10.0), 3)  # a cylinder: pi * 1 * 10
    31.416
    """
    return float(np.pi / 4 * (np.asarray(diameters) ** 2).sum() * length / len(diameters))


def biplane_volume(first: tuple[Array, float], second: tuple[Array, float]) -> tuple[float, float]:
    """Volume of elliptical discs from two views, and by which share their long axes differ.

    Parameters
    ----------
    first, second : (diameters, length)
        Of A4C and A2C, the same number of discs; the longer axis is taken.

    Raises
    ------
    MeasureError
        Different numbers of discs.
    """
    (a, la), (b, lb) = first, second
    if len(a) != len(b):
        raise MeasureError(f"{len(a)} discs in one view and {len(b)} in the other")
    length = max(la, lb)
    return float(np.pi / 4 * (a * b).sum() * length / len(a)), float(abs(la - lb) / length)
