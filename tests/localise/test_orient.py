"""However a stack was stored, the turned one is the same."""

import itertools

import numpy as np
import pytest

from lvcine.localise import orientation
from lvcine.phantom import virtual_study
from lvcine.study import Geometry

CINE, _ = virtual_study(3, frames=1, size=24, spacing_mm=6.0)


def stored(transpose: bool, flip_y: bool, flip_x: bool, flip_z: bool) -> tuple[np.ndarray, Geometry]:
    """The same patient, the same voxels, another way of storing them."""
    pixels, g = CINE.pixels, CINE.geometry
    row, column, origins = g.row_step_mm, g.column_step_mm, g.origins_mm
    if transpose:
        pixels, row, column = np.swapaxes(pixels, -1, -2), column, row
    if flip_y:
        pixels, origins, row = pixels[..., ::-1, :], origins + row * (pixels.shape[-2] - 1), -row
    if flip_x:
        pixels, origins, column = pixels[..., ::-1], origins + column * (pixels.shape[-1] - 1), -column
    if flip_z:
        pixels, origins = pixels[::-1], origins[::-1]
    return pixels, Geometry(origins, row, column)


@pytest.mark.parametrize("way", list(itertools.product([False, True], repeat=4)))
def test_every_way_of_storing_gives_the_same_turned_stack(way):
    expected = orientation(CINE.geometry).apply(CINE.pixels)
    pixels, geometry = stored(*way)
    turn = orientation(geometry)
    assert np.array_equal(turn.apply(pixels), expected)
    assert np.array_equal(turn.undo(turn.apply(pixels)), pixels)


@pytest.mark.parametrize("way", list(itertools.product([False, True], repeat=4)))
def test_points_come_back_to_the_same_pixel(way):
    pixels, geometry = stored(*way)
    turn = orientation(geometry)
    turned = turn.apply(pixels)
    z, t, y, x = 2, 0, 5, 9
    back = turn.point_back(np.array([[y, x]], float), turned.shape[-2:])[0].astype(int)
    assert pixels[turn.slice_back(z, len(pixels)), t, back[0], back[1]] == turned[z, t, y, x]


def test_a_stack_of_unknown_place_is_left_as_it_is():
    turn = orientation(Geometry.stack(3, (1.0, 1.0), 8.0))
    assert np.array_equal(turn.apply(CINE.pixels), CINE.pixels)
