"""The curve that the net learns: 1 at ED, down to 0 at ES, up again.

Kong et al. 2016, "Recognizing end-diastole and end-systole frames via deep temporal regression network"
(MICCAI, doi:10.1007/978-3-319-46726-9_31), eq. 4 with diastole divided by its own length: as printed,
by that of systole, the curve passes 1 and jumps where the cycle closes.
"""

from __future__ import annotations

import numpy as np

from lvcine.study import Array


def target_curve(frames: int, ed: float, es: float) -> Array:
    """One closed cycle.

    Parameters
    ----------
    frames : int
    ed, es : float
        Frames from 0, in either order; fractions where ED or ES lies between frames.

    Returns
    -------
    ndarray, shape (frames,)
        (1 - u)^3 over systole, v^(1/3) over diastole; u and v run from 0 to 1.

    Examples
    --------
    >>> target_curve(8, 0, 4).round(2)
    array([1.  , 0.42, 0.12, 0.02, 0.  , 0.63, 0.79, 0.91])
    """
    k = np.arange(frames, dtype=np.float64)
    systole = (es - ed) % frames
    since_ed = (k - ed) % frames
    u = since_ed / systole
    v = ((k - es) % frames) / (frames - systole)
    return np.where(since_ed < systole, (1 - np.minimum(u, 1)) ** 3, np.cbrt(v))


def target_of_clip(times: Array, eds: Array, ess: Array) -> Array:
    """The same over the beats of a free-running clip; NaN before the first and after the last event.

    Parameters
    ----------
    times : ndarray, shape (T,)
        Of the frames, in any unit.
    eds, ess : ndarray
        Times of every ED and every ES, each increasing; they alternate.
    """
    events = sorted([(float(t), 1.0) for t in eds] + [(float(t), 0.0) for t in ess])
    out = np.full(len(times), np.nan)
    for (start, kind), (end, _) in zip(events[:-1], events[1:], strict=True):
        inside = (times >= start) & (times <= end)
        share = (times[inside] - start) / (end - start)
        out[inside] = (1 - share) ** 3 if kind == 1.0 else np.cbrt(share)
    return out
