"""Boundaries at sub-pixel level, against circles."""

import numpy as np
import pytest

from lvcine.localise.outline import outline
from lvcine.localise.postprocess import beside, keep_one, rounded


def shoelace(p: np.ndarray) -> float:
    q = np.roll(p, -1, 0)
    return abs(float(np.sum(p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]))) / 2


def centroid(p: np.ndarray) -> np.ndarray:
    q = np.roll(p, -1, 0)
    cross = p[:, 0] * q[:, 1] - q[:, 0] * p[:, 1]
    return ((p + q) * cross[:, None]).sum(0) / (3 * cross.sum())


@pytest.mark.parametrize("radius", [6.0, 15.3, 30.0])
def test_the_outline_of_a_disc_has_its_area_and_centre(radius):
    rows, columns = np.indices((96, 96), dtype=np.float32)
    level = (radius - np.hypot(rows - 47.3, columns - 50.8)).astype(np.float32)
    points = outline(level)
    assert shoelace(points) == pytest.approx(np.pi * radius**2, rel=5e-3)
    assert centroid(points) == pytest.approx([47.3, 50.8], abs=0.1)


def test_nothing_above_zero_has_no_outline():
    assert outline(np.full((8, 8), -1.0, np.float32)) is None


def test_a_blob_at_the_edge_is_closed():
    level = np.full((20, 20), -1.0, np.float32)
    level[:6, 5:15] = 1.0
    points = outline(level)
    assert shoelace(points) == pytest.approx(6 * 10, rel=0.1)


def test_the_piece_near_the_centre_is_kept_and_its_holes_filled():
    wall = np.zeros((60, 60), np.float32)
    wall[20:36, 20:36] = 1.0
    wall[27, 27] = 0.0
    wall[50:59, 50:59] = 1.0
    kept = keep_one(np.zeros_like(wall), wall, (28.0, 28.0), 1.4)
    assert kept[27, 27] and not kept[54, 54]


def test_wall_without_cavity_is_kept_as_an_apex_but_not_as_a_piece_of_a_ring():
    rows, columns = np.indices((60, 60))
    radius = np.hypot(rows - 30, columns - 30)
    nothing = np.zeros((60, 60), np.float32)
    apex = (radius < 8).astype(np.float32)
    crescent = ((radius > 14) & (radius < 20) & (columns > 30)).astype(np.float32)
    assert keep_one(nothing, apex, (30.0, 30.0), 1.4).sum() == apex.sum()
    assert not keep_one(nothing, crescent, (30.0, 30.0), 1.4).any()


def disc(y: float, x: float, radius: float) -> np.ndarray:
    rows, columns = np.indices((60, 60))
    return np.hypot(rows - y, columns - x) < radius


def test_a_slice_goes_on_from_its_neighbour_where_it_lies_on_it():
    heart = disc(30, 30, 12)
    assert beside(disc(34, 26, 5), heart, 1.4) and beside(disc(30, 43, 3), heart, 1.4)
    assert not beside(disc(30, 52, 5), heart, 1.4)


def test_a_spur_is_cut_off_and_a_round_outline_stays():
    round_lv = disc(30, 30, 18)
    assert (rounded(round_lv, 1.4) ^ round_lv).sum() < 0.02 * round_lv.sum()
    spur = round_lv.copy()
    spur[29:33, 30:58] = True
    cut = rounded(spur, 1.4)
    assert not cut[:, 52:].any() and (cut & round_lv).sum() > 0.98 * round_lv.sum()


def test_a_small_apex_is_not_rounded_away():
    apex = disc(30, 30, 4)
    assert rounded(apex, 1.4).sum() > 0.8 * apex.sum()
