"""How well readings of one quantity agree: limits of agreement, ICC, coefficient of variation.

The distributions are SciPy's. The packages that have these tables whole are under the GPL (pingouin), which
lvcine's licence does not go with; tests hold the functions against their figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lvcine.errors import MeasureError
from lvcine.study import Array

_CONFIDENCE = 0.95
_LIMITS = 1.96


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval; NaN where there are too few readings."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Differences of two readings.

    Attributes
    ----------
    bias, lower, upper : Interval
        Mean difference; 1.96 standard deviations below and above it.
    sd : float
    n : int
    """

    bias: Interval
    lower: Interval
    upper: Interval
    sd: float
    n: int


def limits_of_agreement(differences: ArrayLike) -> LimitsOfAgreement:
    """Bias and 95 % limits of agreement, each with its interval.

    Parameters
    ----------
    differences : array-like, shape (N,)
        One reading less the other; NaN is left out.

    Notes
    -----
    Bland and Altman 1986 (doi:10.1016/S0140-6736(86)90837-8): the standard error of the bias is s / sqrt(n),
    that of a limit sqrt(3 s^2 / n), both with Student's t of n - 1 degrees of freedom.

    Examples
    --------
    >>> found = limits_of_agreement([1.0, 2.0, 3.0])
    >>> found.bias.value, found.sd, round(found.upper.value, 2)
    (2.0, 1.0, 3.96)
    """
    d = np.asarray(differences, float)
    d = d[np.isfinite(d)]
    n = len(d)
    mean = float(d.mean()) if n else float("nan")
    sd = float(d.std(ddof=1)) if n > 1 else float("nan")
    t = float(stats.t.ppf((1 + _CONFIDENCE) / 2, n - 1)) if n > 1 else float("nan")
    of_bias, of_limit = t * sd / np.sqrt(max(n, 1)), t * sd * np.sqrt(3 / max(n, 1))
    ends = (mean - _LIMITS * sd, mean + _LIMITS * sd)
    lower, upper = (Interval(end, end - of_limit, end + of_limit) for end in ends)
    return LimitsOfAgreement(Interval(mean, mean - of_bias, mean + of_bias), lower, upper, sd, n)


def intraclass_correlation(readings: ArrayLike, *, consistency: bool = False) -> Interval:
    """Intraclass correlation of single readings, two-way: ICC(A,1), or ICC(C,1) for consistency.

    Parameters
    ----------
    readings : array-like, shape (subject, reader)
        Subjects with a NaN are left out.
    consistency : bool
        Readers may differ by a constant.

    Notes
    -----
    McGraw and Wong 1996 (doi:10.1037/1082-989X.1.1.30), tables 4 and 7. NaN with fewer than three subjects,
    or where nothing varies.

    Examples
    --------
    The six targets and four judges of Shrout and Fleiss 1979, whose ICC(2,1) is 0.29:

    >>> judged = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(intraclass_correlation(judged).value, 2)
    0.29
    """
    x = np.asarray(readings, float)
    if x.ndim != 2 or x.shape[1] < 2:
        raise MeasureError(f"readings of shape {x.shape}, expected (subject, reader) of two readers or more")
    x = x[np.isfinite(x).all(axis=1)]
    n, k = x.shape
    if n < 3 or np.ptp(x) == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    rows, columns, error = _mean_squares(x)
    if consistency:
        return _consistency(rows, error, n, k)
    value = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    return Interval(value, *_agreement_interval(value, rows, columns, error, n, k))


def coefficient_of_variation(a: ArrayLike, b: ArrayLike) -> float:
    """Standard deviation of the differences in percent of the mean of all readings; NaN below two pairs.

    As reproducibility of cine MR is reported: Grothues 2002 (doi:10.1016/S0002-9149(02)02381-0).

    Examples
    --------
    >>> coefficient_of_variation([100.0, 110.0, 120.0], [100.0, 100.0, 100.0]).__round__(2)
    9.52
    """
    x, y = np.asarray(a, float), np.asarray(b, float)
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 2:
        return float("nan")
    middle = float(np.concatenate([x[both], y[both]]).mean())
    return float(100.0 * (x[both] - y[both]).std(ddof=1) / abs(middle)) if middle else float("nan")


def _mean_squares(x: Array) -> tuple[float, float, float]:
    """Of the two-way analysis of variance without replication: subjects, readers, error."""
    n, k = x.shape
    whole, of_rows, of_columns = x.mean(), x.mean(axis=1), x.mean(axis=0)
    rows = k * ((of_rows - whole) ** 2).sum() / (n - 1)
    columns = n * ((of_columns - whole) ** 2).sum() / (k - 1)
    rest = x - of_rows[:, None] - of_columns[None] + whole
    return float(rows), float(columns), float((rest**2).sum() / ((n - 1) * (k - 1)))


def _consistency(rows: float, error: float, n: int, k: int) -> Interval:
    if error == 0:
        return Interval(1.0, 1.0, 1.0)
    f, tail = rows / error, (1 + _CONFIDENCE) / 2
    low = f / stats.f.ppf(tail, n - 1, (n - 1) * (k - 1))
    high = f * stats.f.ppf(tail, (n - 1) * (k - 1), n - 1)
    return Interval(
        (f - 1) / (f + k - 1), float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))
    )


def _agreement_interval(
    value: float, rows: float, columns: float, error: float, n: int, k: int
) -> tuple[float, float]:
    if value >= 1.0:
        return 1.0, 1.0
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    spread = (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    if spread == 0:  # all subjects alike, whose readers differ by a constant: nothing to tell apart
        return float("nan"), float("nan")
    freedom = (a * columns + b * error) ** 2 / spread
    tail, common = (1 + _CONFIDENCE) / 2, k * columns + (k * n - k - n) * error
    f_low, f_high = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    with np.errstate(invalid="ignore"):  # subjects that are alike but for rounding
        low = n * (rows - f_low * error) / (f_low * common + n * rows)
        high = n * (f_high * rows - error) / (common + n * f_high * rows)
    return float(low), float(high)
