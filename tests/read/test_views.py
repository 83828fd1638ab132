"""Views from geometry: hearts turned, planes turned about the axis, stacks that cross."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.read.views import CLOCK_DEG, USUAL_AXIS, clock_angle_deg, name_views
from lvcine.study import Cine, Geometry, View

MIDDLE = np.array([30.0, -40.0, -10.0])


def frame_about(axis):
    """(lateral, up): the AHA clock's 0 and 90 degrees around an axis."""
    up = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    up /= np.linalg.norm(up)
    return np.cross(up, axis), up


def cine(row, column, slices=1, step=8.0, middle=MIDDLE, size=40, **facts):
    normal = np.cross(row, column)
    corner = middle - (row + column) * (size - 1) / 2
    origins = corner + (np.arange(slices) - (slices - 1) / 2)[:, None] * step * normal
    return Cine(np.zeros((slices, 5, size, size), np.uint8), Geometry(origins, column, row), **facts)


def short_axis(axis, slices=10, **facts):
    return cine(*frame_about(axis), slices=slices, **facts)


def long_axis(axis, degrees, tilt=0.0, **facts):
    """A plane that cuts the clock at the angle and leans away from the axis by ``tilt`` degrees."""
    lateral, up = frame_about(axis)
    a, b = np.deg2rad(degrees), np.deg2rad(tilt)
    across = np.cos(a) * lateral + np.sin(a) * up
    normal = np.cross(across, axis)
    return cine(across, np.cos(b) * axis + np.sin(b) * normal, **facts)


def views(*cines):
    return [view for view, _ in name_views(cines)]


def turn(axis, about, degrees):
    a = np.deg2rad(degrees)
    about = about / np.linalg.norm(about)
    return axis * np.cos(a) + np.cross(about, axis) * np.sin(a) + about * (about @ axis) * (1 - np.cos(a))


HEARTS = [
    turn(USUAL_AXIS, np.array(about, float), 20.0) for about in ([0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 1, 0])
]


@pytest.mark.parametrize("axis", [USUAL_AXIS, *HEARTS], ids=lambda axis: str(np.round(axis, 1)))
def test_an_exam_of_a_heart_that_lies_a_little_otherwise(axis):
    planes = [long_axis(axis, degrees) for degrees in (30, 90, 150)]
    assert views(*planes, short_axis(axis)) == [View.CH4, View.CH2, View.CH3, View.SAX]


@pytest.mark.parametrize("view", CLOCK_DEG)
@pytest.mark.parametrize("off", [-15, 0, 15])
def test_the_clock_has_room_for_anatomy(view, off):
    found = name_views([short_axis(USUAL_AXIS), long_axis(USUAL_AXIS, CLOCK_DEG[view] + off)])[1]
    assert found == (view, ())


@pytest.mark.parametrize("degrees", [0, 60, 120, 180])
def test_between_the_standard_planes_the_name_is_left_open(degrees):
    (view, findings) = name_views([short_axis(USUAL_AXIS), long_axis(USUAL_AXIS, degrees)])[1]
    assert view is View.LAX and findings[0].code == "view-uncertain"


@pytest.mark.parametrize("degrees", [17.0, 61.0, 133.0])
def test_the_clock_reads_the_angle_that_was_set(degrees):
    plane = long_axis(USUAL_AXIS, degrees)
    assert clock_angle_deg(plane.geometry.normal, USUAL_AXIS) == pytest.approx(degrees)


def test_mirrored_and_turned_pictures_have_the_same_view():
    lateral, up = frame_about(USUAL_AXIS)
    for row, column in ((up, lateral), (-lateral, up), (lateral, -up), (-up, -lateral)):
        planes = [long_axis(USUAL_AXIS, degrees) for degrees in (30, 90, 150)]
        named = views(cine(row, column, slices=10), *planes)
        assert named == [View.SAX, View.CH4, View.CH2, View.CH3]


def test_a_tilted_plane_is_long_axis_with_a_doubt_and_a_slanted_one_is_not():
    exam = [short_axis(USUAL_AXIS), long_axis(USUAL_AXIS, 90, tilt=20), long_axis(USUAL_AXIS, 90, tilt=40)]
    assert views(*exam) == [View.SAX, View.LAX, View.OTHER]


def test_a_plane_beside_the_left_ventricle_is_not_its_view():
    lateral, _ = frame_about(USUAL_AXIS)
    beside = long_axis(USUAL_AXIS, 90, middle=MIDDLE - 40 * lateral)
    near = long_axis(USUAL_AXIS, 90, middle=MIDDLE - 15 * lateral)
    assert views(short_axis(USUAL_AXIS), beside, near) == [View.SAX, View.OTHER, View.CH2]


def test_a_transaxial_stack_does_not_pass_for_the_short_axis():
    transaxial = cine(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), slices=20)
    planes = [long_axis(USUAL_AXIS, degrees) for degrees in (30, 90)]
    assert views(transaxial, short_axis(USUAL_AXIS, slices=8), *planes)[:2] == [View.OTHER, View.SAX]


def test_single_slices_of_a_known_direction():
    lateral, up = frame_about(USUAL_AXIS)
    assert views(cine(lateral, up), long_axis(USUAL_AXIS, 30)) == [View.SAX, View.CH4]


def test_long_axis_planes_alone_find_the_axis_where_they_cross():
    axis = HEARTS[0]
    assert views(*(long_axis(axis, degrees) for degrees in (30, 90, 150))) == [View.CH4, View.CH2, View.CH3]


def test_two_crossing_stacks_of_an_unusual_heart_the_longer_is_taken_and_it_is_said():
    odd = np.array([-0.19, -0.53, -0.83]) / np.linalg.norm([-0.19, -0.53, -0.83])
    across = np.cross(odd, USUAL_AXIS)
    across = np.cross(
        odd, across / np.linalg.norm(across)
    )  # as near to the usual axis as a crossing stack can be
    crossing = turn(across, odd, 39.0)  # and no nearer than the first
    found = name_views([short_axis(crossing, slices=9), short_axis(odd, slices=20)])
    assert [view for view, _ in found] == [View.LAX, View.SAX]
    assert [f.code for f in found[1][1]] == ["short-axis-guessed"]


def test_a_lone_stack_in_an_unusual_direction_is_taken_with_a_warning():
    body = cine(np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), slices=10)
    ((view, findings),) = name_views([body])
    assert view is View.SAX and [f.code for f in findings] == ["short-axis-unusual"]


def test_what_is_not_placed_or_is_ultrasound_keeps_its_view():
    loose = Cine(np.zeros((5, 5, 8, 8)), Geometry.stack(5, (1, 1), 8.0))
    sound = short_axis(USUAL_AXIS, modality="US", view=View.A4C)
    assert views(loose, sound) == [View.UNKNOWN, View.A4C]
