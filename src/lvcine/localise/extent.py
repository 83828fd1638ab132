"""Which slices hold the ventricle in every frame: one decision over the whole stack and cycle.

A net judges a slice from its neighbours. At the base that is not enough: at ES the atrium comes down into
slices that were ventricle at ED, as bright and as round as it. What tells them apart is seen over the
stack and the cycle: an atrium's wall is thin where the next slice's is thick, and its cavity does not shrink
when the ventricle does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

from lvcine.errors import UsageError
from lvcine.study import F32, Array, Bools

NAMES = (
    "ring",
    "wall beside the next slice's",
    "shrinks beside the next slice",
    "wall beside its own at ED",
    "not at ED",
)
"""What :func:`evidence` sees of a slice."""
WEIGHTS = (1.9, 1.1, 2.15, -0.58, 0.83, 0.0)
"""Log-odds: a constant and one for each of :data:`NAMES`; fitted by ``benchmarks/extent.py``."""
FEWEST = 8
"""Frames of a cycle in which the base is made steady."""
MOST = 1.5
"""Limit of a logarithm of ratios."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """What a stack's slices hold; arrays (Z, T), areas in mm2.

    Attributes
    ----------
    cavity, wall : areas
    ring : share of the cavity's outline that has wall beside it
    """

    cavity: Array
    wall: Array
    ring: Array

    @property
    def thickness_mm(self) -> Array:
        """Of the wall, as if cavity and wall were circles around one middle."""
        return np.asarray(np.sqrt((self.cavity + self.wall) / np.pi) - np.sqrt(self.cavity / np.pi))


def sizes_of(cavity: Bools, lv: Bools, pixel_mm: float) -> Sizes:
    """Sizes of masks (Z, T, Y, X) of the cavity and of cavity and wall."""
    ring = np.zeros(cavity.shape[:2])
    for z, t in np.argwhere(cavity.any((2, 3))):
        rim = binary_dilation(cavity[z, t]) & ~cavity[z, t]
        ring[z, t] = lv[z, t][rim].mean()
    pixel = pixel_mm**2
    inside = np.asarray(cavity.sum((2, 3)) * pixel, float)
    return Sizes(inside, np.asarray(lv.sum((2, 3)) * pixel - inside, float), ring)


def evidence(sizes: Sizes) -> Array:
    """What speaks for ventricle in every slice and frame, (Z, T, 5): :data:`NAMES`; slices from base to apex.

    A slice is held against the next one towards the apex, in the same frame and in the frame of the largest
    cavity; the last slice against itself.
    """
    ed = int(sizes.cavity.sum(0).argmax())
    thickness = sizes.thickness_mm
    nearer = np.append(np.arange(1, len(thickness)), len(thickness) - 1)
    shrunk = _log_ratio(sizes.cavity, sizes.cavity[:, ed : ed + 1], 20.0)
    return np.stack(
        [
            sizes.ring,
            _log_ratio(thickness, thickness[nearer], 1.0),
            np.clip(shrunk - shrunk[nearer], -MOST, MOST),
            _log_ratio(thickness, thickness[:, ed : ed + 1], 1.0),
            np.broadcast_to(sizes.cavity[:, ed : ed + 1] <= 0, thickness.shape).astype(float),
        ],
        -1,
    )


def likelihood_of(sizes: Sizes) -> F32:
    """Likelihood (Z, T) that a slice is ventricle, where it holds a cavity; 1 from the largest slice on.

    Examples
    --------
    >>> cavity = np.array([[900.0, 900.0], [1500.0, 700.0], [1400.0, 600.0]])
    >>> wall = np.array([[900.0, 150.0], [900.0, 1000.0], [900.0, 1000.0]])
    >>> p = likelihood_of(Sizes(cavity, wall, np.ones((3, 2))))
    >>> bool(p[0, 0] > 0.5 > p[0, 1])
    True
    """
    odds = WEIGHTS[0] + evidence(sizes) @ np.asarray(WEIGHTS[1:])
    likelihood = 1.0 / (1.0 + np.exp(-odds))
    likelihood[largest(sizes) :] = 1.0
    return np.where(sizes.cavity > 0, likelihood, 1.0).astype(np.float32)


def largest(sizes: Sizes) -> int:
    """The slice that is ventricle beyond doubt: the one with the most wall over the cycle."""
    return int(sizes.wall.sum(1).argmax())


def held(likelihood: F32, closed: bool) -> Bools:
    """Slices (Z, T) that are kept: all below the first doubtful one, seen from the apex.

    Where the frames close a cycle the base does not come and go within three of them.
    """
    likely = np.asarray(likelihood >= 0.5)
    if closed and likely.shape[1] >= FEWEST:
        votes = sum(np.roll(likely, step, 1).astype(int) for step in (-1, 0, 1))
        likely = np.asarray(votes >= 2)
    return np.asarray(np.logical_and.accumulate(likely[::-1], 0)[::-1])


@dataclass(frozen=True)
class Stated:
    """Slices that the user says are the ventricle's first and last, from 0 in the scan's order.

    Attributes
    ----------
    base, apex : (int, int) or None
        At ED and at ES.
    """

    base: tuple[int, int] | None = None
    apex: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.base is not None or self.apex is not None

    def check(self, slices: int) -> None:
        """Raise where a stated slice is not in the stack.

        Raises
        ------
        UsageError
        """
        for name, pair in (("base", self.base), ("apex", self.apex)):
            for z in pair or ():
                if not 0 <= z < slices:
                    raise UsageError(f"{name} at slice {z} of a cine with slices 0 to {slices - 1}")
        if self.base and self.apex:
            ways = {int(np.sign(b - a)) for b, a in zip(self.apex, self.base, strict=True)}
            if ways >= {1, -1}:
                raise UsageError(
                    f"base {self.base} and apex {self.apex} change sides between ED and ES",
                    advice="give the slice at ED first, then the one at ES",
                )

    def allowed(self, sizes: Sizes, back: Callable[[int], int]) -> Bools:
        """Slices (Z, T) between both, base first; ``back`` gives a slice's number in the scan's order.

        Between ED and ES an end goes with the cavity of the slices that are the ventricle's at both.
        """
        count, frames = sizes.cavity.shape
        first, last = (_turned(self.base, back, 0), _turned(self.apex, back, count - 1))
        if first[0] > last[0]:  # the stack was taken for the other way round: the user knows better
            first, last = last, first
        sure = sizes.cavity[max(first) : max(min(last) + 1, max(first) + 1)].sum(0)
        squeeze = (sure.max() - sure) / max(float(sure.max() - sure.min()), 1e-6)
        slices = np.arange(count)[:, None]
        low, high = (np.round(ed + squeeze * (es - ed)) for ed, es in (first, last))
        return np.asarray((slices >= low) & (slices <= high) & (np.ones(frames) > 0))


NOTHING = Stated()
"""The user says nothing: decided from the pictures."""


def _turned(stated: tuple[int, int] | None, back: Callable[[int], int], end: int) -> tuple[int, int]:
    """Stated slices, base first; the stack's own end where nothing was said."""
    return (back(stated[0]), back(stated[1])) if stated is not None else (end, end)


def _log_ratio(a: Array, b: Array, least: float) -> Array:
    return np.clip(np.log((a + least) / (b + least)), -MOST, MOST)
