"""From the net's curve over a free-running clip to its beats: which falls and rises explain it best.

Every frame belongs to a systole, a fall of (1 - u)^3, or to a diastole, a rise of v^(1/3)
(:mod:`~lvcine.systems.frames.target`); they alternate, each takes a time that hearts take, the first and
the last may lie partly outside of the clip. Over all such ways to divide the clip the forward and backward
sums give the likelihood of an event at each place (a semi-Markov model), and the best way the beats.

How likely a length is, is that of hearts at first, then mostly that of this clip's own other beats: systoles
of one person hardly differ, diastoles little. The rest stays with all hearts, so that an early beat, the
pause after it and atrial fibrillation are found where the curve shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lvcine.study import Array
from lvcine.systems.frames.target import target_of_clip

Own = tuple[float | None, float | None]
"""Usual length in ms of a clip's diastoles and of its systoles."""

FINE = 2
"""Places per frame at which ED and ES are tried."""
SYSTOLE_MS = (110.0, 560.0)
"""A third of the cycle at rest, half of it above 120 beats a minute."""
DIASTOLE_MS = (110.0, 1500.0)
HEARTS = ((550.0, 0.5), (330.0, 0.3))
"""Of diastole and of systole: median in ms and SD of the logarithm over hearts and rates; wide; ours."""
OWN_SD = (0.2, 0.12)
"""SD of the logarithm of one clip's diastoles and systoles about their median; ours."""
OWN = 0.8
"""Share of the lengths that are near the clip's own median; the others are as those of all hearts."""
RESOLVED_MS = 100.0
"""About how far an event can be moved and the curve still be explained. The best way stands for all that
differ by no more; without this a clip of more frames a second has fewer beats. Chosen:
docs/evidence/notebook-frames.md."""
NOISE = 0.15
"""SD of a value of the curve about its target; ours."""
TOGETHER_MS = 60.0
"""Time over which the net's errors hang together: neighbouring frames are no independent witnesses."""
FLAT = 0.12
"""Of the curve's spread, 10th to 90th percentile: beneath it nothing beats."""
ROUNDS = 3
"""Of height and offset: the curve is divided, brought to its targets, divided again."""


@dataclass(frozen=True)
class FoundBeat:
    """One beat whose ED and ES both lie in the clip.

    Attributes
    ----------
    ed, es : float
        Frames from 0, between frames too.
    end : float or None
        The ED after it; None where the clip ends before.
    confidence : float
        Likelihood that both lie within one frame of these, or 20 ms where frames are closer.
    """

    ed: float
    es: float
    end: float | None
    confidence: float


def beats_of(curve: Array, step_ms: float) -> tuple[FoundBeat, ...]:
    """All beats of a free-running clip that its ends do not cut.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        About 1 at ED, 0 at ES.
    step_ms : float
        Between frames.

    Returns
    -------
    tuple of FoundBeat
        In time order; empty where nothing beats.

    Examples
    --------
    >>> from lvcine.systems.frames.target import target_of_clip
    >>> eds, ess = np.array([4.0, 24.0, 44.0]), np.array([12.0, 32.0, 52.0])
    >>> curve = target_of_clip(np.arange(50.0), eds, ess)
    >>> [(b.ed, b.es, b.end) for b in beats_of(np.nan_to_num(curve, nan=0.9), 40.0)]
    [(4.0, 12.0, 24.0), (24.0, 32.0, 44.0)]
    """
    low, high = np.percentile(curve, [10, 90])
    if len(curve) < 4 or high - low < FLAT:
        return ()
    scaled = (curve - low) / (high - low)
    own: Own = (None, None)
    for _ in range(ROUNDS):
        model = _Model(scaled, step_ms, own)
        events = model.best()
        own = _own_lengths(events, len(curve) - 1.0, step_ms)
        explained = _curve_of(events, len(curve))
        design = np.stack([scaled, np.ones_like(scaled)], 1)
        (height, offset), *_ = np.linalg.lstsq(design, explained, rcond=None)
        scaled = height * scaled + offset if height > 0 else scaled
    model = _Model(scaled, step_ms, own)
    events = model.best()
    likely = model.likelihood()
    reach = max(1.0, 20.0 / step_ms)
    beats = []
    # An ES in the last frame is none: whether the fall had ended there was not seen.
    inside = [(place, kind) for place, kind in events if 0 <= place <= len(curve) - 2 + kind]
    for k, (place, kind) in enumerate(inside[:-1]):
        if kind != 1:
            continue
        es = inside[k + 1][0]
        end = inside[k + 2][0] if k + 2 < len(inside) else None
        confidence = min(model.near(likely, 1, place, reach), model.near(likely, 0, es, reach))
        beats.append(FoundBeat(place, es, end, confidence))
    return tuple(beats)


def _curve_of(events: list[tuple[float, int]], frames: int) -> Array:
    """The curve (T,) that these events would give."""
    eds, ess = (np.array([place for place, kind in events if kind == of]) for of in (1, 0))
    return np.nan_to_num(target_of_clip(np.arange(frames, dtype=float), eds, ess))


def _own_lengths(events: list[tuple[float, int]], last: float, step_ms: float) -> Own:
    """Median ms of the diastoles and of the systoles that lie in the clip; None of fewer than two."""
    spans: tuple[list[float], list[float]] = ([], [])
    for (start, kind), (end, _) in zip(events[:-1], events[1:], strict=True):
        if start >= 0 and end <= last:
            spans[kind].append((end - start) * step_ms)
    diastole, systole = (float(np.median(s)) if len(s) > 1 else None for s in spans)
    return diastole, systole


def _length_shares(ms: Array, kind: int, own_ms: float | None) -> Array:
    """Share of the segments of a kind that have each of these evenly spaced lengths."""
    hearts = _log_normal(ms, *HEARTS[kind])
    return hearts if own_ms is None else OWN * _log_normal(ms, own_ms, OWN_SD[kind]) + (1 - OWN) * hearts


def _log_normal(ms: Array, median: float, sd: float) -> Array:
    density = np.exp(-0.5 * (np.log(ms / median) / sd) ** 2) / (ms * sd * np.sqrt(2 * np.pi))
    return np.asarray((ms[1] - ms[0]) * density)


class _Model:
    """All ways to divide a curve into systoles and diastoles; place p is frame p / FINE + first.

    A cost is minus the logarithm of a likelihood.
    """

    def __init__(self, curve: Array, step_ms: float, own: Own) -> None:
        self.curve = curve
        per_ms = FINE / step_ms
        # Index 0: segments that begin at an ES (diastole); 1: at an ED (systole).
        limits = [[max(2, round(ms * per_ms)) for ms in both] for both in (DIASTOLE_MS, SYSTOLE_MS)]
        room = FINE * (len(curve) - 1)
        self.lengths = [range(low, max(low + 1, min(high, 2 * room)) + 1) for low, high in limits]
        self.margin = max(of[-1] for of in self.lengths)
        self.places = room + 1 + 2 * self.margin
        weight = min(1.0, step_ms / TOGETHER_MS) / (2 * NOISE**2)
        self.cost = []
        for kind, of in enumerate(self.lengths):
            shares = _length_shares(np.array(of) / per_ms, kind, own[kind])
            self.cost.append(weight * self._misfit(kind) - np.log(np.maximum(shares, 1e-300))[:, None])
        self.resolved = np.log(max(1.0, RESOLVED_MS * per_ms))
        self._sum()

    def _misfit(self, kind: int) -> Array:
        """Squared distance (length, start) of the curve from a segment; frames outside count nothing."""
        lengths = np.array(self.lengths[kind])[:, None]
        since = np.arange(lengths[-1, 0])
        inside = (since < lengths).astype(float)
        share = np.minimum(since / lengths, 1.0)
        target = inside * (np.cbrt(share) if kind == 0 else (1 - share) ** 3)
        seen, values = np.zeros((2, self.places + len(since)))
        frames = np.arange(len(self.curve)) * FINE + self.margin
        seen[frames], values[frames] = 1.0, self.curve
        # (value - target)^2 summed over the frames inside, as three products: no loop over the lengths.
        ones, first, second = (
            sliding_window_view(of, len(since))[: self.places].T for of in (seen, values, values**2)
        )
        out = np.maximum(inside @ second - 2 * target @ first + target**2 @ ones, 0.0)
        touches = (inside @ ones > 0.5) & (np.arange(self.places) < self.places - lengths)
        return np.where(touches, out, np.inf)

    def _first(self) -> int:
        """Places up to here may be the first event: nothing of the clip lies before."""
        return self.margin + 1

    def _sum(self) -> None:
        """Forward and backward: best costs with their way, and log sums."""
        shape = (2, self.places)
        self.least, self.log_before = np.full(shape, np.inf), np.full(shape, -np.inf)
        self.way = np.zeros(shape, int)
        self.least[:, : self._first()] = 0.0
        self.log_before[:, : self._first()] = 0.0
        for place in range(1, self.places):
            for kind in (0, 1):  # the event here is of the other kind than the one that began the segment
                lengths, cost = self.lengths[kind], self.cost[kind]
                starts = place - np.arange(lengths[0], lengths[-1] + 1)
                rows = np.flatnonzero(starts >= 0)
                if not len(rows):
                    continue
                own = cost[rows, starts[rows]]
                total = self.least[kind, starts[rows]] + own - self.resolved
                best = int(total.argmin())
                if total[best] < self.least[1 - kind, place] and place >= self._first():
                    self.least[1 - kind, place] = total[best]
                    self.way[1 - kind, place] = starts[rows[best]]
                if place >= self._first():
                    terms = self.log_before[kind, starts[rows]] - own
                    self.log_before[1 - kind, place] = np.logaddexp.reduce(terms)
        last = self.margin + FINE * (len(self.curve) - 1)
        self.log_after = np.full(shape, -np.inf)
        self.log_after[:, last + 1 :] = 0.0
        for place in range(last, -1, -1):
            for kind in (0, 1):
                lengths, cost = self.lengths[kind], self.cost[kind]
                ends = place + np.arange(lengths[0], lengths[-1] + 1)
                rows = np.flatnonzero(ends < self.places)
                if len(rows):
                    terms = self.log_after[1 - kind, ends[rows]] - cost[rows, place]
                    self.log_after[kind, place] = np.logaddexp.reduce(terms)
        self.last = last

    def best(self) -> list[tuple[float, int]]:
        """(frame, kind) of every event of the best way, in order; kind 1 is ED, 0 is ES."""
        beyond = self.least[:, self.last + 1 :]
        kind, place = np.unravel_index(int(beyond.argmin()), beyond.shape)
        at, of = int(place) + self.last + 1, int(kind)
        events = [(at, of)]
        while at >= self._first():
            at, of = int(self.way[of, at]), 1 - of
            events.append((at, of))
        return [((at - self.margin) / FINE, of) for at, of in reversed(events)]

    def likelihood(self) -> Array:
        """Of an event (kind, place), summed over every way to divide the clip."""
        both = self.log_before + self.log_after
        return np.asarray(np.exp(both - np.logaddexp.reduce(self.log_before[:, self.last + 1 :], axis=None)))

    def near(self, likely: Array, kind: int, frame: float, reach: float) -> float:
        """Likelihood of an event of ``kind`` within ``reach`` frames of ``frame``."""
        places = (np.arange(self.places) - self.margin) / FINE
        return float(min(1.0, likely[kind, np.abs(places - frame) <= reach + 1e-9].sum()))
