"""Pieces of tissue, wherever they lie, and where the beat takes them.

The wall of the LV moves as :meth:`lvcine.phantom.heart.Heart.position` says. Trabeculae move with it, and
blood is pressed out from between them; papillary muscles keep their share of the endocardial radius; what
lies around it keeps its distance from the epicardium, beyond the RV from its free wall; atria and aorta keep
their distance from the axis and move up and down with the base. Far from the heart all stands still.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy, rv_depth
from lvcine.phantom.arrays import Num
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart

Array = NDArray[np.float64]

INSIDE, WALL, AROUND, ABOVE, ATRIUM, LAYER = range(6)
"""How a piece moves: with the endocardium, as wall, with the outside, with the base, with an atrium, as wall
from whose inside blood is pressed out."""
PRESSED_OUT = 0.5
"""Share of the trabecular layer that is blood at ED and leaves it until ES (ours: as a solid layer of muscle
it would close the cavity of every strong heart)."""

_ATRIAL_FILL = 0.08  # by which the atria widen until ES, as in anatomy.layers


def single(values: Any) -> NDArray[np.float32]:
    """Values in single precision, in which frames are computed."""
    return np.asarray(values, np.float32)


@dataclass(frozen=True)
class Tissue:
    """N pieces of tissue; the arrays (N,) are what of their motion does not depend on time.

    Radius = ratio * sqrt(rest2 * kept + area * stretch * (1 - loose * squeeze)) + rv * (what is left of it)
    + offset.
    """

    start: tuple[Num, Num, Num]
    centre: tuple[Num, Num]
    cos: Num
    sin: Num
    turn: Num
    rest2: Num
    area: Num
    loose: Num
    strong: Num
    slow: Num
    ratio: Num
    rv: Num
    offset: Num
    spread: tuple[Num, Num]
    height: Num
    lift: Num
    follow: Num
    swing: tuple[float, float]
    length_mm: float
    shortening: float
    rv_shortening: float

    def at(self, state: State) -> tuple[Num, Num, Num]:
        """(x, y, z) in mm at states whose arrays are (T, 1): each (T, N)."""
        base = self.length_mm * self.shortening * state.squeeze
        kept = 1.0 - self.strong * (state.squeeze + self.slow * (state.late - state.squeeze))
        stretch = self.length_mm / (self.length_mm - base)
        squared = self.rest2 * kept + self.area * stretch * (1.0 - self.loose * state.squeeze)
        r = self.ratio * np.sqrt(np.clip(squared, 0.0, None)) + self.offset
        r = r + self.rv * (1.0 - self.rv_shortening * state.squeeze)
        mx = r * self.cos + self.spread[0] * state.squeeze
        my = r * self.sin + self.spread[1] * state.squeeze
        angle = self.turn * state.twist
        c, s = np.cos(angle), np.sin(angle)
        moved = (
            self.centre[0] + self.swing[0] * state.squeeze + mx * c - my * s,
            self.centre[1] + self.swing[1] * state.squeeze + my * c + mx * s,
            self.height + self.lift * base,
        )
        x, y, z = (a + self.follow * (b - a) for a, b in zip(self.start, moved, strict=True))
        return x, y, z

    def single(self) -> Tissue:
        """The same in single precision."""
        return self._each(single)

    def take(self, which: NDArray[np.int64]) -> Tissue:
        """Some of the pieces, by index."""
        return self._each(lambda value: value[which])

    def _each(self, change: Callable[[Num], Num]) -> Tissue:
        arrays: dict[str, Any] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name == "swing" or isinstance(value, float):
                continue
            arrays[f.name] = tuple(change(v) for v in value) if isinstance(value, tuple) else change(value)
        return replace(self, **arrays)


def carried(
    anatomy: Anatomy,
    points: Array,
    kind: NDArray[np.int64] | int,
    distance_mm: Array | float = 0.0,
    fade_mm: float = 20.0,
) -> Tissue:
    """Tissue at points at ED.

    Parameters
    ----------
    anatomy : Anatomy
        Of numbers.
    points : ndarray, shape (3, N)
        mm, heart's frame, at ED of a full ventricle.
    kind : ndarray of int, shape (N,), or int
        How each moves: ``INSIDE``, ``WALL``, ``AROUND``, ``ABOVE``, ``ATRIUM``, ``LAYER``.
    distance_mm : ndarray, shape (N,), or float
        How far each lies beyond the heart; 0 in it.
    fade_mm : float
        Distance over which what lies around ceases to follow the heart.

    Examples
    --------
    >>> from lvcine.phantom import draw_heart
    >>> from lvcine.phantom.anatomy import draw_anatomy
    >>> heart = draw_heart(np.random.default_rng(2))
    >>> point = np.array(heart.position(0.5, 1.0, 0.0, 0.3, at_rest()))
    >>> tissue = carried(draw_anatomy(heart, np.random.default_rng(2)), point, WALL)
    >>> later = heart.beat.at(0.3)
    >>> x, y, z = tissue.at(later)
    >>> bool(abs(x[0] - heart.position(0.5, 1.0, 0.0, 0.3, later)[0]) < 1e-6)
    True
    """
    heart = anatomy.heart
    x, y, z = points
    kind = np.broadcast_to(np.asarray(kind), x.shape)
    p = heart.locate(x, y, z, at_rest())
    rv = np.maximum(np.asarray(rv_depth(anatomy, p, at_rest())), -float(anatomy.rv_wall_mm))
    rest2, area = np.asarray(heart.rest(p.u, p.cos, p.sin)) ** 2, np.asarray(heart.area(p.u, p.cos, p.sin))
    within, around = kind == INSIDE, kind == AROUND
    wall = (kind == WALL) | (kind == LAYER)
    share = (p.radius**2 - rest2) / np.maximum(area, 1e-6)
    free = np.where(kind == ATRIUM, _ATRIAL_FILL, 0.0)
    nearest = _atrium_axis(anatomy, p.radius * p.cos, p.radius * p.sin)
    cx, cy = heart.centre(p.u, at_rest())
    lift = _lift(heart, p.u)
    return Tissue(
        start=(x, y, z),
        centre=(cx, cy),
        cos=p.cos,
        sin=p.sin,
        turn=np.asarray(heart.turn(p.u)),
        rest2=rest2,
        area=np.where(wall, share * area, np.where(around, area, 0.0)),
        loose=np.where(kind == LAYER, PRESSED_OUT, 0.0),
        strong=heart.narrowing * np.asarray(heart.amplitude(p.u, p.cos, p.sin)),
        slow=np.asarray(heart.slow_share(p.u, p.cos, p.sin)),
        ratio=np.where(within, p.radius / np.maximum(p.endo, 1e-3), np.where(wall | around, 1.0, 0.0)),
        rv=np.where(around, rv, 0.0),
        offset=np.where(around, p.radius - p.epi - rv, np.where(wall | within, 0.0, p.radius)),
        spread=(free * (p.radius * p.cos - nearest[0]), free * (p.radius * p.sin - nearest[1])),
        height=np.asarray(p.u * heart.length_mm),
        lift=lift,
        follow=np.exp(-np.maximum(distance_mm, 0.0) / fade_mm) * np.ones_like(x),
        swing=(float(heart.swing_mm[0]), float(heart.swing_mm[1])),
        length_mm=float(heart.length_mm),
        shortening=float(heart.shortening),
        rv_shortening=float(anatomy.rv_shortening),
    )


def at_rest() -> State:
    """ED of a full ventricle."""
    zero = np.zeros(1)
    return State(zero, zero, zero, zero, zero, zero, zero, zero)


def _lift(heart: Heart, u: Array) -> Array:
    """Mm that tissue of a level comes down per mm that the base does.

    At a fixed level z is linear in the base's height, so the inverse of :meth:`Heart.level` is known
    from one state, where the base has come down by 1 mm; there it is piecewise linear, and read off.
    """
    length, end = float(heart.length_mm), float(heart.end)
    down = at_rest()
    down = replace(down, squeeze=np.ones(1) / (length * float(heart.shortening)))
    heights = np.linspace(-140.0, length * end + 40.0, 2881)
    levels = np.asarray(heart.level(heights, down))
    z = np.interp(u, levels, heights)
    return np.asarray(z - u * length)


def _atrium_axis(anatomy: Anatomy, across: Array, down: Array) -> tuple[Array, Array]:
    """Middle of the atrium that is nearer."""
    left, right = anatomy.la_mm, anatomy.ra_mm
    to_left = ((across - left[0]) / left[3]) ** 2 + ((down - left[1]) / left[4]) ** 2
    to_right = ((across - right[0]) / right[3]) ** 2 + ((down - right[1]) / right[4]) ** 2
    nearer = np.asarray(to_left > to_right, int)
    middles = np.array([left[:2], right[:2]], np.float64)
    return middles[nearer, 0], middles[nearer, 1]
