"""Slice summation against solids of known volume, with true positions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvcine.errors import MeasureError
from lvcine.measure.area import contour_area_mm2, largest_contour
from lvcine.measure.volume import myocardial_mass_g, slab_thickness_mm, slice_summation
from lvcine.study import Geometry


def stack_at(*positions: float) -> Geometry:
    g = Geometry.stack(slices=len(positions), spacing_mm=(1.4, 1.4), step_mm=1.0)
    return replace(g, origins_mm=np.array([[0.0, 0.0, p] for p in positions]))


def test_even_slices_each_stand_for_one_step():
    assert slab_thickness_mm(stack_at(0, 8, 16, 24)) == pytest.approx([8, 8, 8, 8])


def test_a_missing_slice_is_shared_by_its_neighbours():
    assert slab_thickness_mm(stack_at(0, 10, 20, 40, 50)) == pytest.approx([10, 10, 15, 15, 10])


def test_the_order_of_the_slices_in_the_file_does_not_matter():
    shuffled = slab_thickness_mm(stack_at(40, 0, 50, 20, 10))
    assert shuffled == pytest.approx([15, 10, 10, 15, 10])


def test_one_slice_stands_for_its_thickness_or_for_nothing():
    one = Geometry.stack(slices=1, spacing_mm=(1.4, 1.4), step_mm=8.0, thickness_mm=6.0)
    assert slab_thickness_mm(one) == pytest.approx([6.0])
    with pytest.raises(MeasureError, match="distance between slices is not known"):
        slab_thickness_mm(replace(one, thickness_mm=None))


def test_two_slices_at_one_place_are_refused():
    with pytest.raises(MeasureError, match="same place"):
        slab_thickness_mm(stack_at(0, 8, 8, 16))


def test_without_pixel_spacing_there_is_no_volume():
    flat = Geometry.stack(slices=3, spacing_mm=(1.0, 1.0), step_mm=8.0, calibrated=False)
    with pytest.raises(MeasureError, match="no pixel spacing"):
        slice_summation(np.ones((3, 2)), flat)


@pytest.mark.parametrize("step", [5.0, 8.0, 10.0])
@pytest.mark.parametrize("spacing", [1.2, 1.5, 1.9])
def test_half_an_ellipsoid_scanned_softly_has_its_volume(blurred_disc, step, spacing):
    length, width = 80.0, 50.0
    depths = np.arange(step / 2, length, step)
    areas = []
    for depth in depths:
        radius = width / 2 * np.sqrt(1 - (depth / length) ** 2) / spacing
        contour = largest_contour(blurred_disc((64, 64), (31.4, 30.9), (radius, radius)))
        areas.append(contour_area_mm2(contour, (spacing, spacing)))
    volume = slice_summation(np.array(areas)[:, None], stack_at(*depths))
    assert volume == pytest.approx(2 / 3 * np.pi * (width / 2) ** 2 * length / 1000, rel=5e-3)


@pytest.mark.parametrize("radii", [(28.0, 12.0), (20.0, 20.0)])
def test_a_truncated_cone_drawn_as_contours_has_its_volume(circle, radii):
    step, slices, (base, tip) = 8.0, 10, radii
    depth = (np.arange(slices) + 0.5) * step
    at_depth = base + (tip - base) * depth / (slices * step)
    areas = [[contour_area_mm2(circle((50, 50), r / 1.4, 180), (1.4, 1.4))] for r in at_depth]
    truth = np.pi * slices * step / 3 * (base**2 + base * tip + tip**2) / 1000
    assert slice_summation(np.array(areas), stack_at(*depth)) == pytest.approx(truth, rel=5e-3)


def test_uneven_gaps_integrate_a_straight_taper_exactly_inside():
    """Area linear in depth: half-way slabs are the trapezoid rule, exact between the ends."""
    at = np.array([0.0, 6.0, 14.0, 20.0, 35.0, 41.0])
    areas = 2000 - 30 * at
    inside = float(((areas[1:] + areas[:-1]) / 2 * np.diff(at)).sum())
    ends = 6.0 / 2 * (areas[0] + areas[-1])  # half the median step of 6 at either end
    assert slice_summation(areas[:, None], stack_at(*at))[0] * 1000 == pytest.approx(inside + ends)


@given(k=st.floats(0.3, 3.0))
@settings(max_examples=20, deadline=None)
def test_spacing_times_k_makes_volume_times_k_cubed(k):
    areas, g = np.array([[900.0, 500.0], [700.0, 300.0], [300.0, 100.0]]), stack_at(0, 8, 17)
    grown = replace(g, origins_mm=g.origins_mm * k)
    assert slice_summation(areas * k**2, grown) == pytest.approx(k**3 * slice_summation(areas, g))


def test_myocardium_weighs_a_little_more_than_water():
    assert myocardial_mass_g(np.array([0.0, 100.0])) == pytest.approx([0.0, 105.0])
