"""However the axes lie in the file, nibabel finds every voxel where the cine has it."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from lvcine.phantom.write import write_nifti
from lvcine.study import Cine, Geometry

WAYS = [(axes, flips) for axes in permutations(range(3)) for flips in product((False, True), repeat=3)]


def cine(**known) -> Cine:
    row = np.array([0.6, 0.0, 0.8])
    column = np.array([0.0, 1.0, 0.0])
    origins = np.array([10.5, -20.25, 30.0]) + np.arange(3)[:, None] * 9.5 * np.cross(row, column)
    pixels = np.arange(3 * 2 * 4 * 5, dtype=np.int16).reshape(3, 2, 4, 5)
    return Cine(pixels, Geometry(origins, column * 1.5, row * 1.25), **known)


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_every_voxel_keeps_its_place_in_the_patient(axes, flips, tmp_path: Path) -> None:
    c = cine()
    image = nib.load(write_nifti(c, tmp_path / "a.nii", axes=axes, flips=flips))
    voxels = np.asarray(image.dataobj)
    assert [image.header.get_zooms()[a] for a in axes] == pytest.approx([9.5, 1.5, 1.25])
    for value in c.pixels[:, 1].ravel()[::7]:
        i, j, k, t = np.argwhere(voxels == value)[0]
        z, _, y, x = np.argwhere(c.pixels == value)[0]
        ras = image.affine @ [i, j, k, 1]
        lps = c.geometry.to_patient(int(z), np.array([[float(y), float(x)]]))[0]
        assert t == 1 and ras[:3] * [-1, -1, 1] == pytest.approx(lps, abs=1e-4)


def test_time_is_in_seconds_or_not_stated(tmp_path: Path) -> None:
    timed = nib.load(write_nifti(cine(times_ms=np.array([[10.0, 50.0]] * 3)), tmp_path / "a.nii.gz"))
    assert timed.header.get_zooms()[3] == pytest.approx(0.04)
    assert timed.header.get_xyzt_units() == ("mm", "sec")
    bare = nib.load(write_nifti(cine(), tmp_path / "b.nii.gz"))
    assert bare.header.get_xyzt_units() == ("mm", "unknown") and bare.header.get_zooms()[3] == 0.0


def test_both_forms_of_the_affine_are_set(tmp_path: Path) -> None:
    header = nib.load(write_nifti(cine(), tmp_path / "a.nii.gz")).header
    assert int(header["sform_code"]) == int(header["qform_code"]) == 1
    assert header.get_qform() == pytest.approx(header.get_sform(), abs=1e-4)


def test_the_same_cine_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = (write_nifti(cine(), tmp_path / name).read_bytes() for name in ("a.nii.gz", "b.nii.gz"))
    assert a == b


@pytest.mark.parametrize(
    ("given", "kept"), [(np.float64, np.float32), (np.int64, np.int32), (np.uint16, np.uint16)]
)
def test_pixel_types_are_those_that_every_reader_knows(given, kept, tmp_path: Path) -> None:
    c = cine()
    path = write_nifti(Cine(c.pixels.astype(given), c.geometry), tmp_path / "a.nii")
    assert nib.load(path).get_data_dtype() == kept
