"""Virtual studies agree with the geometry they were rendered from, in the patient's own millimetres."""

from pathlib import Path

import numpy as np
import pytest

from lvcine.phantom import Heart, virtual_long_axis, virtual_study
from lvcine.phantom.views import to_patient
from lvcine.phantom.write import write_dicom_mr
from lvcine.read import open_study
from lvcine.study import Cine, View

# Half an ellipsoid: every number of it is known.
HEART = Heart(length_mm=90.0, radius_mm=26.0, wall_mm=9.0, ejection_fraction=0.6, taper=2.0, waist=0.0)
EDV_ML = 2 / 3 * np.pi * 26.0**2 * 90.0 / 1000.0
AXIS = to_patient(np.array([0.0, 0.0, 1.0]))
LONG = [View.CH2, View.CH3, View.CH4]
SMALL = {"frames": 3, "size": 40, "spacing_mm": 5.0, "step_mm": 20.0}
LAX = {"frames": 3, "size": 40, "spacing_mm": 5.0}


def in_patient(cine: Cine, mask: np.ndarray) -> np.ndarray:
    """Patient positions (N, 3) of the pixels of a mask (Z, Y, X)."""
    return np.concatenate(
        [cine.geometry.to_patient(z, np.argwhere(m).astype(float)) for z, m in enumerate(mask) if m.any()]
    )


def test_same_seed_gives_the_same_bytes_and_another_seed_another_heart():
    first, again, other = (virtual_study(s, **SMALL)[0].pixels for s in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_truth_of_a_known_shape():
    cine, truth = virtual_study(
        5, heart=HEART, first_phase=0.5, **(SMALL | {"frames": 26, "size": 16, "step_mm": 60.0})
    )
    assert truth.edv_ml == pytest.approx(EDV_ML, rel=2e-3)
    assert truth.volumes_ml.shape == (26,) == (cine.frames,)
    assert truth.ed_frame == 13  # the R wave, half a cycle after the first frame
    assert truth.phases[truth.es_frame] == pytest.approx(HEART.beat.systole, abs=0.03)
    assert truth.ef_percent == pytest.approx(60.0, abs=0.5)
    assert truth.esv_ml == truth.volumes_ml[truth.es_frame]


@pytest.mark.parametrize("phase", [0.0, HEART.beat.systole])
def test_labels_of_thin_slices_sum_to_the_volume_of_the_half_ellipsoid(phase):
    cine, truth = virtual_study(
        2, frames=1, first_phase=phase, heart=HEART, size=72, spacing_mm=1.4, step_mm=4.0
    )
    volume = (truth.labels == 1).sum() * 1.4**2 * 4.0 / 1000.0
    assert volume == pytest.approx(EDV_ML * (0.4 if phase else 1.0), rel=0.03)
    assert truth.volumes_ml[0] == pytest.approx(EDV_ML * (0.4 if phase else 1.0), rel=2e-3)
    assert cine.geometry.slice_step_mm == pytest.approx(4.0)


def test_bright_blood_and_dark_wall():
    cine, truth = virtual_study(2, frames=1, heart=HEART, size=64, spacing_mm=2.0, step_mm=20.0)
    blood = np.median(cine.pixels[truth.labels == 1])
    wall = np.median(cine.pixels[truth.labels == 2])
    assert wall < 0.75 * blood


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.5])
def test_the_septum_lies_where_truth_says_and_to_the_patients_right(turn):
    cine, truth = virtual_study(11, frames=1, heart=HEART, turn=turn, size=24, spacing_mm=8.0, step_mm=60.0)
    g = cine.geometry
    towards = truth.septum_yx[0] * g.row_step_mm + truth.septum_yx[1] * g.column_step_mm
    assert towards[0] < 0 and abs(towards @ g.normal) < 1e-9
    x, y = truth.anatomy.rv_direction
    assert towards / np.linalg.norm(towards) == pytest.approx(to_patient(np.array([x, y, 0.0])), abs=1e-9)


def test_a_point_of_the_heart_has_one_place_in_the_patient_in_every_cine():
    sax, truth = virtual_study(4, frames=1, heart=HEART, size=72, spacing_mm=1.6, step_mm=5.0)
    cavity = in_patient(sax, truth.labels[:, 0] == 1)
    assert cavity.mean(0) == pytest.approx(AXIS * 90.0 * 3 / 8, abs=1.2)  # of half an ellipsoid
    for view in LONG:
        lax, known = virtual_long_axis(4, view, frames=1, heart=HEART, size=120, spacing_mm=1.2)
        found = in_patient(lax, known.labels[:, 0] == 1)
        assert found.mean(0) == pytest.approx(AXIS * 90.0 * 4 / (3 * np.pi), abs=1.2)  # of half an ellipse
        along = found @ AXIS
        assert along.max() == pytest.approx(90.0, abs=2.0) and along.min() == pytest.approx(0.0, abs=2.0)
        assert (found[along.argmax()] - AXIS * along.max()) @ lax.geometry.normal == pytest.approx(0, abs=1.5)


def test_short_and_long_axis_of_a_seed_are_one_subject():
    _, sax = virtual_study(21, frames=2, size=16, spacing_mm=9.0, step_mm=60.0)
    for view in LONG:
        _, lax = virtual_long_axis(21, view, frames=2, size=16, spacing_mm=9.0)
        assert lax.anatomy == sax.anatomy and (lax.edv_ml, lax.mass_g) == (sax.edv_ml, sax.mass_g)


def test_the_left_atrium_of_a_long_axis_view_lies_above_the_mitral_plane():
    cine, truth = virtual_long_axis(3, View.CH4, frames=1, heart=HEART, size=96, spacing_mm=1.6)
    atrium, cavity = (in_patient(cine, truth.labels[:, 0] == k) @ AXIS for k in (3, 1))
    assert atrium.max() < 2.0 and np.percentile(cavity, 1) > -2.0
    assert set(np.unique(truth.labels)) == {0, 1, 2, 3}


@pytest.mark.parametrize("seed", [3, 8])
def test_a_reader_knows_every_view_from_where_it_lies(seed, tmp_path: Path):
    cines = [virtual_study(seed, turn=0.4, **SMALL)[0]]
    cines += [virtual_long_axis(seed, view, **LAX)[0] for view in LONG]
    for number, cine in enumerate(cines):
        write_dicom_mr(cine, tmp_path, series_number=number + 1)
    back = open_study(tmp_path).cines
    assert sorted(c.view.value for c in back) == ["2CH", "3CH", "4CH", "SAX"]
    for cine in back:
        (original,) = (c for c in cines if c.view == cine.view)
        origins = (cine.geometry.origins_mm, original.geometry.origins_mm)
        near = np.linalg.norm(origins[0][:, None] - origins[1], axis=2).min(0)
        assert near == pytest.approx(0, abs=1e-3)
