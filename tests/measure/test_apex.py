"""Which end of the stack is the apex."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lvcine.measure.apex import apex_by_axes, find_apex
from lvcine.study import Geometry

TAPER = np.array([3000.0, 2900.0, 2500.0, 1800.0, 700.0])
FLAT = Geometry.stack(slices=5, spacing_mm=(1.4, 1.4), step_mm=10.0)  # not placed, normal along +index


@pytest.mark.parametrize("way", list(product((False, True), repeat=4)), ids=str)
def test_the_patients_axes_and_the_taper_agree_on_every_grid(scan, way):
    turned = scan(frames=2, systole=1, slices=5, step_mm=14.0, flip=way[:3], swap=way[3])
    g = turned.cine.geometry
    areas = np.pi * np.array([(30 - 5 * k) ** 2 for k in range(5)])
    areas = areas[::-1] if way[0] else areas
    sign, findings = find_apex(areas, g)
    assert sign == apex_by_axes(g) and findings == ()
    towards = (g.origins_mm[-1] - g.origins_mm[0]) * (-1 if way[0] else 1)  # base -> apex, by construction
    assert sign * (g.normal @ towards) > 0


def test_taper_decides_where_the_patient_does_not():
    assert find_apex(TAPER, FLAT) == (1, ())
    assert find_apex(TAPER[::-1], FLAT) == (-1, ())


def test_slices_without_lv_do_not_count_as_narrow():
    assert find_apex(np.array([0.0, 2900.0, 2500.0, 1800.0, 700.0]), FLAT)[0] == 1


def test_a_header_that_contradicts_the_taper_loses_and_is_said():
    made_up = replace(FLAT, placed=True)  # normal to the patient's head: the apex would be at the start
    sign, findings = find_apex(TAPER, made_up)
    assert sign == 1 and [f.code for f in findings] == ["apex-assumed"]
    assert find_apex(TAPER[::-1], made_up) == (-1, ())


@pytest.mark.parametrize("areas", [np.full(5, 2000.0), np.array([0, 0, 2000.0, 1500.0, 0])])
def test_where_nothing_tells_the_first_slice_is_basal_and_that_is_said(areas):
    sign, findings = find_apex(areas, FLAT)
    assert sign == 1 and [f.code for f in findings] == ["apex-assumed"]
