"""segmentation.nii.gz lies on the scan."""

from __future__ import annotations

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from lvcine.report.nifti import segmentation_nifti
from lvcine.study import Cine, FileGrid, Geometry, Mask

SPACING_MM, STEP_MM = (1.5, 1.2), 8.0


@pytest.fixture
def written(tmp_path):
    def write(analysis):
        path = tmp_path / "segmentation.nii.gz"
        path.write_bytes(segmentation_nifti(analysis))
        return nibabel.load(path)

    return write


def oblique():
    """Slices tilted about two axes; row and column spacing differ."""
    a, b = np.deg2rad(30.0), np.deg2rad(-20.0)
    column = np.array([np.cos(a), np.sin(a), 0.0])
    row = np.cross([np.sin(b), 0.0, np.cos(b)], column)
    row /= np.linalg.norm(row)
    normal = np.cross(column, row)
    origins = np.array([12.0, -35.0, 60.0]) + np.arange(4)[:, None] * STEP_MM * normal
    return Geometry(origins, SPACING_MM[0] * row, SPACING_MM[1] * column)


def with_one_voxel(ring, place, **changes):
    """The ring's cine with an empty mask but for the voxel (z, t, y, x)."""
    labels = np.zeros_like(ring.segmentation.mask.labels)
    labels[place] = 2
    cine = replace(ring.cine, **changes)
    return replace(ring, cine=cine, segmentation=replace(ring.segmentation, mask=Mask(labels)))


def test_dicom_masks_are_x_y_z_t_with_labels_frame_time_and_units(ring, written):
    image = written(ring)
    labels = np.asarray(image.dataobj)
    assert image.shape == (96, 96, 4, 8) and labels.dtype == np.uint8
    assert np.array_equal(labels, ring.segmentation.mask.labels.transpose(3, 2, 0, 1))
    assert image.header.get_zooms() == pytest.approx((1.2, 1.5, 8.0, 0.1))
    assert image.header.get_xyzt_units() == ("mm", "sec")
    assert image.header.get_intent()[0] == "label"
    assert b"1 cavity, 2 myocardium" in image.header["descrip"].tobytes()


def test_every_voxel_lies_where_the_patient_has_it(ring, written):
    geometry = oblique()
    z, t, y, x = 2, 5, 17, 40
    image = written(with_one_voxel(ring, (z, t, y, x), geometry=geometry))
    i, j, k, frame = np.argwhere(np.asarray(image.dataobj))[0]
    assert frame == t
    ras = (image.affine @ [i, j, k, 1.0])[:3]
    lps = geometry.to_patient(z, np.array([[y, x]]))[0]
    assert ras == pytest.approx(lps * [-1, -1, 1], abs=1e-3)
    assert image.header.get_sform(coded=True)[1] == image.header.get_qform(coded=True)[1] == 1


def test_axes_that_run_backwards_keep_their_place(ring, written):
    geometry = oblique()
    grid = FileGrid(axes=(0, 2, 1), flips=(True, False, True))
    z, y, x = 3, 11, 70
    image = written(with_one_voxel(ring, (z, 0, y, x), geometry=geometry, file_grid=grid))
    assert image.shape == (4, 96, 96, 8)
    i, j, k, _ = np.argwhere(np.asarray(image.dataobj))[0]
    lps = geometry.to_patient(z, np.array([[y, x]]))[0]
    assert (image.affine @ [i, j, k, 1.0])[:3] == pytest.approx(lps * [-1, -1, 1], abs=1e-3)


def test_a_nifti_scan_gets_its_own_axes_and_affine_back(ring, written, tmp_path):
    """Write a scan whose axes are (Y, Z, X), and lay the mask of a bright box on it."""
    affine = np.array([[0, 0, -1.2, 80.0], [1.5, 0, 0, -70.0], [0, 8.0, 0, 5.0], [0, 0, 0, 1.0]])
    scan = np.zeros((96, 4, 96, 8), np.float32)
    scan[20:30, 1, 50:55] = 1.0
    grid = FileGrid(axes=(1, 0, 2), ras_affine=affine)
    pixels = grid.from_file_axes(scan)
    cine = Cine(pixels, ring.cine.geometry, ring.cine.times_ms, file_grid=grid)
    mask = Mask((pixels > 0).astype(np.uint8))
    image = written(replace(ring, cine=cine, segmentation=replace(ring.segmentation, mask=mask)))
    assert np.array_equal(np.asarray(image.dataobj), scan > 0)
    assert image.affine == pytest.approx(affine)


def test_without_spacing_voxels_are_units_of_nothing(ring, written):
    geometry = Geometry.stack(4, (1.0, 1.0), 1.0, calibrated=False)
    cine = replace(ring.cine, geometry=geometry, times_ms=None, cycle_ms=None)
    image = written(replace(ring, cine=cine))
    assert np.array_equal(image.affine, np.eye(4))
    assert image.header.get_xyzt_units() == ("unknown", "unknown")
    assert image.header.get_zooms() == (1.0, 1.0, 1.0, 1.0)


def test_the_affine_of_a_plain_dicom_cine_is_its_geometrys(ring):
    assert ring.cine.file_affine == pytest.approx(ring.cine.geometry.ras_affine())


def test_the_same_masks_give_the_same_bytes(ring):
    assert segmentation_nifti(ring) == segmentation_nifti(ring)
