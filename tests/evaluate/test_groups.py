"""Errors of EF by group and by the reader's EF."""

import numpy as np
import pytest

from lvcine.evaluate.case import Outcome, Score
from lvcine.evaluate.groups import by_group_and_ef, slope_interval, slope_of


def outcome(name: str, ef: float, off: float, group: str = "") -> Outcome:
    scores = (
        Score("ef_percent_drawn", ef), Score("ef_percent_difference", off),
        Score("esv_ml_difference", -off), Score("dice3d_cavity_es", 0.9),
    )  # fmt: skip
    return Outcome(name, "unseen", scores, group=group)


def test_every_study_stands_in_its_group_and_in_its_band_of_ef():
    found = [outcome("a", 30, 2.0, "DCM"), outcome("b", 70, -8.0, "HCM"), outcome("c", 64.9, -4.0, "HCM")]
    lines = list(by_group_and_ef(found))
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}
    assert "| 2 | -6.0 (2.8)" in rows["HCM"] and "| 6.0 | +6.0 | 0.900 |" in rows["HCM"]
    assert "| 1 | +2.0" in rows["EF below 45"]
    assert set(rows) >= {"DCM", "HCM", "EF below 45", "EF 55 to 65", "EF 65 and more"}
    assert "EF 45 to 55" not in rows


def test_an_analysis_that_failed_is_in_no_row_and_nothing_known_is_no_table():
    failed = Outcome("x", "unseen", error="no cine", group="HCM")
    assert list(by_group_and_ef([failed])) == []
    lines = list(by_group_and_ef([failed, outcome("a", 50, 1.0, "HCM")]))
    assert any(line.startswith("| HCM | 1 |") for line in lines)


def test_the_slope_is_that_of_a_straight_line_with_an_interval_around_it():
    ef = np.linspace(20, 80, 40)
    off = -0.16 * (ef - 50) + np.random.default_rng(1).normal(0, 1.0, 40)
    assert slope_of(ef, off) == pytest.approx(-0.16, abs=0.03)
    low, high = slope_interval(ef, off)
    assert low < -0.16 < high < 0 and high - low < 0.08
    text = "\n".join(
        by_group_and_ef([outcome(str(k), e, o) for k, (e, o) in enumerate(zip(ef, off, strict=True))])
    )
    assert f"{slope_of(ef, off):+.3f}" in text
