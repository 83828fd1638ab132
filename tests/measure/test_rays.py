"""Rays against shapes whose edge is known by angle."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.rays import ray_radii

ANGLES = np.arange(0, 360, 7) * np.pi / 180
UNIT = np.stack([np.sin(ANGLES), np.cos(ANGLES)], axis=1)


def test_the_edge_of_a_circle_seen_from_a_point_off_its_centre(circle):
    seen = ray_radii(circle((40.0, 50.0), 20.0, 2000).points, np.array([46.0, 42.0]), UNIT)
    off = np.array([6.0, -8.0])
    along = UNIT @ off
    assert seen == pytest.approx(-along + np.sqrt(along**2 + 400 - 100), rel=1e-5)


def test_the_edge_of_an_ellipse(circle):
    seen = ray_radii(circle((0.0, 0.0), (30.0, 20.0), 2000).points, np.zeros(2), UNIT)
    assert seen == pytest.approx(1 / np.sqrt((UNIT[:, 0] / 30) ** 2 + (UNIT[:, 1] / 20) ** 2), rel=1e-5)


def test_the_outermost_crossing_counts():
    horseshoe = np.array([[-5, -5], [-5, 5], [5, 5], [5, 2], [-2, 2], [-2, -2], [5, -2], [5, -5]], float)
    centre = np.array([-3.5, 0.0])  # in the bend: down the middle there is one edge, sideways the outer one
    down, aside = ray_radii(horseshoe, centre, np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert (down, aside) == pytest.approx((1.5, 5.0))
    slanting = np.array([[1.0, 0.7]]) / np.hypot(1.0, 0.7)  # passes the gap, then the arm
    assert ray_radii(horseshoe, centre, slanting) == pytest.approx(5 / 0.7 * np.hypot(1.0, 0.7), rel=1e-9)


def test_a_ray_that_meets_nothing_says_so(circle):
    away = ray_radii(circle((0.0, 100.0), 5.0).points, np.zeros(2), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert np.isnan(away[0]) and away[1] == pytest.approx(105.0)
