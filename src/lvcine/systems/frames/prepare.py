"""What moves in a clip, cut out and brought to the net's size: the same for every view and scanner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label

from lvcine.localise import Window
from lvcine.study import F32, Whole

BLUR = 0.04
"""Of the map of what moves, as a share of the picture: the heart is a large thing."""
MOVING = 0.35
"""Share of the strongest movement from which a place belongs to the heart."""
AROUND = 2.0
"""Side of the cut over the heart's extent."""
LEAST, MOST = 0.3, 1.0
"""Side of the cut over the picture's shorter side."""


def heart_window(clip: NDArray[np.generic], size: int) -> Window:
    """The square that holds what moves.

    Parameters
    ----------
    clip : ndarray, shape (T, Y, X)
    size : int
        Rows and columns of the net's input.

    Returns
    -------
    Window
        The picture's middle where nothing moves.
    """
    rows, columns = clip.shape[1:]
    short = float(min(rows, columns))
    spread = np.asarray(clip, np.float32).std(0)
    heat = gaussian_filter(spread, BLUR * short)
    heat = np.maximum(heat - np.median(heat), 0)
    middle, side = ((rows - 1) / 2.0, (columns - 1) / 2.0), short
    if heat.max() > 0:
        regions, _ = label(heat > MOVING * heat.max())
        best = regions == regions[np.unravel_index(int(heat.argmax()), heat.shape)]
        ys, xs = np.nonzero(best)
        weight = heat[ys, xs]
        middle = (float((ys * weight).sum() / weight.sum()), float((xs * weight).sum() / weight.sum()))
        extent = 4.0 * float(np.sqrt(max(_variance(ys, weight), _variance(xs, weight))))
        side = float(np.clip(AROUND * extent, LEAST * short, MOST * short))
    return Window(middle, (size, size), (side / size, side / size))


def as_input(clip: NDArray[np.generic], window: Window) -> F32:
    """Frames (T, Y, X) -> (T, size, size): the clip's percentiles 1 and 99 are 0 and 1."""
    return scaled(window.resample(clip))


def scaled(clip: F32) -> F32:
    """Percentiles 1 and 99 of a clip (T, Y, X) to 0 and 1, clipped to -0.2 .. 2."""
    low, high = np.percentile(clip[:: max(1, len(clip) // 8)], [1.0, 99.0])
    return np.asarray(
        np.clip((clip - np.float32(low)) / np.float32(max(high - low, 1e-6)), -0.2, 2.0), np.float32
    )


def _variance(values: Whole, weight: F32) -> float:
    mean = (values * weight).sum() / weight.sum()
    return float((weight * (values - mean) ** 2).sum() / weight.sum())
