"""Beats of a free-running clip from a curve that falls in systole and rises in diastole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lvcine.errors import MeasureError
from lvcine.study import Array, Whole

SMOOTH_MS = 25.0
"""SD of the smoothing before extremes are sought: less than isovolumic times (50-100 ms)."""
SHORTEST_MS, LONGEST_MS = 280.0, 2000.0
"""Of a beat: 214 and 30 beats a minute."""
STROKE = 0.35
"""Share of the clip's usual stroke that a beat must have; a weak ectopic beat has about half of it."""
TURNED = 0.03
"""Share of the stroke that must have been filled again before the clip ends for ES to lie in it."""
PLATEAU = 0.03
"""Share of the stroke: on the plateau before ejection the last frame that is nearly as full is ED."""


@dataclass(frozen=True)
class BeatFrames:
    """One beat whose ED and ES both lie in the clip; frames from 0."""

    ed_frame: int
    es_frame: int


def find_beats(curve: Array, times_ms: Array) -> tuple[BeatFrames, ...]:
    """All beats of a clip, none of which is cut by its ends.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        Area or volume of the cavity; NaN where it was not found.
    times_ms : ndarray, shape (T,)
        Increasing.

    Returns
    -------
    tuple of BeatFrames
        In time order; of two frames ED is the larger one. Empty where nothing beats.

    Raises
    ------
    MeasureError
        Fewer than two frames with a value.
    """
    known = np.flatnonzero(np.isfinite(curve))
    if len(known) < 2:
        raise MeasureError("fewer than two frames in which the ventricle was found")
    if len(curve) == 2:
        return (BeatFrames(int(np.argmax(curve)), int(np.argmin(curve))),)
    step = float(np.median(np.diff(times_ms)))
    filled = np.interp(np.arange(len(curve)), known, curve[known])
    smooth = gaussian_filter1d(filled, SMOOTH_MS / step, mode="nearest") if step < 4 * SMOOTH_MS else filled
    stroke = float(np.percentile(smooth, 95) - np.percentile(smooth, 5))
    if not stroke > 0:
        return ()
    period = _period(smooth, step)
    distance = max(1, int(0.45 * period / step))
    # Beyond its ends the clip is taken as full, so that a low near an end is a low; whether the end
    # merely cut a fall is asked below.
    framed = np.pad(smooth, 1, constant_values=float(smooth.max()))
    lows = _peaks(-framed, prominence=STROKE * stroke, distance=distance) - 1
    beats = []
    before = 0
    for low in lows:
        start = max(before, low - int(LONGEST_MS / step))
        top = float(smooth[start : low + 1].max())
        full = np.flatnonzero(smooth[start : low + 1] >= top - PLATEAU * (top - smooth[low]))
        ed = start + int(full[-1])
        seen_from_its_start = ed > 0 and (before > 0 or _rises_before(smooth, ed, PLATEAU * stroke))
        turned = float(smooth[low:].max() - smooth[low]) >= TURNED * stroke
        if turned and seen_from_its_start and top - smooth[low] >= STROKE * stroke:
            beats.append(BeatFrames(ed, int(low)))
        before = int(low)
    return tuple(beats)


def _rises_before(smooth: Array, ed: int, least: float) -> bool:
    """Whether the first ED of a clip is a top or a plateau, not merely where a fall was cut."""
    return bool(smooth[ed] - smooth[: ed + 1].min() >= least or ed >= 2)


def _period(smooth: Array, step_ms: float) -> float:
    """Usual length of a beat in ms by autocorrelation; the clip's length where it holds less than two."""
    rest = smooth - smooth.mean()
    full = np.correlate(rest, rest, "full")[len(rest) - 1 :]
    overlap = full / np.arange(len(rest), 0, -1)
    shortest, longest = int(np.ceil(SHORTEST_MS / step_ms)), int(min(LONGEST_MS / step_ms, 0.75 * len(rest)))
    if longest <= shortest + 2:
        return step_ms * len(rest)
    peaks = _peaks(overlap[: longest + 1])
    peaks = peaks[(peaks >= shortest) & (overlap[peaks] > 0.3 * overlap[0])]
    return float(peaks[0] * step_ms) if len(peaks) else step_ms * len(rest)


def _peaks(values: Array, **bounds: float) -> Whole:
    # Loaded here: half a second that a short-axis study does without.
    from scipy.signal import find_peaks

    return np.asarray(find_peaks(values, **bounds)[0])
