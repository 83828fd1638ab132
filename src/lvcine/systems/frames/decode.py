"""From the net's curve to ED and ES: the paper's extremes, or the target that fits the whole curve best."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lvcine.study import Array
from lvcine.systems.frames.target import target_curve

FINE = 4
"""Places per frame at which ED and ES are tried."""
SYSTOLE = (0.2, 0.65)
"""Share of the cycle that systole may take; a third at rest, half of it above 120 beats a minute."""
DOUBTS = (0.0, 0.03, 0.06, 0.09)
"""SD, as shares of the cycle, by which targets are blurred: a net that learned from squares answers with the
mean over all times that it deems possible. The one that fits best is taken."""
NOISE = 0.12
"""SD of a value of the curve about its target, for the confidence; ours, on hearts kept for choosing."""


@dataclass(frozen=True)
class Found:
    """ED and ES of a closed cycle.

    Attributes
    ----------
    ed, es : float
        Frames from 0, between frames too.
    confidence : float
        Posterior share of the pairs that lie within one frame of these.
    """

    ed: float
    es: float
    confidence: float

    def frames(self, count: int) -> tuple[int, int]:
        """The nearest frames of ``count``."""
        return nearest(self.ed, count), nearest(self.es, count)


def nearest(place: float, count: int) -> int:
    """The nearest of ``count`` frames; halves go up, so that a cine that begins later answers alike.

    Examples
    --------
    >>> nearest(4.5, 20), nearest(7.5, 20), nearest(19.5, 20)
    (5, 8, 0)
    """
    return math.floor(place + 0.5) % count


def extremes(curve: Array) -> tuple[int, int]:
    """Frames of the largest and of the smallest value, as in the paper."""
    return int(curve.argmax()), int(curve.argmin())


def best_fit(curve: Array) -> Found:
    """The ED and ES whose target curve lies nearest to the whole curve.

    Height and offset of the curve are free: a net that is unsure draws it flat.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        One closed cycle, T >= 3.
    """
    frames = len(curve)
    places = np.arange(frames * FINE) / FINE
    shares = np.arange(int(np.ceil(SYSTOLE[0] * frames * FINE)), int(SYSTOLE[1] * frames * FINE) + 1)
    # One target per length of systole, on the fine places; those of another ED are the same, turned.
    sharp = np.stack([target_curve(frames * FINE, 0.0, float(share)) for share in shares])
    fine = np.concatenate([_blurred(sharp, doubt * frames * FINE) for doubt in DOUBTS])
    shares = np.tile(shares / FINE, len(DOUBTS))
    own = curve - curve.mean()
    left = np.stack([_left(own, np.roll(fine, turn, 1)[:, ::FINE]) for turn in range(frames * FINE)])
    best = np.unravel_index(int(left.argmin()), left.shape)
    ed, es = float(places[best[0]]), float((places[best[0]] + shares[best[1]]) % frames)
    likely = np.exp(-(left - left.min()) / (2 * NOISE**2))
    all_es = (places[:, None] + shares[None]) % frames
    near = (_cyclic_distance(places, ed, frames)[:, None] <= 1) & (_cyclic_distance(all_es, es, frames) <= 1)
    return Found(ed, es, float(likely[near].sum() / likely.sum()))


def _left(own: Array, wanted: Array) -> Array:
    """Squares of a curve (T,) about 0 that targets (shares, T) leave, each at its best height and offset."""
    rest = wanted - wanted.mean(-1, keepdims=True)
    along = rest @ own
    return np.asarray((own**2).sum() - np.where(along > 0, along**2 / (rest**2).sum(-1), 0.0))


def _blurred(targets: Array, spread: float) -> Array:
    return gaussian_filter1d(targets, spread, axis=1, mode="wrap") if spread else targets


def _cyclic_distance(a: Array, b: float, frames: int) -> Array:
    return np.minimum((a - b) % frames, (b - a) % frames)
