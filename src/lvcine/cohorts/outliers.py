"""Which studies to look at first: those far from the rest of the cohort."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lvcine.cohorts.record import Record
from lvcine.report.wording import title

NUMBERS = ("edv_ml", "esv_ml", "ef_percent", "lv_mass_g", "max_wall_thickness_ed_mm")
FAR = 3.5
"""Deviations from the median, in units of 1.4826 median absolute deviations (Iglewicz and Hoaglin 1993)."""
_FEWEST = 8  # studies that have the number
_OF_NORMAL = 1.4826  # the standard deviation of a normal distribution over its median absolute deviation


def outliers(records: Sequence[Record]) -> dict[str, tuple[float, str]]:
    """Label -> how far, and in which number, of the studies that lie far from the median.

    Examples
    --------
    >>> from lvcine.cohorts.record import Record
    >>> many = [Record(f"p{k}", "done", numbers={"ef_percent": 55.0 + k % 5}) for k in range(20)]
    >>> outliers([*many, Record("odd", "done", numbers={"ef_percent": 5.0})])
    {'odd': (35.1, 'EF 5.0, median 57.0')}
    """
    found: dict[str, tuple[float, str]] = {}
    for name in NUMBERS:
        values = {r.label: float(v) for r in records if (v := r.numbers.get(name)) is not None}
        if len(values) < _FEWEST:
            continue
        middle = float(np.median(list(values.values())))
        spread = _OF_NORMAL * float(np.median(np.abs(np.array(list(values.values())) - middle)))
        for label, value in values.items():
            far = abs(value - middle) / spread if spread > 0 else 0.0
            if far > max(FAR, found.get(label, (0.0, ""))[0]):
                found[label] = (round(far, 1), f"{title(name)} {value:.1f}, median {middle:.1f}")
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))
