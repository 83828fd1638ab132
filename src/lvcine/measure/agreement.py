"""Agreement with a reference: overlap and distance of contours, correlation, intervals over subjects.

What failed is counted, never skipped: an empty mask has no distance to anything, and a
mean that leaves it out silently flatters. Every summary says ``n`` and ``n_failed``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lvcine.errors import MeasureError
from lvcine.study import Array, Bools, Contour

_STEP_MM = 0.25  # between the points of a contour that distances are taken at


def dice(a: Bools, b: Bools) -> float:
    """Overlap of two masks, 2 |a and b| / (|a| + |b|), of any shape.

    0 where one of them is empty; NaN where both are: there is nothing to agree on.

    Examples
    --------
    >>> dice(np.array([1, 1, 0], bool), np.array([0, 1, 1], bool))
    0.5
    """
    a, b = np.asarray(a, bool), np.asarray(b, bool)
    if a.shape != b.shape:
        raise MeasureError(f"masks of shape {a.shape} and {b.shape} cannot be compared")
    total = int(a.sum()) + int(b.sum())
    return float(2 * (a & b).sum() / total) if total else float("nan")


def hausdorff_mm(a: Contour | None, b: Contour | None) -> float:
    """Largest distance from either contour to the other, in the contours' unit (mm).

    NaN where one is missing.
    """
    if a is None or b is None:
        return float("nan")
    return max(_farthest(a, b), _farthest(b, a))


def average_perpendicular_distance_mm(automatic: Contour | None, manual: Contour | None) -> float:
    """Mean distance from the automatic contour, along its whole length, to the manual one.

    Point to line, not point to point: the number of vertices does not matter. NaN
    where one contour is missing.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [0.0, 40.0], [40.0, 40.0], [40.0, 0.0]])
    >>> inner = Contour(0.9 * (square - 20) + 20)
    >>> round(average_perpendicular_distance_mm(inner, Contour(square)), 6)
    2.0
    """
    if automatic is None or manual is None:
        return float("nan")
    return float(_distances(_evenly_along(automatic.points), manual.points).mean())


@dataclass(frozen=True)
class Summary:
    """Mean (SD) with its 95 % interval over subjects.

    Attributes
    ----------
    mean, sd, low, high : float
        NaN where nothing could be measured; the interval also where one subject only.
    n, n_failed, subjects : int
        Values that count, values that could not be had (NaN), subjects with any value.
    """

    mean: float
    sd: float
    low: float
    high: float
    n: int
    n_failed: int
    subjects: int


def summarise(values: ArrayLike, subjects: ArrayLike, *, resamples: int = 2000, seed: int = 0) -> Summary:
    """Mean, SD and a bootstrap interval that draws subjects, not values.

    Parameters
    ----------
    values : array-like, shape (N,)
        One per slice, frame or study; NaN = failed.
    subjects : array-like, shape (N,)
        Whose value it is: slices of one heart are no independent samples.

    Notes
    -----
    Percentile interval of the mean of all values of the resampled subjects (Efron 1979,
    doi:10.1214/aos/1176344552).

    Examples
    --------
    >>> s = summarise([0.9, 0.8, float("nan"), 0.7], ["a", "a", "b", "c"])
    >>> round(s.mean, 3), s.n, s.n_failed, s.subjects
    (0.8, 3, 1, 2)
    """
    v, who = np.asarray(values, float), np.asarray(subjects)
    ok = np.isfinite(v)
    names, index = np.unique(who[ok], return_inverse=True)
    sums, counts = np.bincount(index, v[ok], len(names)), np.bincount(index, minlength=len(names))
    low = high = float("nan")
    if len(names) > 1:
        picked = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
        low, high = np.percentile(sums[picked].sum(axis=1) / counts[picked].sum(axis=1), [2.5, 97.5])
    mean = float(v[ok].mean()) if ok.any() else float("nan")
    sd = float(v[ok].std(ddof=1)) if ok.sum() > 1 else float("nan")
    return Summary(mean, sd, float(low), float(high), int(ok.sum()), int((~ok).sum()), len(names))


@dataclass(frozen=True)
class Correlation:
    """Pearson's r of n pairs; NaN with fewer than three or where one side does not vary."""

    r: float
    n: int
    n_failed: int


def pearson(a: ArrayLike, b: ArrayLike) -> Correlation:
    """Pearson correlation of two measurements; pairs with a NaN have failed.

    Examples
    --------
    >>> round(pearson([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]).r, 9)
    1.0
    """
    x, y = _pairs(a, b)
    varies = len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
    r = float(np.corrcoef(x, y)[0, 1]) if varies else float("nan")
    return Correlation(r, len(x), np.size(a) - len(x))


def cyclic_frame_difference(a: ArrayLike, b: ArrayLike, frames: int) -> NDArray[np.int64]:
    """Frames a - b the short way round a cycle of so many frames, in (-frames/2, frames/2].

    Examples
    --------
    >>> cyclic_frame_difference([0, 19, 10], [19, 0, 0], 20)
    array([ 1, -1, 10])
    """
    difference = (np.asarray(a, int) - np.asarray(b, int)) % frames
    return np.where(difference > frames / 2, difference - frames, difference)


def _pairs(a: ArrayLike, b: ArrayLike) -> tuple[Array, Array]:
    x, y = np.asarray(a, float), np.asarray(b, float)
    if x.shape != y.shape:
        raise MeasureError(f"{x.size} values cannot be compared with {y.size}")
    both = np.isfinite(x) & np.isfinite(y)
    return x[both], y[both]


def _distances(points: Array, polygon: Array) -> Array:
    """Distance of points (N, 2) to the nearest edge of a closed polygon."""
    step = np.roll(polygon, -1, axis=0) - polygon
    length2 = np.maximum((step**2).sum(axis=1), 1e-300)
    from_start = points[:, None] - polygon
    share = np.clip((from_start * step).sum(axis=2) / length2, 0.0, 1.0)
    away = from_start - share[..., None] * step
    return np.sqrt((away**2).sum(axis=2).min(axis=1))


def _evenly_along(polygon: Array) -> Array:
    """Points at equal steps of the arc length of a closed polygon."""
    closed = np.concatenate([polygon, polygon[:1]])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    count = max(len(polygon), int(np.ceil(arc[-1] / _STEP_MM)))
    at = (np.arange(count) + 0.5) / count * arc[-1]
    return np.stack([np.interp(at, arc, closed[:, i]) for i in (0, 1)], axis=1)


def _farthest(a: Contour, b: Contour) -> float:
    """From contour a, its corners included, to contour b."""
    return float(_distances(np.concatenate([a.points, _evenly_along(a.points)]), b.points).max())
