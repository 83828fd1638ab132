"""Labels of every frame from those of a few: outlines, point by point along their length, over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.path import Path as Polygon
from scipy.ndimage import gaussian_filter

from lvcine.localise.outline import outline
from lvcine.study import CAVITY, LEFT_ATRIUM, MYOCARDIUM, U8, Array, Bools, Whole

POINTS = 128
_TOGETHER = ((MYOCARDIUM, (CAVITY, MYOCARDIUM)), (CAVITY, (CAVITY,)), (LEFT_ATRIUM, (LEFT_ATRIUM,)))
"""Label, and the structures inside its outline; painted in this order."""


def between(labels: U8, at: Sequence[int] | Whole, frames: int, unknown: int = 255) -> U8:
    """Labels (frames, Y, X) from those of the frames ``at``.

    Parameters
    ----------
    labels : ndarray of uint8, shape (K, Y, X)
    at : sequence or array of int
        Increasing.
    frames : int
    unknown : int
        Label of frames before the first and after the last.

    Returns
    -------
    ndarray of uint8
        The frames ``at`` as they are. A structure that lacks in one of two neighbours lacks between them.
    """
    out = np.full((frames, *labels.shape[1:]), unknown, np.uint8)
    lines = [{label: _line(np.isin(one, inside)) for label, inside in _TOGETHER} for one in labels]
    for k, t in enumerate(at):
        out[t] = labels[k]
        if k + 1 == len(at):
            break
        for between_them in range(t + 1, at[k + 1]):
            share = (between_them - t) / (at[k + 1] - t)
            out[between_them] = 0
            for label, _ in _TOGETHER:
                a, b = lines[k][label], lines[k + 1][label]
                if a is not None and b is not None:
                    inside = _filled((1 - share) * a + share * _aligned(b, a), labels.shape[1:])
                    free = out[between_them] == 0 if label == LEFT_ATRIUM else inside
                    out[between_them][inside & free] = label
    return out


def _line(mask: Bools) -> Array | None:
    """Outline (POINTS, 2) as (y, x), evenly spaced, running one way round."""
    points = outline(np.asarray(gaussian_filter(mask.astype(np.float32), 0.7) - 0.5, np.float32))
    if points is None or len(points) < 4:
        return None
    y, x = points.T
    if (y * np.roll(x, -1) - x * np.roll(y, -1)).sum() < 0:
        points = points[::-1]
    closed = np.vstack([points, points[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    even = np.linspace(0.0, along[-1], POINTS, endpoint=False)
    return np.stack([np.interp(even, along, closed[:, k]) for k in (0, 1)], 1)


def _aligned(line: Array, to: Array) -> Array:
    """The line begun at the point that brings it nearest to another."""
    distances = [((np.roll(line, -k, 0) - to) ** 2).sum() for k in range(0, POINTS, 2)]
    return np.roll(line, -2 * int(np.argmin(distances)), 0)


def _filled(line: Array, shape: tuple[int, ...]) -> Bools:
    y, x = np.indices(shape)
    inside = Polygon(line).contains_points(np.stack([y.ravel(), x.ravel()], 1))
    return np.asarray(inside.reshape(shape))
