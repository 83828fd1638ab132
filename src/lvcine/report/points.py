"""Contours, points and arrays as ``contours.json`` has them, to and fro.

What is no contour or of another number of frames raises ValueError, which its reader turns into one error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lvcine.report.tables import plain
from lvcine.study import Array, Contour

_DIGITS = 3
"""Of a pixel coordinate: a thousandth of a pixel changes no number that is printed."""

Contours = tuple[tuple[Contour | None, ...], ...]


def hinges_json(hinges: Sequence[Any]) -> list[Any]:
    """Hinge points of every frame, null where there are none."""
    return [None if p is None else np.round(np.stack(p), _DIGITS).tolist() for p in hinges]


def contours_json_of(contours: Contours) -> list[list[list[float] | None]]:
    """Contours by slice and frame, null where there is none."""
    return [
        [None if c is None else np.round(c.points, _DIGITS).ravel().tolist() for c in frames]
        for frames in contours
    ]


def nested(values: Any) -> Any:
    """Nested lists, null where a number is not known."""
    if values is None:
        return None
    if np.ndim(values) > 1:
        return [nested(part) for part in values]
    return [plain(float(v)) for v in values]


def contour(line: Sequence[float] | None) -> Contour | None:
    """A contour of its line."""
    if line is None:
        return None
    points = np.asarray(line, float).reshape(-1, 2)
    if len(points) < 3 or not np.isfinite(points).all():
        raise ValueError("contour")
    return Contour(points)


def pair(pair: Any) -> tuple[Array, Array] | None:
    """Both hinge points of a frame."""
    if pair is None:
        return None
    first, second = np.asarray(pair, float).reshape(2, 2)
    return first, second


def row(lines: Sequence[Any], shape: tuple[int, ...]) -> tuple[Contour | None, ...]:
    """Contours of every frame of a clip, or none at all."""
    if len(lines) not in (0, shape[1]):
        raise ValueError("contours of other frames")
    return tuple(contour(line) for line in lines)


def array(values: Any) -> Array | None:
    """An array; None of null."""
    return None if values is None else np.asarray(values, float)
