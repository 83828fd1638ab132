"""What is doubted about an apical clip's outlines."""

import numpy as np
import pytest

from lvcine.quality.apical import believed_scale, check_apical
from lvcine.study import Cine, Contour, Geometry, Mask, Segmentation, View

SIZE, FRAMES = 100, 8
ANGLES = np.linspace(0, 2 * np.pi, 80, endpoint=False)
SECTOR = np.ones((SIZE, SIZE), bool)


def circle(radius: float, middle=(50.0, 50.0)) -> Contour:
    return Contour(np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1) * radius + middle)


def codes(endo, sector=SECTOR) -> list[str]:
    pixels = np.zeros((1, len(endo), SIZE, SIZE), np.uint8)
    cine = Cine(pixels, Geometry.stack(1, (1.0, 1.0), 1.0), gated=False, view=View.A4C, modality="US")
    drawn = Segmentation(Mask(pixels), (tuple(endo),), (tuple(endo),))
    return [f.code for f in check_apical(cine, drawn, sector, 0)]


def test_a_ventricle_that_beats_inside_the_sector_is_not_doubted():
    assert codes([circle(20 + 3 * np.cos(2 * np.pi * t / FRAMES)) for t in range(FRAMES)]) == []


@pytest.mark.parametrize("middle", [(50.0, 80.0), (50.0, 85.0), (15.0, 50.0)])
def test_a_wall_at_the_edge_of_the_sector_is_said(middle):
    assert codes([circle(20, middle)] * FRAMES) == ["lv-at-border"]
    narrow = SECTOR.copy()
    narrow[:, 70:] = False
    assert codes([circle(20, (50.0, 55.0))] * FRAMES, narrow) == ["lv-at-border"]


def test_frames_without_a_ventricle_are_named():
    assert codes([circle(20), None, circle(20)]) == ["frames-without-lv"]


def test_a_jump_of_the_area_is_said_and_a_systole_is_not():
    assert codes([circle(20), circle(20), circle(16), circle(20)]) == ["contour-jumps-in-time"]
    assert codes([circle(20), circle(19), circle(18), circle(17), circle(16), circle(15.3)]) == []


def scaled(row_mm, column_mm):
    pixels = np.zeros((1, 4, 256, 256), np.uint8)
    clip = Cine(pixels, Geometry.stack(1, (row_mm, column_mm), 1.0), gated=False, modality="US")
    return believed_scale(clip, np.ones((256, 256), bool))


@pytest.mark.parametrize(
    ("row_mm", "column_mm", "calibrated", "code"),
    [
        (0.6, 0.6, True, None),  # 154 mm deep
        (0.25, 0.25, True, None),  # a child
        (0.6, 0.7, True, None),  # an old screen
        (6.0, 6.0, False, "spacing-implausible"),  # mm in place of cm
        (2.0, 2.0, False, "spacing-implausible"),
        (0.06, 0.06, True, "spacing-unusual"),  # cm in place of mm, or a mouse
        (0.6, 0.9, True, "spacing-unusual"),
    ],
)
def test_the_scale_is_held_against_what_ultrasound_reaches(row_mm, column_mm, calibrated, code):
    cine = scaled(row_mm, column_mm)
    assert cine.geometry.calibrated == calibrated and [f.code for f in cine.findings] == [code] * bool(code)
    assert cine.geometry.pixel_spacing_mm[0] / cine.geometry.pixel_spacing_mm[1] == pytest.approx(
        row_mm / column_mm
    )


def fan(rows):
    y, x = np.mgrid[:SIZE, :SIZE]
    whole = (np.abs(x - SIZE / 2) < 0.55 * y) & (np.hypot(y, x - SIZE / 2) < 0.9 * SIZE)
    return whole[:rows]


def test_a_fan_that_is_cut_off_below_is_said():
    ring = [circle(12, (40.0, 50.0))] * FRAMES
    assert codes(ring, fan(SIZE)) == [] and codes(ring, fan(65)) == ["picture-cropped"]
