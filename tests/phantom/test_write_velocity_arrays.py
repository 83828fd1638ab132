"""A velocity scan as arrays: what is in the files is what the scan says, read back without lvcine."""

from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from lvcine.phantom.velocity import virtual_velocity
from lvcine.phantom.write import write_velocity_nifti, write_velocity_npz


@pytest.fixture(scope="module")
def study():
    return virtual_velocity(4, slices=2, frames=3, size=24, spacing_mm=6.0)[0]


def test_npz_holds_magnitude_velocity_and_their_facts(study, tmp_path):
    file = np.load(write_velocity_npz(study, tmp_path / "scan.npz"))
    assert np.array_equal(file["velocity_cm_s"], study.velocity_cm_s)
    assert np.array_equal(file["pixels"], study.cine.pixels)
    assert file["venc_cm_s"].tolist() == list(study.venc_cm_s)
    assert np.allclose(file["spacing_mm"], 6.0) and np.array_equal(file["times_ms"], study.times_ms)


@pytest.mark.parametrize("flips", [(False, False, False), (True, False, True)])
def test_the_sidecar_names_four_files_and_the_pictures_directions(study, flips, tmp_path):
    path = write_velocity_nifti(study, tmp_path, "scan", flips=flips)
    facts = json.loads(path.read_text())
    assert path.name == "scan.velocity.json" and facts["unit"] == "cm/s"
    assert facts["venc_cm_s"] == list(study.venc_cm_s)
    assert np.allclose(facts["directions"], study.directions, atol=1e-5)
    for name, velocity in zip(facts["velocity"], study.velocity_cm_s, strict=True):
        voxels = np.asanyarray(nib.load(tmp_path / name).dataobj)  # x, y, z, t
        turned = np.flip(voxels, [2 - k for k, flipped in enumerate(flips) if flipped])
        assert np.allclose(turned.transpose(2, 3, 1, 0), velocity)
    assert nib.load(tmp_path / facts["magnitude"]).shape == voxels.shape
