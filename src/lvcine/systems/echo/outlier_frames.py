"""Frames in which the ventricle was found elsewhere than in most: interpolated from their neighbours."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation

from lvcine.study import F32, Bools
from lvcine.study.mask import CAVITY

AWAY, MISSED = 0.15, 0.75
"""A frame is an outlier where more than the first share of its cavity lies away from where most have it, or
where it misses more than the second share of that. True outlines of 195 virtual clips reach 0.08 and 0.70."""
NEAR = 12
"""Pixels of 256 about the usual cavity that a beating wall covers."""
MOST = 0.4
"""Where more frames than this share are outliers, nobody knows which are right: nothing is changed."""


def replace_outliers(likelihoods: F32) -> tuple[F32, Bools]:
    """Likelihoods (T, 4, rows, columns), outlier frames interpolated linearly from their neighbours.

    The left ventricle stays where it is while it beats. A net that takes the right one for it in some frames
    is right in the others.

    Returns
    -------
    F32, ndarray of bool, shape (T,)
        The likelihoods, and which frames were interpolated.
    """
    seen = likelihoods[:, CAVITY] > 0.5
    outlier = _outliers(seen)
    if not 0 < outlier.mean() <= MOST:
        return likelihoods, np.zeros(len(seen), bool)
    good = np.flatnonzero(~outlier)
    replaced = likelihoods.copy()
    for t in np.flatnonzero(outlier):
        later = int(np.searchsorted(good, t))
        before, after = good[max(later - 1, 0)], good[min(later, len(good) - 1)]
        share = 0.0 if after == before else (t - before) / (after - before)
        replaced[t] = (1 - share) * likelihoods[before] + share * likelihoods[after]
    return replaced, outlier


def _outliers(seen: Bools) -> Bools:
    """Of cavities (T, rows, columns)."""
    usual = seen.mean(0) > 0.5
    if not usual.any():
        return np.zeros(len(seen), bool)
    near = binary_dilation(usual, iterations=NEAR)
    size = np.maximum(seen.sum((1, 2)), 1)
    away = (seen & ~near).sum((1, 2)) / size
    missed = 1 - (seen & usual).sum((1, 2)) / usual.sum()
    return np.asarray((away > AWAY) | (missed > MISSED))
