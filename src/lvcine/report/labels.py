"""Where a label stands on a drawing: beside its point, off every curve and off the other labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lvcine.study import Array, Bools

_GAP = 9.0  # from the point to the text
_TRIED = 16  # directions around the point
_FARTHEST = 4  # times the gap
_LETTER, _LINE = 0.62, 1.1  # width of a bold letter and height of a line over the size of the type
_STEP = 2.0  # between the points at which a curve is looked at


@dataclass(frozen=True)
class Rectangle:
    """Of a text, in the units of the drawing; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    def holds(self, points: Array) -> Bools:
        """Which of the points (N, 2) as (x, y) lie inside."""
        x, y = points[:, 0] - self.left, points[:, 1] - self.top
        return np.asarray((x >= 0) & (x <= self.width) & (y >= 0) & (y <= self.height))

    def meets(self, other: Rectangle) -> bool:
        """Whether the two overlap."""
        return (
            abs(2 * (self.left - other.left) + self.width - other.width) < self.width + other.width
            and abs(2 * (self.top - other.top) + self.height - other.height) < self.height + other.height
        )


@dataclass
class Room:
    """The free room of a drawing: what lies in it already, and what has been written since.

    Attributes
    ----------
    area : Rectangle
        Labels stay inside.
    curves : sequence of ndarray, shape (N, 2)
        (x, y) along each line; parts with NaN are gaps.
    taken : list of Rectangle
        Labels that stand already.
    """

    area: Rectangle
    curves: Sequence[Array]
    taken: list[Rectangle] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._points = np.concatenate(
            [_along(np.asarray(c, float)) for c in self.curves] or [np.zeros((0, 2))]
        )

    def place(self, x: float, y: float, lines: Sequence[str], size: float) -> Rectangle:
        """Where lines of text in type of ``size`` stand beside (x, y): the nearest place that covers least.

        Above and below are tried before the sides.
        """
        width = max(len(line) for line in lines) * size * _LETTER
        height = len(lines) * size * _LINE
        best, least = None, np.inf
        for far in range(1, _FARTHEST + 1):
            for k in range(_TRIED):
                box = self._beside(x, y, width, height, far * _GAP, k)
                cost = self._cost(box) + 0.02 * far
                if cost < least - 1e-9:
                    best, least = box, cost
            if least < 0.5:
                break
        assert best is not None
        self.taken.append(best)
        return best

    def _beside(self, x: float, y: float, width: float, height: float, gap: float, k: int) -> Rectangle:
        # From straight up to both sides in turn: 0, +1, -1, +2, -2 ... sixteenths of a circle.
        turn = (k + 1) // 2 * (1 if k % 2 else -1) * 2 * np.pi / _TRIED
        across, up = np.sin(turn), np.cos(turn)
        middle_x, middle_y = x + across * (width / 2 + gap), y - up * (height / 2 + gap)
        left = min(max(middle_x - width / 2, self.area.left), self.area.left + self.area.width - width)
        top = min(max(middle_y - height / 2, self.area.top), self.area.top + self.area.height - height)
        return Rectangle(left, top, width, height)

    def _cost(self, box: Rectangle) -> float:
        return float(box.holds(self._points).sum()) + 1000.0 * sum(box.meets(other) for other in self.taken)


def _along(curve: Array) -> Array:
    """Points along a line, close to each other; none across a gap."""
    parts = [curve[np.isfinite(curve).all(1)]]
    for a, b in zip(curve[:-1], curve[1:], strict=True):
        if np.isfinite(a).all() and np.isfinite(b).all():
            count = int(np.hypot(*(b - a)) / _STEP)
            parts.append(a + (b - a) * (np.arange(1, count + 1) / (count + 1))[:, None])
    return np.concatenate(parts)
