"""Each doubt from numbers that deserve it, and none from numbers that do not."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.area import SliceAreas
from lvcine.measure.curves import EdEs
from lvcine.measure.plausibility import doubts
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
