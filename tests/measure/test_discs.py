"""The method of discs on shapes whose volumes are known."""

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.discs import LongAxis, biplane_volume, disc_diameters, long_axis, single_plane_volume
from lvcine.study import Contour


def half_ellipse(
    length: float, radius: float, turn: float = 0.0, points: int = 2000
) -> tuple[Contour, tuple]:
    """Half of an ellipse, flat at its base, and the ends of the flat side."""
    angle = np.linspace(0, np.pi, points)
    shape = np.stack([length * np.sin(angle), radius * np.cos(angle)], 1)
    c, s = np.cos(turn), np.sin(turn)
    moved = shape @ np.array([[c, s], [-s, c]]) + [40.0, 25.0]
    return Contour(moved), (moved[0], moved[-1])


@pytest.mark.parametrize("turn", [0.0, 0.4, np.pi / 2, 3.0])
def test_half_a_spheroid_is_exact_to_half_a_percent(turn):
    contour, annulus = half_ellipse(90, 25, turn)
    axis = long_axis(contour, annulus)
    assert axis.length == pytest.approx(90, rel=1e-4)
    volume = single_plane_volume(disc_diameters(contour, axis), axis.length)
    assert volume == pytest.approx(2 / 3 * np.pi * 25**2 * 90, rel=0.005)


def test_a_cone_too():
    contour = Contour(np.array([[0.0, -20.0], [0.0, 20.0], [80.0, 0.0]]))
    axis = long_axis(contour, (contour.points[0], contour.points[1]))
    volume = single_plane_volume(disc_diameters(contour, axis), axis.length)
    assert volume == pytest.approx(np.pi * 20**2 * 80 / 3, rel=0.005)


def test_the_apex_is_far_from_the_base_though_a_point_by_the_base_lies_the_same_way():
    """A contour drawn through the middle of the annulus: its point there is no apex."""
    outline = Contour(np.array([[0.0, 0.0], [0.001, 3.0], [0.0, 6.0], [9.0, 3.0]]))
    assert long_axis(outline, (np.array([0.0, 0.0]), np.array([0.0, 6.0]))).length == pytest.approx(9.0)


def test_two_planes_give_an_ellipsoid_where_one_gives_a_spheroid():
    sides = []
    for radius in (25, 18):
        contour, annulus = half_ellipse(90, radius)
        axis = long_axis(contour, annulus)
        sides.append((disc_diameters(contour, axis), axis.length))
    volume, differ = biplane_volume(*sides)
    assert volume == pytest.approx(2 / 3 * np.pi * 25 * 18 * 90, rel=0.005) and differ < 1e-4


def test_the_longer_axis_is_taken_and_the_difference_told():
    discs = np.full(20, 10.0)
    volume, differ = biplane_volume((discs, 80.0), (discs, 100.0))
    assert volume == pytest.approx(np.pi / 4 * 100 * 100) and differ == pytest.approx(0.2)


def test_volume_goes_with_the_cube_of_the_scale():
    contour, annulus = half_ellipse(60, 20)
    volumes = []
    for scale in (1.0, 2.0):
        bigger = Contour(contour.points * scale)
        axis = long_axis(bigger, tuple(scale * p for p in annulus))
        volumes.append(single_plane_volume(disc_diameters(bigger, axis), axis.length))
    assert volumes[1] == pytest.approx(8 * volumes[0])


def test_what_bulges_in_is_not_counted():
    notched = Contour(
        np.array([[0, -10], [0, -3], [30, -3], [30, 3], [0, 3], [0, 10], [60, 10], [60, -10]], float)
    )
    axis = LongAxis(np.array([0.0, 0.0]), np.array([60.0, 0.0]))
    found = disc_diameters(notched, axis)
    assert found[:10] == pytest.approx(14.0) and found[10:] == pytest.approx(20.0)


def test_errors():
    with pytest.raises(MeasureError, match="without length"):
        disc_diameters(half_ellipse(9, 3)[0], LongAxis(np.zeros(2), np.zeros(2)))
    with pytest.raises(MeasureError, match="discs"):
        biplane_volume((np.ones(20), 1.0), (np.ones(10), 1.0))
