"""The headline table and the ranges beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lvcine.report.headline import further_numbers, headline_lines, reference_note, reference_sources
from lvcine.report.reference import reference_range
from lvcine.study import Measurement, Subject


def line(analysis, short):
    return next(x for x in headline_lines(analysis) if x.short == short)


def person(analysis, **facts):
    return replace(analysis, study=replace(analysis.study, subject=Subject(**facts)))


def with_number(analysis, name, value, unit):
    return replace(analysis, measurements=(*analysis.measurements, Measurement(name, value, unit, "stated")))


def test_the_range_matches_sex_and_says_where_the_value_lies(ring):
    edv = line(ring, "EDV").value  # 44.8 mL, a woman: 124 +- 21 mL in Petersen 2017
    assert edv.ranges == ("83–165",) and edv.verdict == "below" and edv.interval == "36–54"
    assert line(ring, "EF").value.verdict == "within"  # 61.6 %, 61 +- 5 %


def test_the_other_papillary_convention_brings_its_own_ranges_and_papers(ring):
    papers = {s.doi for s in reference_sources(ring)}
    others = {s.doi for s in reference_sources(replace(ring, papillary="exclude"))}
    assert papers and others and not papers & others
    assert line(replace(ring, papillary="exclude"), "EDV").value.ranges != line(ring, "EDV").value.ranges


def test_without_sex_both_ranges_are_shown_and_only_what_is_outside_of_both_is_marked(ring):
    edv = line(person(ring), "EDV").value  # 44.8 mL
    assert edv.ranges == ("103–229 men", "83–165 women") and edv.verdict == "below"
    between = replace(ring, measurements=(Measurement("edv_ml", 200.0, "mL", "stated"),))
    assert line(person(between), "EDV").value.verdict == ""


def test_children_get_no_range(ring):
    child = person(ring, sex="M", age_years=9.0)
    assert all(not x.value.ranges for x in headline_lines(child))
    assert reference_sources(child) == [] and "adults" in reference_note(child)


def test_an_age_outside_the_cohort_is_said(ring):
    assert "outside the ages" in reference_note(person(ring, sex="F", age_years=81.0))
    assert "outside the ages" not in reference_note(ring)


def test_indexed_numbers_stand_beside_their_own(ring):
    indexed = with_number(ring, "edvi_ml_m2", 24.0, "mL/m2")
    cell = line(indexed, "EDV").index
    assert (cell.value, cell.unit, cell.ranges, cell.verdict) == ("24", "mL/m²", ("56–96",), "below")


def test_what_was_not_measured_is_a_dash(ring):
    bare = replace(ring, measurements=())
    assert {x.value.value for x in headline_lines(bare)} == {"–"}
    assert reference_note(bare) == "No verified range."


def test_other_numbers_of_the_study_are_not_lost(ring):
    more = with_number(ring, "peak_filling_rate_ml_s", 312.4, "mL/s")
    [(name, cell)] = further_numbers(more)
    assert (name, cell.value, cell.unit) == ("Peak filling rate", "312", "mL/s")


@pytest.mark.parametrize(
    ("name", "papillary", "sex", "low", "high"),
    [
        ("ef_percent", "include", "M", 58 - 1.96 * 5, 58 + 1.96 * 5),
        ("lv_mass_index_g_m2", "include", "F", 42 - 1.96 * 7, 42 + 1.96 * 7),
        ("edvi_ml_m2", "include", "M", 60, 109),
        ("esv_ml", "exclude", "F", 42 - 1.96 * 12, 42 + 1.96 * 12),
    ],
)
def test_ranges_are_the_papers(name, papillary, sex, low, high):
    """Abstracts of Petersen 2017, Zhan 2024 and Hudsmith 2005."""
    found = reference_range(name, papillary, sex)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_no_range_without_sex_or_table():
    assert reference_range("edv_ml", "include", None) is None
    assert reference_range("edv_ml", "include", "O") is None
    assert reference_range("cavity_area_mm2", "include", "M") is None
