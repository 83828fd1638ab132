"""Polygons over pixels, against shapes whose overlap with a pixel is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lvcine.measure.coverage import pixel_coverage


def test_a_right_triangle_in_one_pixel_covers_half_of_its_box():
    triangle = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]])
    assert pixel_coverage(triangle, (1, 1)) == pytest.approx(np.array([[0.5]]))


def test_a_rectangle_off_the_grid_covers_what_its_sides_say():
    box = np.array([[0.2, 1.1], [0.2, 3.4], [2.9, 3.4], [2.9, 1.1]])
    rows = [0.3, 1.0, 1.0, 0.4]  # of pixels 0 to 3 between y = 0.2 and 2.9
    columns = [0.0, 0.4, 1.0, 0.9, 0.0]  # of pixels 0 to 4 between x = 1.1 and 3.4
    assert pixel_coverage(box, (4, 5)) == pytest.approx(np.outer(rows, columns))


@given(
    y=st.floats(10, 30),
    x=st.floats(10, 30),
    radius=st.floats(0.3, 9.0),
    squash=st.floats(0.3, 1.0),
    corners=st.integers(3, 60),
    backwards=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_sum_is_the_area_of_a_regular_polygon(y, x, radius, squash, corners, backwards):
    angle = np.arange(corners) * (2 * np.pi / corners)
    points = np.stack([y + squash * radius * np.sin(angle), x + radius * np.cos(angle)], axis=1)
    covered = pixel_coverage(points[::-1] if backwards else points, (41, 41))
    area = 0.5 * corners * squash * radius**2 * np.sin(2 * np.pi / corners)
    assert covered.sum() == pytest.approx(area, rel=1e-9)
    assert covered.min() >= 0 and covered.max() <= 1


def test_it_agrees_with_counting_many_points_in_each_pixel(circle, blurred_disc):
    exact = pixel_coverage(circle((9.3, 11.8), (5.2, 7.1)).points, (20, 24))
    assert np.abs(exact - blurred_disc((20, 24), (9.3, 11.8), (5.2, 7.1))).max() < 0.05


def test_what_lies_outside_the_image_is_left_out(circle):
    whole = pixel_coverage(circle((10.0, 10.0), 6.0).points, (21, 21))
    corner = pixel_coverage(circle((0.0, 0.0), 6.0).points, (21, 21))
    assert corner == pytest.approx(np.pad(whole[10:, 10:], ((0, 10), (0, 10))), abs=1e-12)
    assert pixel_coverage(circle((-50.0, 90.0), 6.0).points, (21, 21)).sum() == 0
