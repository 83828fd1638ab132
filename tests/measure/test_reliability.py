"""Limits of agreement, ICC and coefficient of variation against published figures."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.reliability import coefficient_of_variation, intraclass_correlation, limits_of_agreement

# Shrout and Fleiss 1979 (doi:10.1037/0033-2909.86.2.420), table 2: six targets, four judges.
SHROUT = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
# The eight wines and four judges of pingouin's documentation of intraclass_corr.
WINES = np.array(
    [[1, 1, 3, 6, 6, 7, 8, 9], [2, 3, 8, 4, 5, 5, 7, 9], [0, 3, 1, 3, 5, 6, 7, 9], [1, 2, 4, 3, 6, 2, 9, 8]]
).T
# Giavarina 2015 (doi:10.11613/BM.2015.015), table 1: thirty pairs of two methods; pingouin's example too.
METHOD_A = [1, 5, 10, 20, 50, 40, 50, 60, 70, 80, 90, 100, *range(150, 1001, 50)]
METHOD_B = [
    8, 16, 30, 24, 39, 54, 40, 68, 72, 62, 122, 80, 181, 259, 275, 380, 320, 434, 479, 587, 626, 648, 738,
    766, 793, 851, 871, 957, 1001, 960,
]  # fmt: skip


def test_icc_of_shrout_and_fleiss():
    agreement = intraclass_correlation(SHROUT)
    assert agreement.value == pytest.approx(0.29, abs=0.005)  # as published
    assert (agreement.low, agreement.high) == pytest.approx((0.02, 0.76), abs=0.005)  # pingouin 0.7
    consistent = intraclass_correlation(SHROUT, consistency=True)
    assert consistent.value == pytest.approx(0.7148, abs=5e-5) and consistent.low == pytest.approx(
        0.34, abs=0.005
    )


def test_icc_of_the_wines():
    agreement = intraclass_correlation(WINES)
    assert agreement.value == pytest.approx(0.728, abs=5e-4)
    assert (agreement.low, agreement.high) == pytest.approx((0.43, 0.93), abs=0.005)


def test_limits_of_agreement_of_giavarina():
    found = limits_of_agreement(np.subtract(METHOD_A, METHOD_B))
    assert found.n == 30
    # As published, and as pingouin draws them.
    assert (found.bias.value, found.lower.value, found.upper.value) == pytest.approx(
        (-27.17, -95.39, 41.05), abs=0.01
    )
    intervals = [v for i in (found.bias, found.lower, found.upper) for v in (i.low, i.high)]
    assert intervals == pytest.approx([-40.16, -14.17, -117.90, -72.88, 18.54, 63.56], abs=0.01)


def test_known_bias_and_spread_come_back():
    rng = np.random.default_rng(3)
    d = 4.0 + 6.0 * rng.standard_normal(4000)
    found = limits_of_agreement([*d, np.nan])
    assert found.n == 4000 and found.bias.low < 4.0 < found.bias.high
    assert found.upper.low < 4.0 + 1.96 * 6.0 < found.upper.high
    assert found.sd == pytest.approx(6.0, rel=0.03)


def test_readers_who_agree_and_readers_who_do_not():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert intraclass_correlation(np.stack([x, x], axis=1)).value == 1.0
    assert intraclass_correlation(np.stack([x, x + 5], axis=1), consistency=True).value == 1.0
    assert intraclass_correlation(np.stack([x, x + 5], axis=1)).value < 0.2
    assert np.isnan(intraclass_correlation([[1.0, 2.0], [2.0, 3.0]]).value)
    with pytest.raises(MeasureError, match="two readers"):
        intraclass_correlation([[1.0], [2.0]])


def test_subjects_that_are_all_alike_have_no_interval():
    found = intraclass_correlation([[100.0, 101.0]] * 3)
    assert found.value == 0.0 and np.isnan(found.low) and np.isnan(found.high)


def test_coefficient_of_variation():
    assert coefficient_of_variation([102, 98, 102, 98], [100, 100, 100, 100]) == pytest.approx(
        2.309, abs=1e-3
    )
    assert np.isnan(coefficient_of_variation([1.0], [1.0]))
