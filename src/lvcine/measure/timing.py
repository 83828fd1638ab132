"""One time axis for the whole stack, though every breath-hold has its own heart rate."""

from __future__ import annotations

import numpy as np

from lvcine.study import Array, Cine


def frame_times_ms(cine: Cine) -> tuple[Array | None, float | None]:
    """Times of the frames, and the length of the cycle, that stand for all slices.

    Returns
    -------
    times_ms : ndarray, shape (T,), or None
        Where each slice's cycle is known, the median *share* of the cycle over slices,
        times the median cycle: a frame is the same moment of the heart in every slice,
        not the same millisecond. None where any frame's time is not known.
    cycle_ms : float or None

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> g = Geometry.stack(slices=2, spacing_mm=(1.5, 1.5), step_mm=10.0)
    >>> beats = np.array([800.0, 1000.0])
    >>> times = np.arange(4) / 4 * beats[:, None]
    >>> frame_times_ms(Cine(np.zeros((2, 4, 8, 8)), g, times, beats))
    (array([  0., 225., 450., 675.]), 900.0)
    """
    cycles = cine.cycle_ms
    known = cycles is not None and bool(np.isfinite(cycles).any())
    cycle = float(np.nanmedian(cycles)) if cycles is not None and known else None
    if cine.times_ms is None or not np.isfinite(cine.times_ms).any(axis=0).all():
        return None, cycle
    if cycles is None or cycle is None:
        return np.nanmedian(cine.times_ms, axis=0), None
    share = cine.times_ms / cycles[:, None]
    if not np.isfinite(share).any(axis=0).all():
        return np.nanmedian(cine.times_ms, axis=0), cycle
    return np.nanmedian(share, axis=0) * cycle, cycle


def mean_frame_step_ms(cine: Cine) -> float | None:
    """Mean time between neighbouring frames, from their times or from the length of the cycle.

    Examples
    --------
    >>> from lvcine.study import Geometry
    >>> g = Geometry.stack(1, (1.0, 1.0), 8.0)
    >>> mean_frame_step_ms(Cine(np.zeros((1, 20, 2, 2)), g, cycle_ms=np.array([900.0])))
    45.0
    """
    times, cycle = frame_times_ms(cine)
    if times is not None and len(times) > 1:
        return float(np.diff(times).mean())
    return None if cycle is None or cine.phases_only else cycle / cine.frames
