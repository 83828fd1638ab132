"""Areas of contours at clinical spacing, from formulas and from soft masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvcine.errors import MeasureError
from lvcine.measure.area import (
    contour_area_mm2,
    largest_contour,
    polygon_area,
    polygon_centroid,
    slice_areas,
    soft_contours,
)
from lvcine.measure.coverage import pixel_coverage
from lvcine.study import Contour, Geometry, Mask, Segmentation

CLINICAL = [(1.25, 1.25), (1.37, 1.37), (1.9, 1.9), (1.5, 1.2)]


def test_a_triangle_far_from_the_origin_keeps_its_area():
    triangle = np.array([[0.0, 0.0], [0.0, 4.0], [3.0, 0.0]]) + 1e6
    assert polygon_area(triangle) == pytest.approx(6.0)
    assert polygon_area(triangle[::-1]) == pytest.approx(6.0)
    assert polygon_centroid(triangle) == pytest.approx([1e6 + 1, 1e6 + 4 / 3])


@pytest.mark.parametrize(
    "points", [np.zeros((2, 2)), np.zeros((4, 3)), np.array([[0, 0], [0, np.nan], [1, 1]])]
)
def test_what_encloses_nothing_is_refused(points):
    with pytest.raises(MeasureError, match="encloses no area"):
        polygon_area(points)


@pytest.mark.parametrize("spacing", CLINICAL)
@pytest.mark.parametrize("radii_mm", [(25.0, 25.0), (30.0, 22.0)])
def test_an_ellipse_drawn_as_a_contour_has_its_area(circle, spacing, radii_mm):
    drawn = circle((60.2, 55.7), (radii_mm[0] / spacing[0], radii_mm[1] / spacing[1]), 90)
    assert contour_area_mm2(drawn, spacing) == pytest.approx(np.pi * radii_mm[0] * radii_mm[1], rel=2e-3)


@pytest.mark.parametrize("spacing", CLINICAL)
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.31, 0.77), (0.5, 0.5)])
@pytest.mark.parametrize("radius_mm", [22.0, 35.0])
def test_a_soft_mask_gives_the_area_without_raster_bias(blurred_disc, spacing, shift, radius_mm):
    radii = (radius_mm / spacing[0], radius_mm / spacing[1])
    soft = blurred_disc((72, 72), (35 + shift[0], 36 + shift[1]), radii)
    contour = largest_contour(soft)
    assert contour is not None
    assert contour_area_mm2(contour, spacing) == pytest.approx(np.pi * radius_mm**2, rel=5e-3)
    assert polygon_centroid(contour.points) == pytest.approx([35 + shift[0], 36 + shift[1]], abs=0.05)


@pytest.mark.parametrize("radius_px", [8.0, 10.0, 13.0])
def test_small_cavities_too_on_the_average_of_places(blurred_disc, radius_px):
    places = np.random.default_rng(1).uniform(0, 1, (30, 2))
    soft = [blurred_disc((40, 40), (19 + y, 20 + x), (radius_px, radius_px)) for y, x in places]
    areas = [polygon_area(largest_contour(s).points) for s in soft]
    assert np.mean(areas) == pytest.approx(np.pi * radius_px**2, rel=6e-3)


@given(scale=st.floats(0.5, 3.0))
@settings(max_examples=20, deadline=None)
def test_spacing_times_k_makes_area_times_k_squared(scale):
    square = Contour(np.array([[0.0, 0.0], [0.0, 7.0], [5.0, 9.0], [6.0, -1.0]]))
    once = contour_area_mm2(square, (1.3, 1.7))
    assert contour_area_mm2(square, (1.3 * scale, 1.7 * scale)) == pytest.approx(scale**2 * once)


def test_contours_close_at_the_edge_of_the_image_and_holes_count_as_contours():
    ring = np.ones((12, 12))
    ring[5:8, 5:8] = 0.0
    outer, inner = soft_contours(ring)
    assert polygon_area(outer.points) == pytest.approx(144.0, rel=0.01)  # half a pixel beyond the centres
    assert 4.0 < polygon_area(inner.points) <= 9.0
    assert outer.points[:, 0].min() == pytest.approx(-0.5)


def test_no_contour_in_an_empty_map_and_none_in_a_broken_one():
    assert largest_contour(np.zeros((5, 5))) is None
    with pytest.raises(MeasureError):
        soft_contours(np.full((5, 5), np.nan))
    with pytest.raises(MeasureError):
        soft_contours(np.ones((5, 5)), level=0.0)


# ---- papillary muscles ------------------------------------------------------------------

GRID = Geometry.stack(slices=1, spacing_mm=(1.5, 1.25), step_mm=8.0)
SIZE = 64


def segmented(circle, blood: np.ndarray | None, endo_radius: float = 18.0) -> Segmentation:
    endo, epi = circle((31.3, 30.6), endo_radius), circle((31.3, 30.6), 25.0)
    fraction = None if blood is None else blood[None, None].astype(np.float16)
    empty = Mask(np.zeros((1, 1, SIZE, SIZE), np.uint8))
    return Segmentation(empty, ((endo,),), ((epi,),), None, fraction)


def disc(radius: float) -> float:
    return float(np.pi * radius**2 * 1.5 * 1.25)


def test_included_papillary_muscles_leave_the_polygon(circle):
    areas = slice_areas(segmented(circle, None), GRID, "include")
    assert areas.cavity_mm2[0, 0] == pytest.approx(disc(18), rel=1e-4)
    assert areas.myocardium_mm2[0, 0] == pytest.approx(disc(25) - disc(18), rel=1e-4)


def test_pure_blood_leaves_the_cavity_as_it_is_even_at_the_contour(circle):
    for blood in (
        np.ones((SIZE, SIZE)),
        pixel_coverage(circle((31.3, 30.6), 18.0).points, (SIZE, SIZE)),  # partial volume at the wall
    ):
        areas = slice_areas(segmented(circle, blood), GRID, "exclude")
        assert areas.cavity_mm2[0, 0] == pytest.approx(disc(18), rel=1e-3)


def test_two_muscles_move_from_cavity_to_myocardium(circle):
    muscles = [circle((25.2, 27.9), 3.1), circle((38.4, 34.3), 4.2)]
    blood = 1 - sum(pixel_coverage(m.points, (SIZE, SIZE)) for m in muscles)
    included = slice_areas(segmented(circle, blood), GRID, "include")
    excluded = slice_areas(segmented(circle, blood), GRID, "exclude")
    moved = disc(3.1) + disc(4.2)
    assert included.cavity_mm2 - excluded.cavity_mm2 == pytest.approx(moved, rel=5e-3)
    assert excluded.myocardium_mm2 - included.myocardium_mm2 == pytest.approx(moved, rel=5e-3)


def test_leaving_muscles_out_needs_to_know_where_they_are(circle):
    with pytest.raises(MeasureError, match="share of blood"):
        slice_areas(segmented(circle, None), GRID, "exclude")


def test_slices_without_contour_have_no_area_and_an_apical_cap_is_all_muscle(circle):
    one = segmented(circle, None)
    none = slice_areas(replace(one, endo=((None,),), epi=((None,),)), GRID, "include")
    assert none.cavity_mm2[0, 0] == none.myocardium_mm2[0, 0] == 0
    cap = slice_areas(replace(one, endo=((None,),)), GRID, "include")
    assert cap.cavity_mm2[0, 0] == 0
    assert cap.myocardium_mm2[0, 0] == pytest.approx(disc(25), rel=1e-4)
