"""Planes of the pictures and the heart's place in the patient."""

import numpy as np
import pytest

from lvcine.phantom.views import AZIMUTH, TO_PATIENT, long_axis, short_axis, to_patient
from lvcine.study import View

LONG = [View.CH2, View.CH3, View.CH4]


def test_the_hearts_frame_is_a_mirror_of_the_patients():
    assert TO_PATIENT.T @ TO_PATIENT == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(TO_PATIENT) == pytest.approx(-1.0)


def test_the_apex_lies_left_in_front_and_below_the_lateral_wall_left_and_the_inferior_wall_below():
    lateral, inferior, apex = (to_patient(v) for v in np.eye(3))
    assert apex[0] > 0.3 and apex[1] < -0.3 and apex[2] < -0.3  # LPS
    assert lateral[0] > 0.3 and lateral[1] > 0.3
    assert inferior[2] < -0.3


def test_a_point_keeps_its_distances_in_the_patient():
    a, b = np.random.default_rng(0).normal(0, 40, (2, 7, 3))
    moved = np.linalg.norm(to_patient(a) - to_patient(b), axis=1)
    assert moved == pytest.approx(np.linalg.norm(a - b, axis=1))


@pytest.mark.parametrize(
    "plane", [short_axis(12.0, 0.7, (3.0, -4.0)), long_axis(View.CH3, 30.0, 2, 0.1, 0.2, 2.5)]
)
def test_a_grid_steps_by_the_spacing_about_its_middle(plane):
    grid = plane.grid(5, 8, 1.5)
    assert grid.shape == (3, 5, 8)
    assert grid.mean((1, 2)) == pytest.approx(plane.middle_mm)
    assert np.diff(grid, axis=1)[:, 0, 0] == pytest.approx(1.5 * plane.down)
    assert np.diff(grid, axis=2)[:, 0, 0] == pytest.approx(1.5 * plane.across)
    frame = np.stack([plane.down, plane.across, plane.normal])
    assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-12)


def test_short_axis_pictures_have_the_septum_on_the_left_and_the_anterior_wall_on_top():
    plane = short_axis(20.0)
    x, y, z = plane.grid(3, 3, 10.0)
    assert x[1, 0] < 0 < x[1, 2] and y[0, 1] < 0 < y[2, 1] and (z == 20.0).all()
    assert plane.normal == pytest.approx([0, 0, 1])


@pytest.mark.parametrize("view", LONG)
@pytest.mark.parametrize("spin", [0.0, 2.6])
def test_a_long_axis_plane_holds_the_axis_and_the_views_direction(view, spin):
    plane = long_axis(view, 30.0, spin=spin)
    azimuth = AZIMUTH[view]
    for vector in ([0, 0, 1.0], [np.cos(azimuth), np.sin(azimuth), 0]):
        assert plane.normal @ np.array(vector) == pytest.approx(0, abs=1e-12)
    assert plane.middle_mm == pytest.approx([0, 0, 30.0])


def test_off_axis_planes_miss_the_axis_by_what_they_are_told():
    plane = long_axis(View.CH4, 30.0, off_mm=6.0)
    assert abs(plane.normal @ plane.middle_mm) == pytest.approx(6.0)
    leant = long_axis(View.CH4, 30.0, lean=0.25)
    assert abs(np.arcsin(leant.normal[2])) == pytest.approx(0.25)
    turned = long_axis(View.CH4, 30.0, turn=0.3)
    assert np.arccos(abs(turned.normal @ long_axis(View.CH4, 30.0).normal)) == pytest.approx(0.3)


def test_ultrasound_views_cut_the_same_walls_as_mr():
    assert [AZIMUTH[v] for v in (View.A2C, View.A3C, View.A4C)] == [AZIMUTH[v] for v in LONG]


def test_unspun_long_axis_pictures_have_the_apex_on_top():
    z = long_axis(View.CH2, 40.0).grid(3, 3, 10.0)[2]
    assert z[0, 1] == pytest.approx(50.0) and z[2, 1] == pytest.approx(30.0)
