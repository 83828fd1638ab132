"""Rendered studies agree with the geometry they were rendered from."""

import numpy as np
import pytest

from lvcine.phantom import Heart, virtual_study

HEART = Heart(length_mm=90.0, radius_mm=25.0, wall_mm=9.0, ejection_fraction=0.6, basal_tilt_mm=0.0)


def test_same_seed_gives_the_same_bytes_and_another_seed_another_heart():
    first, again, other = (virtual_study(s, frames=2, size=64, spacing_mm=2.5)[0].pixels for s in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_labels_of_a_slice_have_the_area_of_the_closed_form():
    cine, truth = virtual_study(1, frames=1, heart=HEART, size=160, spacing_mm=0.7)
    theta = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    zeta = (cine.geometry.origins_mm - cine.geometry.origins_mm[0]) @ np.array([0.66, -0.58, -0.48])
    zeta /= np.linalg.norm([0.66, -0.58, -0.48])
    areas = (truth.labels == 1).sum((1, 2, 3)) * 0.7**2
    middle = int(areas.argmax())
    # The first slice's height is drawn from the seed; it follows from where the largest disc is.
    fits = []
    for first in np.linspace(-30, 5, 701):
        discs = [(np.pi * HEART.surfaces(first + d, theta, 0.0)[0] ** 2).mean() for d in zeta[middle:]]
        fits.append(np.abs(np.array(discs) - areas[middle:]).max())
    assert min(fits) < 0.01 * areas.max()


def test_bright_blood_and_dark_wall():
    cine, truth = virtual_study(2, frames=1, heart=HEART)
    blood = np.median(cine.pixels[truth.labels == 1])
    wall = np.median(cine.pixels[truth.labels == 2])
    assert wall < 0.75 * blood


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.5])
def test_the_right_ventricle_lies_where_truth_says(turn):
    cine, truth = virtual_study(11, frames=1, heart=HEART, turn=turn)
    z = int((truth.labels == 1).sum((1, 2, 3)).argmax())
    lv = truth.labels[z, 0] > 0
    rows, columns = np.nonzero(lv)
    geometry = cine.geometry
    towards = truth.septum_yx[0] * geometry.row_step_mm + truth.septum_yx[1] * geometry.column_step_mm
    # The septum faces the patient's right (-x in LPS) whatever way the picture is turned.
    assert towards[0] < 0 and abs(towards @ geometry.normal) < 1e-9
    assert rows.size > 100


def test_frames_follow_the_volume_curve():
    cine, truth = virtual_study(5, frames=12, first_phase=0.5, size=96, spacing_mm=2.0)
    counted = (truth.labels == 1).sum((0, 2, 3))
    assert abs(int(counted.argmin()) - truth.es_frame) <= 1
    assert truth.ed_frame not in (0, 1) and cine.frames == 12
