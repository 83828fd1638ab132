"""Valve leaflets in the picture's plane: bright thin lines that open and close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy, layers
from lvcine.phantom.beat import State
from lvcine.phantom.population import Random
from lvcine.phantom.ultrasound.motion import ABOVE, AROUND, WALL, Tissue, at_rest, carried
from lvcine.phantom.views import Plane

Array = NDArray[np.float64]

_POINTS = 110


@dataclass(frozen=True)
class Leaflet:
    """One leaflet from its hinge to its tip.

    Attributes
    ----------
    hinges : Tissue
        Two points: its own hinge, then the one across.
    reach : share of the distance between hinges that it spans when closed
    closed, open : angle in rad to the line between the hinges, towards ``towards``
    bend : by how much in rad it curves along its length
    towards : 1 opens towards the probe (mitral, tricuspid), -1 away from it (aortic)
    valve : name of the :class:`State` field that opens it
    across, amplitude : (M,) place across its thickness in mm and echo of its points
    """

    hinges: Tissue
    reach: float
    closed: float
    open: float
    bend: float
    towards: float
    valve: str
    across: Array
    amplitude: Array

    def at(self, state: State, plane: Plane, drift: Array) -> tuple[Array, Array]:
        """(down, across) in mm of its points at states (T, 1): each (T, M)."""
        hinge = np.stack(self.hinges.at(state), -1) - drift[:, None]  # (T, 2, 3)
        flat = np.stack([hinge @ plane.down, hinge @ plane.across], -1) - np.array(
            [plane.middle_mm @ plane.down, plane.middle_mm @ plane.across]
        )
        line = flat[:, 1] - flat[:, 0]
        width = np.linalg.norm(line, axis=1, keepdims=True)
        inward = line / np.maximum(width, 1e-6)
        up = np.stack([-np.abs(inward[:, 1]), np.sign(inward[:, 1]) * inward[:, 0]], -1) * self.towards
        opening = np.asarray(getattr(state, self.valve))
        share = (np.arange(_POINTS) + 0.5) / _POINTS
        angle = self.closed + (self.open - self.closed) * opening + self.bend * (share - 0.5)
        length = width * self.reach / np.cos(self.closed)
        along = np.cumsum(np.cos(angle), 1) / _POINTS * length
        rise = np.cumsum(np.sin(angle), 1) / _POINTS * length + self.across
        where = flat[:, :1] + along[..., None] * inward[:, None] + rise[..., None] * up[:, None]
        return where[..., 0], where[..., 1]


def draw_valves(rng: Random, anatomy: Anatomy, plane: Plane) -> tuple[Leaflet, ...]:
    """Leaflets of the valves that the plane cuts: mitral, tricuspid, aortic."""
    grid = plane.grid(1, 1, 1.0)[:, 0, 0]
    t = np.arange(-110.0, 110.0, 0.25)
    out: list[Leaflet] = []
    # Along the picture's trace of the mitral plane at ED.
    for valve, level, tissue, kind in (
        ("mitral", -1.0, "lv blood", WALL),
        ("mitral", -2.0, "rv blood", AROUND),
        ("aortic", 5.0, "aortic blood", ABOVE),
    ):
        down = (grid[2] + level) / -plane.down[2] if abs(plane.down[2]) > 0.2 else 0.0
        line = grid[:, None] + plane.down[:, None] * down + plane.across[:, None] * t
        # The line is brought to the level wanted: the picture may be turned in its plane.
        slope = plane.across[2] / -plane.down[2]
        line = line + plane.down[:, None] * (slope * t)
        ends = _ends(anatomy, line, tissue)
        if ends is not None:
            out += _pair(rng, carried(anatomy, line[:, ends], kind), valve)
    return tuple(out)


def _ends(anatomy: Anatomy, line: Array, tissue: str) -> list[int] | None:
    """First and last point of the longest stretch of a tissue on a line; None under 8 mm."""
    stack, _ = layers(anatomy, line[0], line[1], line[2], at_rest())
    top = np.full(line.shape[1], "", dtype="<U16")
    for layer in stack:
        if layer.tissue not in ("papillary", "trabeculae"):
            top[layer.depth > 0] = layer.tissue
    inside = np.concatenate([[False], top == tissue, [False]])
    edges = np.flatnonzero(np.diff(inside.astype(int)))
    stretches = sorted(zip(edges[::2], edges[1::2] - 1, strict=True), key=lambda s: s[0] - s[1])
    if not stretches or stretches[0][1] - stretches[0][0] < 32:
        return None
    return [int(stretches[0][0]), int(stretches[0][1])]


def _pair(rng: Random, hinges: Tissue, valve: str) -> list[Leaflet]:
    """Two leaflets that meet; the first is longer (the anterior one: Ho 2002, Heart 88 suppl IV:iv5)."""
    share = float(rng.uniform(0.52, 0.68))
    tent = float(rng.uniform(0.05, 0.4))
    wide = float(rng.uniform(1.0, 1.45))
    thick = float(rng.uniform(0.3, 1.1))
    return [
        Leaflet(
            hinges=hinges if side == 0 else hinges.take(np.array([1, 0])),
            reach=reach,
            closed=tent * (0.55 / max(reach, 0.3)),
            open=wide + float(rng.normal(0, 0.1)),
            bend=float(rng.uniform(-0.9, 0.3)),
            towards=-1.0 if valve == "aortic" else 1.0,
            valve=valve,
            across=rng.uniform(-thick, thick, _POINTS),
            amplitude=rng.standard_normal(_POINTS) + 0.5,
        )
        for side, reach in ((0, share), (1, 1.0 - share))
    ]
