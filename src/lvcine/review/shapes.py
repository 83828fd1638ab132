"""What is done to contours: checked and mended, carried to other frames, made between two slices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from lvcine.errors import UsageError
from lvcine.localise.drawn import outline_of_largest
from lvcine.measure.area import polygon_area, polygon_centroid
from lvcine.measure.remembered import remembered
from lvcine.study import Array, Contour

MOST_POINTS = 2000
"""Of a contour that is sent or read."""
LEAST_AREA = 1.0
"""In pixels: what encloses less is a slip of the pointer, no ventricle."""
_FINER = 8  # parts of a pixel in which a contour that crosses itself is filled
_DIGITS = 3  # of a pixel, as contours.json keeps them
_ANGLES = 96  # of a contour in polar form, about its own centre


def checked(points: Sequence[float] | Array, shape: tuple[int, int]) -> tuple[Contour, bool]:
    """A contour that was drawn, and whether it had to be mended because it crossed itself.

    Parameters
    ----------
    points : sequence of float, (2 N,) or (N, 2)
        y, x, y, x ... in pixels, closed implicitly.
    shape : (int, int)
        Rows and columns of the picture.

    Raises
    ------
    UsageError
        Not a list of finite points, too many, off the picture by more than half of it, or no area.

    Examples
    --------
    >>> square = [2, 2, 2, 12, 12, 12, 12, 2]
    >>> checked(square, (20, 20))[1], checked([2, 2, 12, 12, 2, 12, 12, 2], (20, 20))[1]
    (False, True)
    """
    yx = _plain(points)
    room = np.array(shape, float)
    if (yx < -0.5 * room).any() or (yx > 1.5 * room).any():
        raise UsageError("a contour far outside of the picture", advice="draw it within the picture")
    yx = _without_repeats(yx)
    if len(yx) < 3 or polygon_area(yx) < LEAST_AREA:
        crossing = len(yx) > 3 and crosses_itself(yx)
        if not crossing:
            raise UsageError("a contour that encloses no area", advice="draw around the whole structure")
    if not crosses_itself(yx):
        return Contour(np.round(yx, _DIGITS)), False
    return Contour(np.round(_outer(yx), _DIGITS)), True


def recorded(points: Sequence[float]) -> Contour:
    """A contour as a journal has it: it was checked when it was drawn.

    Raises
    ------
    UsageError
        No list of finite points.
    """
    return Contour(_plain(points))


def _plain(points: Sequence[float] | Array) -> Array:
    try:
        values = np.asarray(points, float)
    except (TypeError, ValueError, OverflowError):
        raise UsageError("a contour that is no list of numbers") from None
    flat = values.ravel()
    if values.ndim > 2 or len(flat) % 2 or not 6 <= len(flat) <= 2 * MOST_POINTS:
        raise UsageError(f"a contour of {len(flat) / 2:g} points", advice=f"give 3 to {MOST_POINTS} points")
    if not np.isfinite(flat).all() or np.abs(flat).max() > 1e6:
        raise UsageError("a contour with points that are no places")
    return flat.reshape(-1, 2)


def _without_repeats(yx: Array) -> Array:
    return yx[np.hypot(*(yx - np.roll(yx, 1, 0)).T) > 1e-6]


def crosses_itself(yx: Array) -> bool:
    """Whether two edges of a closed polygon (N, 2) that are no neighbours meet.

    Examples
    --------
    >>> crosses_itself(np.array([[0.0, 0], [0, 4], [4, 4], [4, 0]]))
    False
    >>> crosses_itself(np.array([[0.0, 0], [4, 4], [0, 4], [4, 0]]))
    True
    """
    a, b = yx, np.roll(yx, -1, 0)
    count = len(yx)
    step = b - a

    def side(p: Array) -> Array:
        """Of every point p (M, 2), on which side of each edge (N,) it lies."""
        return step[:, None, 0] * (p[None, :, 1] - a[:, None, 1]) - step[:, None, 1] * (
            p[None, :, 0] - a[:, None, 0]
        )

    first, second = side(a), side(b)
    apart = (first * second < 0) & ((first * second < 0).T)
    index = np.arange(count)
    gap = np.abs(index[:, None] - index[None])
    apart &= (gap > 1) & (gap < count - 1)
    return bool(apart.any())


def _outer(yx: Array) -> Array:
    """The outer line of a contour that crosses itself: what it goes around, the largest piece."""
    low = np.floor(yx.min(0)) - 2
    size = np.ceil(yx.max(0) - low).astype(int) + 3
    picture = Image.new("1", (int(size[1]) * _FINER, int(size[0]) * _FINER))
    at = (yx - low + 0.5) * _FINER - 0.5
    ImageDraw.Draw(picture).polygon([(float(x), float(y)) for y, x in at], fill=1)
    found = outline_of_largest(np.asarray(picture, bool))
    if found is None or polygon_area(found.points) < LEAST_AREA * _FINER**2:
        raise UsageError("a contour that encloses no area", advice="draw around the whole structure")
    return thinned((found.points + 0.5) / _FINER - 0.5 + low, 128)


def thinned(yx: Array, most: int) -> Array:
    """A closed curve (N, 2) at ``most`` points at equal distances along it, where it has more."""
    if len(yx) <= most:
        return yx
    closed = np.vstack([yx, yx[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, along[-1], most, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)


def polar(contour: Contour) -> tuple[Array, Array]:
    """Centre (2,) and distances (A,) at equal angles, to the outermost crossing of each ray."""
    middle = polygon_centroid(contour.points)
    a = contour.points - middle
    b = np.roll(a, -1, 0)
    rays = _rays()
    step = b - a
    # middle + r * ray = a + s * step  for 0 <= s < 1: solved for all rays and edges at once.
    across = rays[:, None, 0] * step[None, :, 1] - rays[:, None, 1] * step[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        s = (a[None, :, 0] * rays[:, None, 1] - a[None, :, 1] * rays[:, None, 0]) / across
        r = (a[None, :, 0] * step[None, :, 1] - a[None, :, 1] * step[None, :, 0]) / across
    found = np.where((s >= -1e-9) & (s < 1 + 1e-9) & (r > 0) & np.isfinite(r), r, 0.0)
    return middle, np.asarray(found.max(1))


def _rays() -> Array:
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    return np.stack([np.sin(angle), np.cos(angle)], 1)


def from_polar(middle: Array, radius: Array) -> Contour:
    """The contour with these distances from its middle, never less than half a pixel."""
    return Contour(np.round(middle + np.maximum(radius, 0.5)[:, None] * _rays(), _DIGITS))


def carried(old: Contour, new: Contour, to: Contour, weight: float) -> Contour:
    """A contour changed as another one was, by a share of that change.

    Parameters
    ----------
    old, new : Contour
        The corrected contour before and after.
    to : Contour
        That of another frame.
    weight : float
        0: not at all, 1: by the whole change, along rays about its own centre.

    Examples
    --------
    >>> ring = np.stack([np.sin(np.arange(0, 6.28, 0.1)), np.cos(np.arange(0, 6.28, 0.1))], 1)
    >>> changed = carried(Contour(20 + 8 * ring), Contour(20 + 10 * ring), Contour(20 + 5 * ring), 0.5)
    >>> bool(np.isclose(polar(changed)[1].mean(), 6.0, atol=0.05))
    True
    """
    (old_middle, before), (new_middle, after), (middle, radius) = polar(old), polar(new), polar(to)
    return from_polar(middle + weight * (new_middle - old_middle), radius + weight * (after - before))


@remembered
def between(first: Contour, second: Contour, share: float) -> Contour:
    """The contour at a share of the way from one slice's to another's.

    Examples
    --------
    >>> ring = np.stack([np.sin(np.arange(0, 6.28, 0.1)), np.cos(np.arange(0, 6.28, 0.1))], 1)
    >>> middle = between(Contour(20 + 8 * ring), Contour(20 + 4 * ring), 0.5)
    >>> bool(np.isclose(polar(middle)[1].mean(), 6.0, atol=0.05))
    True
    """
    (a, of_a), (b, of_b) = polar(first), polar(second)
    return from_polar(a + share * (b - a), of_a + share * (of_b - of_a))


def fading(distance: int, reach: int) -> float:
    """The share of a correction that a frame gets which lies so many frames away: half a cosine, 0 beyond.

    Examples
    --------
    >>> fading(0, 4), round(fading(2, 4), 3), fading(5, 4)
    (1.0, 0.655, 0.0)
    """
    return float(0.5 + 0.5 * np.cos(np.pi * distance / (reach + 1))) if abs(distance) <= reach else 0.0
