"""Each doubt from numbers that deserve it, and none from numbers that do not."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.area import SliceAreas
from lvcine.measure.curves import EdEs
from lvcine.measure.plausibility import doubts, possible
from lvcine.study import Mask, Measurement, Segmentation

SOUND = {"edv_ml": 150.0, "esv_ml": 60.0, "ef_percent": 60.0, "lv_mass_g": 110.0, "lv_mass_es_g": 112.0}


@pytest.fixture
def found(circle):
    """The codes of the doubts about numbers, contours and areas."""

    def codes(numbers: dict[str, float], *, ed=0, es=1, slices=3, epi=True, wall=900.0) -> list[str]:
        ring = circle((20.0, 20.0), 9.0, 24)
        endo = tuple((ring, ring) for _ in range(slices))
        outer = tuple((ring if epi else None, ring) for _ in range(slices))
        areas = SliceAreas(np.full((slices, 2), 1500.0), np.full((slices, 2), wall))
        segmentation = Segmentation(Mask(np.zeros((slices, 2, 4, 4), np.uint8)), endo, outer)
        rows = [Measurement(name, value, "", "") for name, value in numbers.items()]
        return [f.code for f in doubts(rows, segmentation, areas, EdEs(ed, es))]

    return codes


def test_sound_numbers_raise_no_doubt(found):
    assert found(SOUND) == []
    assert found({}) == []


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"ef_percent": 7.0}, "ef-unusual"),
        ({"ef_percent": 85.0}, "ef-unusual"),
        ({"edv_ml": 15.0}, "edv-unusual"),
        ({"edv_ml": 700.0}, "edv-unusual"),
        ({"lv_mass_es_g": 140.0}, "mass-changes"),
        ({"lv_mass_es_g": 80.0}, "mass-changes"),
    ],
)
def test_numbers_that_no_reader_would_believe(found, changed, code):
    assert found(SOUND | changed) == [code]


@pytest.mark.parametrize(
    "case, code",
    [
        ({"es": 0}, "ed-equals-es"),
        ({"slices": 1}, "single-slice"),
        ({"epi": False}, "epicardium-missing"),
        ({"wall": 100.0}, "wall-too-thin"),
    ],
)
def test_contours_that_cannot_be_right(found, case, code):
    assert found(SOUND, **case) == [code]


def test_one_slice_is_only_a_doubt_where_it_passes_for_a_volume(found):
    assert found({}, slices=1) == []


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("edv_ml", 2.7e9, "mL"),
        ("esv_ml", -3.0, "mL"),
        ("sv_ml", -20.0, "mL"),
        ("ef_percent", -12.0, "%"),
        ("ef_percent", 101.0, "%"),
        ("heart_rate_bpm", -10_000.0, "1/min"),
        ("heart_rate_bpm", np.inf, "1/min"),
        ("cardiac_output_l_min", 1e5, "L/min"),
        ("lv_mass_g", 1e4, "g"),
        ("ed_extent_mm", 1e5, "mm"),
        ("cavity_area_mm2", 1e9, "mm2"),
        ("anything", -np.inf, "of a new unit"),
    ],
)
def test_numbers_that_cannot_be_are_withheld(name, value, unit):
    sound = Measurement("beats", 3, "1", "")
    kept, (finding,) = possible([Measurement(name, value, unit, ""), sound])
    assert kept == (sound,)
    assert (finding.code, finding.severity) == ("number-impossible", "error") and name in finding.text


def test_numbers_of_hearts_small_and_large_are_kept():
    numbers = [
        Measurement("edv_ml", 0.05, "mL", ""),  # a mouse
        Measurement("edv_ml", 1500.0, "mL", ""),  # a horse
        Measurement("ef_percent", 0.0, "%", ""),
        Measurement("wall_thickening_percent", -40.0, "%", ""),  # a scar that bulges
        Measurement("heart_rate_bpm", 700.0, "1/min", ""),
        Measurement("peak_ejection_rate_ml_s", -900.0, "mL/s", ""),
        Measurement("cavity_area_ed_mm2", np.nan, "mm2", ""),
    ]
    assert possible(numbers) == (tuple(numbers), ())


def test_many_impossible_numbers_are_one_finding():
    _, (finding,) = possible([Measurement(f"edv{k}_ml", -1.0, "mL", "") for k in range(9)])
    assert "and 6 more" in finding.text
