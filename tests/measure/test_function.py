"""Headline numbers from curves written down by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.curves import EdEs
from lvcine.measure.function import (
    area_numbers,
    extent_numbers,
    indexed_numbers,
    mass_numbers,
    volume_numbers,
)
from lvcine.study import Measurement, Subject

CURVE = np.array([100.0, 150.0, 90.0, 60.0])


def values(found: list[Measurement]) -> dict[str, float]:
    return {m.name: m.value for m in found}


def test_volumes_by_hand():
    assert values(volume_numbers(CURVE, EdEs(1, 3), "include", 80.0)) == pytest.approx(
        {"edv_ml": 150, "esv_ml": 60, "sv_ml": 90, "ef_percent": 60, "cardiac_output_l_min": 7.2}
    )
    assert "cardiac_output_l_min" not in values(volume_numbers(CURVE, EdEs(1, 3), "include", None))


@pytest.mark.parametrize("curve", [np.array([0.0, 5.0]), np.array([np.nan, 5.0]), np.array([5.0, np.nan])])
def test_no_ventricle_at_ed_or_es_is_no_number(curve):
    with pytest.raises(MeasureError, match="no left ventricle at E"):
        volume_numbers(curve, EdEs(0, 1), "include", None)


def test_an_obliterated_cavity_at_es_is_a_number():
    assert values(volume_numbers(np.array([80.0, 0.0]), EdEs(0, 1), "include", None))["ef_percent"] == 100


def test_areas_alone_give_ef_only_for_even_slices():
    pair = EdEs(1, 3)
    assert values(area_numbers(CURVE, pair, slices=9, evenly_spaced=True)) == {"ef_percent": 60.0}
    assert area_numbers(CURVE, pair, slices=9, evenly_spaced=False) == []
    alone = area_numbers(CURVE, pair, slices=1, evenly_spaced=False)
    assert values(alone) == {"fractional_area_change_percent": 60.0}


def test_the_convention_stands_in_every_method():
    for papillary, words in (("include", "in the cavity"), ("exclude", "in the myocardium")):
        rows = volume_numbers(CURVE, EdEs(1, 3), papillary, None)[:2] + mass_numbers(
            CURVE, EdEs(1, 3), papillary
        )
        assert len(rows) == 4 and all(words in m.method for m in rows)


def test_unknown_mass_is_left_out():
    assert values(mass_numbers(np.array([120.0, np.nan]), EdEs(0, 1), "include")) == {"lv_mass_g": 120.0}
    assert mass_numbers(np.zeros(2), EdEs(0, 1), "include") == []


def test_indexing_needs_height_and_weight():
    rows = [Measurement("edv_ml", 150.0, "mL", ""), Measurement("ef_percent", 60.0, "%", "")]
    found, findings = indexed_numbers(rows, Subject(height_m=1.8, weight_kg=80.0))
    assert values(found) == pytest.approx({"bsa_m2": 2.0, "edvi_ml_m2": 75.0}) and findings == []
    found, findings = indexed_numbers(rows, Subject(height_m=1.8))
    assert found == [] and [f.code for f in findings] == ["not-indexed"]


def test_extent_counts_the_slabs_with_cavity():
    cavity = np.array([[5.0, 0.0], [9.0, 4.0], [3.0, 2.0]])
    assert values(extent_numbers(cavity, np.array([8.0, 8.0, 12.0]), EdEs(0, 1))) == {
        "ed_extent_mm": 28.0,
        "ed_slices": 3,
        "es_extent_mm": 20.0,
        "es_slices": 2,
    }
