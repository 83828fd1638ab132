"""The way from the cine's axes to the file's and back."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from lvcine.study import FileGrid

WAYS = [(axes, flips) for axes in permutations(range(3)) for flips in product((False, True), repeat=3)]


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_there_and_back_is_nothing(axes, flips) -> None:
    cine = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    grid = FileGrid(axes, None, flips)
    there = grid.to_file_axes(cine)
    assert [there.shape[a] for a in axes] == [2, 4, 5] and there.shape[3] == 3
    assert np.array_equal(grid.from_file_axes(there), cine)
    assert np.array_equal(grid.to_file_axes(grid.from_file_axes(there)), there)


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_one_voxel_lands_where_the_definition_says(axes, flips) -> None:
    cine = np.zeros((2, 1, 4, 5), np.uint8)
    cine[1, 0, 2, 4] = 1
    place = [0, 0, 0]
    for axis, flipped, index, samples in zip(axes, flips, (1, 2, 4), (2, 4, 5), strict=True):
        place[axis] = samples - 1 - index if flipped else index
    assert np.argwhere(FileGrid(axes, None, flips).to_file_axes(cine)).tolist() == [[*place, 0]]


def test_dicom_is_written_as_x_y_z_t() -> None:
    assert FileGrid().to_file_axes(np.zeros((2, 3, 4, 5))).shape == (5, 4, 2, 3)
