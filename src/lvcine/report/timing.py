"""When each frame was taken, as one axis for all slices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lvcine.study import Cine


def frame_times_ms(cine: Cine) -> NDArray[np.float64] | None:
    """Time of each frame after the R wave, mean over the slices, shape (T,); None if not known."""
    if cine.times_ms is None or not np.isfinite(cine.times_ms).all(axis=0).all():
        return None
    return np.asarray(cine.times_ms.mean(axis=0), float)


def frame_step_ms(cine: Cine) -> float | None:
    """Mean time between neighbouring frames, from the times or from the cycle's length.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> g = Geometry.stack(1, (1.0, 1.0), 8.0)
    >>> frame_step_ms(Cine(np.zeros((1, 20, 2, 2)), g, cycle_ms=np.array([900.0])))
    45.0
    """
    times = frame_times_ms(cine)
    if times is not None and len(times) > 1:
        return float(np.diff(times).mean())
    if cine.cycle_ms is None or cine.phases_only or not np.isfinite(cine.cycle_ms).any():
        return None
    return float(np.nanmean(cine.cycle_ms)) / cine.frames
