"""Looking through a window and back."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from lvcine.localise import Window, find_place
from lvcine.localise.window import _linear


def ramp(shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.indices(shape, dtype=np.float32)
    return 3.0 * rows + columns


def test_a_window_shows_what_lies_at_its_points():
    window = Window((30.0, 20.0), (16, 12), (1.5, 0.75))
    seen = window.resample(ramp((64, 48))[None])[0]
    y, x = window.to_scan(np.array([[3.0, 7.0]]))[0]
    assert seen[3, 7] == pytest.approx(3 * y + x, abs=1e-3)


def test_points_go_there_and_back():
    window = Window((31.3, 17.9), (20, 20), (1.1, 0.9))
    points = np.array([[0.0, 0.0], [4.5, 19.0]])
    assert window.to_window(window.to_scan(points)) == pytest.approx(points)


def test_looking_back_restores_a_smooth_picture_inside_and_fills_outside():
    window = Window((32.0, 32.0), (40, 40), (1.0, 1.0))
    picture = ramp((64, 64))
    back = window.resample_to_scan(window.resample(picture[None])[0], (64, 64), -7.0)
    assert back[20:45, 20:45] == pytest.approx(picture[20:45, 20:45], abs=1e-3)
    assert back[0, 0] == -7.0


@pytest.mark.parametrize(("mode", "edge"), [("nearest", 0), ("grid-constant", 1)])
def test_lines_and_columns_give_what_points_anywhere_give(mode, edge):
    rng = np.random.default_rng(0)
    window = Window((11.3, 9.8), (25, 31), (1.1, 0.7))  # reaches beyond the picture on all sides
    picture = rng.random((20, 17), dtype=np.float32)
    rows, columns = window._lines()
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"))
    ours = window.resample(picture) if edge else _linear(picture, rows, columns)
    np.testing.assert_allclose(ours, map_coordinates(picture, grid, order=1, mode=mode), atol=1e-5)


def test_one_line_of_pixels_is_a_picture_too():
    assert _linear(np.ones((1, 3), np.float32), np.array([0.0, 0.5]), np.array([1.5])).tolist() == [
        [1.0],
        [1.0],
    ]


def test_beyond_the_picture_is_zero():
    window = Window((0.0, 0.0), (8, 8), (1.0, 1.0))
    seen = window.resample(np.ones((1, 10, 10)))[0]
    assert seen[0, 0] == 0.0 and seen[7, 7] == 1.0


def test_the_place_is_the_spot_seen_in_most_slices():
    likelihood = np.zeros((4, 2, 60, 60), np.float32)
    likelihood[:, :, 36:45, 16:25] = 0.9
    likelihood[0, :, 5:12, 45:52] = 1.0  # a vessel in one slice
    place = find_place(likelihood)
    assert place.centre == pytest.approx((40.0, 20.0), abs=0.5)
    assert place.second_best < 0.5
