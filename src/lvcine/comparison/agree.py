"""Two readings of one number over a cohort: the statistics, and the studies behind them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.comparison.readings import Reading
from lvcine.measure.agreement import Summary, pearson, summarise
from lvcine.measure.reliability import (
    Interval,
    LimitsOfAgreement,
    coefficient_of_variation,
    intraclass_correlation,
    limits_of_agreement,
)
from lvcine.study import Array


@dataclass(frozen=True)
class Pairing:
    """One number of two readings.

    Attributes
    ----------
    name : str
        Of the number.
    one, other : str
        Readers; differences are ``one`` less ``other``.
    labels : tuple of str
        Studies that both have.
    a, b : ndarray, shape (N,)
    limits : LimitsOfAgreement
    icc : Interval
        ICC(A,1).
    cov_percent, r : float
    bootstrap : Summary
        The bias once more, with an interval over studies drawn again.
    only_one, only_other : int
        Studies that one of them has alone.
    """

    name: str
    one: str
    other: str
    labels: tuple[str, ...]
    a: Array
    b: Array
    limits: LimitsOfAgreement
    icc: Interval
    cov_percent: float
    r: float
    bootstrap: Summary
    only_one: int
    only_other: int

    @property
    def differences(self) -> Array:
        return self.a - self.b

    def worst(self, count: int = 10) -> list[int]:
        """Places of the studies with the largest differences."""
        order = np.argsort(-np.abs(self.differences), kind="stable")
        return [int(k) for k in order[:count]]


def pair(name: str, one: Reading, other: Reading) -> Pairing | None:
    """The pairing of a number; None where no study has it from both."""
    mine = {label: n[name] for label, n in one.numbers.items() if name in n}
    theirs = {label: n[name] for label, n in other.numbers.items() if name in n}
    labels = tuple(sorted(mine.keys() & theirs.keys()))
    if not labels:
        return None
    a, b = (np.array([found[label] for label in labels]) for found in (mine, theirs))
    return Pairing(
        name, one.reader, other.reader, labels, a, b,
        limits=limits_of_agreement(a - b),
        icc=intraclass_correlation(np.stack([a, b], axis=1)),
        cov_percent=coefficient_of_variation(a, b),
        r=pearson(a, b).r,
        bootstrap=summarise(a - b, labels),
        only_one=len(mine) - len(labels),
        only_other=len(theirs) - len(labels),
    )  # fmt: skip


def pair_all(readings: Sequence[Reading], names: Sequence[str]) -> list[Pairing]:
    """Every number of every two readings: the first against the others, then these among each other."""
    found = []
    for one, other in itertools.combinations(readings, 2):
        found += [p for name in names if (p := pair(name, one, other)) is not None]
    return found


def icc_of_all(readings: Sequence[Reading], name: str) -> tuple[Interval, int]:
    """ICC(A,1) over all readers at once, of the studies that all of them have; and how many these are."""
    labels = sorted(set.intersection(*({k for k, n in r.numbers.items() if name in n} for r in readings)))
    table = np.array([[r.numbers[label][name] for r in readings] for label in labels])
    if len(labels) < 3:
        return Interval(float("nan"), float("nan"), float("nan")), len(labels)
    return intraclass_correlation(table), len(labels)
