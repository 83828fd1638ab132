"""Tiles around the ventricle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.report.picture import Box, curve, grid, mosaic, tiles_of, ventricle_box, windowed
from lvcine.study import Contour, Segmentation

SPACING_MM = (1.5, 1.2)


def no_ventricle(analysis):
    none = tuple((None,) * analysis.cine.frames for _ in range(analysis.cine.slices))
    return Segmentation(analysis.segmentation.mask, none, none)


def test_the_box_holds_every_contour_with_margin_and_is_square_in_mm(ring):
    box = ventricle_box(ring.cine, ring.segmentation)
    radius_mm = 33.0  # epicardium of slice 0 at ED, centre at pixel 48
    for centre, low, high, spacing in ((48, box.top, box.bottom, 1.5), (48, box.left, box.right, 1.2)):
        assert centre - low >= radius_mm / spacing * 1.2 and high - centre >= radius_mm / spacing * 1.2
    assert box.height * SPACING_MM[0] == pytest.approx(box.width * SPACING_MM[1], abs=3.0)


def test_the_box_stays_inside_the_image_and_is_all_of_it_without_ventricle(make_ring):
    tight = make_ring(size=60)
    box = ventricle_box(tight.cine, tight.segmentation)
    assert box.top >= 0 and box.left >= 0 and box.bottom <= 60 and box.right <= 60
    assert ventricle_box(tight.cine, no_ventricle(tight)) == Box(0, 60, 0, 60)


def test_the_window_ignores_one_broken_pixel_and_nan():
    pixels = np.random.default_rng(1).uniform(100, 200, (2, 3, 40, 40)).astype(np.float32)
    pixels[0, 0, 20, 20], pixels[1, 1, 3, 3] = 1e9, np.nan
    grey = windowed(pixels, Box(0, 40, 0, 40))
    assert grey.dtype == np.uint8
    assert np.ptp(grey[1, 2].astype(int)) > 230  # the ordinary range still fills the greys


def test_a_flat_image_is_shown_dark_not_refused():
    assert windowed(np.full((1, 1, 30, 30), 7), Box(0, 30, 0, 30)).max() == 0


def test_contours_keep_their_sub_pixel_place_in_the_tile():
    square = Contour(np.array([[10.0, 20.0], [10.0, 30.5], [18.25, 30.5]]))
    expected = [[5.5, 2.5], [16.0, 2.5], [16.0, 10.75]]  # x, y; the first pixel's centre is (0.5, 0.5)
    assert curve(square, Box(8, 40, 15, 40)).tolist() == expected


def test_long_contours_are_thinned_without_shrinking():
    angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    circle = Contour(50 + 20 * np.stack([np.sin(angle), np.cos(angle)], axis=1))
    thin = curve(circle, Box(0, 100, 0, 100))
    assert len(thin) == 72
    assert np.hypot(*(thin - 50.5).T) == pytest.approx(np.full(72, 20.0), abs=1e-3)


def test_tiles_show_each_slice_in_its_place(ring):
    tiles = tiles_of(ring)
    rows, columns = grid(tiles.slices)
    h, w = tiles.grey.shape[2:]
    sheet = mosaic(tiles, 3, columns)
    assert sheet.shape == (rows * h, columns * w)
    for z in range(tiles.slices):
        y, x = z // columns * h, z % columns * w
        assert np.array_equal(sheet[y : y + h, x : x + w], tiles.grey[z, 3])


def test_slices_without_contour_stay_without(ring):
    endo = ((None,) * 8, *ring.segmentation.endo[1:])
    partly = replace(ring, segmentation=replace(ring.segmentation, endo=endo))
    tiles = tiles_of(partly)
    assert tiles.endo[0] == [None] * 8 and tiles.endo[1][0] is not None
