"""The outlines of the ventricle where a short-axis plane cuts it, in closed form.

At a height z every point belongs to one level u of the tissue, so the cut is the resting shape
at u, contracted, turned by the twist and shifted with the axis (:mod:`lvcine.phantom.heart`).
The basal plane may be tilted or saddled: at the base only a part of the ring is ventricle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart

Array = NDArray[np.float64]

DIRECTIONS = 720
"""Points of an outline: the polygon lies within 3e-4 mm of a circle of 30 mm."""


@dataclass(frozen=True)
class Section:
    """A short-axis cut of one heart at one state; D directions around the axis.

    Attributes
    ----------
    u : float
        Level of the tissue.
    centre_mm : ndarray, shape (2,)
        (x, y) of the axis.
    turn : float
        Rotation of the tissue by the twist in rad, from x to y.
    angles : ndarray, shape (D + 1,)
        Material directions in rad, growing, the last one turn after the first; closer on either side
        of where the wall ends.
    endo_mm, epi_mm : ndarray, shape (D + 1,)
        Distance of the two surfaces from the axis, whether below the basal plane or not.
    low, high : ndarray, shape (3, D + 1)
        The cavity lies at shares low to high of the endocardial radius (up to three stretches; empty
        ones have low = high).
    wall : ndarray of bool, shape (D + 1,)
        Where there is wall below the basal plane.
    """

    u: float
    centre_mm: Array
    turn: float
    angles: Array
    endo_mm: Array
    epi_mm: Array
    low: Array
    high: Array
    wall: NDArray[np.bool_]

    @property
    def whole(self) -> bool:
        """True where the wall goes all the way round a cavity that no basal plane cuts."""
        cavity = (self.high - self.low).sum(0) > 1.0 - 1e-9
        return bool(self.wall.all() and cavity.all() and self.u < 1.0)

    @property
    def cavity_area_mm2(self) -> float:
        """Area of the cavity, papillary muscles inside."""
        return self._around(self.endo_mm**2 * (self.high**2 - self.low**2).sum(0))

    @property
    def wall_area_mm2(self) -> float:
        """Area of the myocardium between endo- and epicardium."""
        return self._around(np.where(self.wall, self.epi_mm**2 - self.endo_mm**2, 0.0))

    def endo(self) -> Array:
        """The cavity's outline as a polygon (N, 2) of x, y in mm; N = 0 where there is none.

        Where the basal plane cuts it into pieces, bridges of no width join them, so that the area
        and every point's inside or outside stay right.
        """
        if self.whole:
            return self._points(self.endo_mm)
        return self._polygon([(low * self.endo_mm, high * self.endo_mm) for low, high in self._stretches()])

    def epi(self) -> Array:
        """The outline of cavity and wall together, as :meth:`endo`."""
        if self.whole or (self.wall.all() and self.u >= 1.0):
            return self._points(self.epi_mm)
        pieces = [(low * self.endo_mm, high * self.endo_mm) for low, high in self._stretches()]
        if self.wall.any():
            pieces.append((self.endo_mm, np.where(self.wall, self.epi_mm, self.endo_mm)))
        return self._polygon(pieces)

    def _stretches(self) -> list[tuple[Array, Array]]:
        return [
            (a, b) for a, b in zip(self.low, self.high, strict=True) if ((b - a) * self.endo_mm > 1e-9).any()
        ]

    def _around(self, radius2: Array) -> float:
        """Half the integral of squared radii over the directions (trapezoid: spectral where smooth)."""
        return float(0.5 * np.sum(np.diff(self.angles) * (radius2[1:] + radius2[:-1]) / 2.0))

    def _points(self, radius: Array, closed: bool = True) -> Array:
        keep = slice(None, -1) if closed else slice(None)
        angle = self.angles[keep] + self.turn
        return self.centre_mm + radius[keep, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def _polygon(self, pieces: list[tuple[Array, Array]]) -> Array:
        """Out along the far side of every piece, back along its near side."""
        if not pieces:
            return np.zeros((0, 2))
        parts = []
        for near, far in pieces:
            parts.append(self._points(far, closed=False))
            # A near side on the axis is one point: a star needs none.
            parts.append(self._points(near, closed=False)[::-1] if near.any() else np.zeros((0, 2)))
        return np.concatenate(parts)


def section(heart: Heart, z_mm: float, state: State, directions: int = DIRECTIONS) -> Section | None:
    """The short-axis cut at a height of the heart's frame; None where it meets no ventricle.

    Parameters
    ----------
    heart : Heart
        Of numbers.
    z_mm : float
        Height in space, from base to apex; it does not move with the tissue.
    state : State
        One state.
    directions : int

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, waist=0.0)
    >>> cut = section(heart, 0.5, heart.beat.at(0.0))
    >>> round(cut.cavity_area_mm2 / (np.pi * 25**2), 4), cut.whole
    (1.0, True)
    """
    u = float(heart.level(np.float64(z_mm), state))
    if u >= float(heart.end):
        return None
    even = np.arange(directions + 1, dtype=np.float64) * (2.0 * np.pi / directions)
    angles = _with_edges(heart, u, np.asarray(even))
    cos, sin = np.cos(angles), np.sin(angles)
    low, high = _below_base(heart, u, cos, sin)
    wall = u > heart.base_level(cos, sin, 1.0) + 0.0 * cos
    if u >= 1.0:
        high = low
    elif not wall.any() and not (high > low).any():
        return None
    level = np.full_like(cos, u)
    endo, epi = heart.outline(level, cos, sin, state)
    x, y = heart.centre(u, state)
    centre = np.array([float(x), float(y)])
    turn = float(heart.turn(np.float64(u)) * state.twist)
    return Section(u, centre, turn, angles, np.asarray(endo), np.asarray(epi), low, high, np.asarray(wall))


def polygon_centroid(points: Array) -> Array:
    """Centre of the area inside a closed polygon (N, 2)."""
    start = points[0] if len(points) else np.zeros(2)
    p = points - start
    q = np.roll(p, -1, axis=0)
    cross = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    return np.asarray(start + ((p + q) * cross[:, None]).sum(0) / (3.0 * cross.sum()))


def crossings_mm(points: Array, start: Array, angles: Array) -> Array:
    """Distance from ``start`` (2,) to where rays leave a closed polygon (N, 2) for good.

    Parameters
    ----------
    points, start : ndarray
        mm, x and y.
    angles : ndarray, shape (R,)
        Of the rays, rad from x to y.

    Returns
    -------
    ndarray, shape (R,)
        The farthest crossing; NaN where a ray meets nothing.

    Examples
    --------
    >>> square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    >>> crossings_mm(square, np.zeros(2), np.array([0.0, np.pi / 4])).round(3)
    array([1.   , 1.414])
    """
    x, y = (np.append(points, points[:1], axis=0) - start).T
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    along, aside = x * cos + y * sin, y * cos - x * sin
    up = aside >= 0.0
    ray, edge = np.nonzero(up[:, 1:] != up[:, :-1])
    a, b = aside[ray, edge], aside[ray, edge + 1]
    distance = along[ray, edge] + a / (a - b) * (along[ray, edge + 1] - along[ray, edge])
    out = np.full(len(angles), -np.inf)
    np.maximum.at(out, ray, distance)
    return np.where(out > 0.0, out, np.nan)


def _with_edges(heart: Heart, u: float, angles: Array) -> Array:
    """Directions with two more around each at which the wall meets the basal plane."""

    def depth(angle: Array) -> Array:
        return np.asarray(u - heart.base_level(np.cos(angle), np.sin(angle), 1.0) + 0.0 * angle)

    inside = depth(angles) > 0.0
    at = np.nonzero(inside[1:] != inside[:-1])[0]
    if not len(at):
        return angles
    a, b, first = angles[at], angles[at + 1], inside[at]
    for _ in range(30):
        middle = (a + b) / 2.0
        same = (depth(middle) > 0.0) == first
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    return np.unique(np.concatenate([angles, a, b]))


def _below_base(heart: Heart, u: float, cos: Array, sin: Array) -> tuple[Array, Array]:
    """Stretches (3, D) of the share q of the endocardial radius that lie below the basal plane.

    The plane's height is tilt q + saddle q^2: two roots cut 0..1 into three stretches.
    """
    tilt = heart.base_level(cos, sin, 1.0) * heart.length_mm  # tilt + saddle
    half = heart.base_level(cos, sin, 0.5) * heart.length_mm  # tilt / 2 + saddle / 4
    saddle, slope = 2.0 * tilt - 4.0 * half, 4.0 * half - tilt
    depth = u * heart.length_mm
    # Roots of depth - slope q - saddle q^2 without cancellation; a missing one is sent outside.
    inner = slope**2 + 4.0 * saddle * depth
    big = -0.5 * (slope + np.copysign(np.sqrt(np.maximum(inner, 0.0)), slope))
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([big / saddle, -depth / big])
    roots = np.where(np.isfinite(roots) & (inner > 0.0), roots, -1.0)
    cuts = np.sort(np.clip(roots, 0.0, 1.0), axis=0)
    edges = np.concatenate([np.zeros((1, len(cos))), cuts, np.ones((1, len(cos)))])
    low, high = edges[:-1], edges[1:]
    middle = (low + high) / 2.0
    below = depth - slope * middle - saddle * middle**2 > 0.0
    high = np.where(below, high, low)
    # What there is comes first, so that a stretch keeps its number from direction to direction.
    order = np.argsort(high <= low, axis=0, kind="stable")
    return np.take_along_axis(low, order, 0), np.take_along_axis(high, order, 0)
