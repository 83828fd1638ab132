"""From resampled slices to the net's input: the one preprocessing of training and use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lvcine.study import F32


def normalise(clip: NDArray[np.generic]) -> F32:
    """Percentiles 1 and 99 of a clip (frames, slices, Y, X) to 0 and 1, clipped to -0.2 .. 2."""
    flat = np.asarray(clip, np.float32).ravel()
    low, high = np.percentile(flat[:: max(1, flat.size // 20000)], [1.0, 99.0])
    scaled = (np.asarray(clip, np.float32) - np.float32(low)) / np.float32(max(high - low, 1e-6))
    return np.clip(scaled, -0.2, 2.0)


def with_neighbours(stack: NDArray[np.generic], z: int) -> NDArray[np.generic]:
    """Slice z between its neighbours: (Z, T, Y, X) -> (T, 3, Y, X); the stack's ends see zeros."""
    blank = np.zeros_like(stack[0])
    before = stack[z - 1] if z > 0 else blank
    after = stack[z + 1] if z + 1 < len(stack) else blank
    return np.stack([before, stack[z], after], axis=1)
