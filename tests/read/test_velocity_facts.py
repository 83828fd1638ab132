"""Velocities that lack a unit, a channel, a side-car or a magnitude: which of them is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from tests.read.velocity_scans import is_phase, scan, written

from lvcine.errors import NotACineError, ReadError
from lvcine.phantom.write import write_nifti, write_velocity_nifti
from lvcine.read import open_study
from lvcine.read.dicom.fields import Fields
from lvcine.read.dicom.venc import nested_encoding


@pytest.fixture
def sidecar(tmp_path):
    return write_velocity_nifti(scan(), tmp_path, "scan")


def change(path, **facts):
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
    return path


def in_metres(sidecar):
    for name, values in zip("xyz", scan().velocity_cm_s, strict=True):
        cine = replace(scan().cine, pixels=(values / 100).astype(np.float32))
        write_nifti(cine, sidecar.parent / f"scan-{name}.nii.gz")


def test_metres_per_second_without_a_unit_are_refused(sidecar):
    in_metres(sidecar)
    with pytest.raises(ReadError, match="metres per second"):
        open_study(sidecar)


def test_metres_per_second_with_their_unit_are_read(sidecar):
    expected = open_study(sidecar).cines[0].velocity.cm_s
    in_metres(sidecar)
    (cine,) = open_study(change(sidecar, unit="m/s")).cines
    assert np.allclose(cine.velocity.cm_s, expected, atol=0.01)


def test_a_channel_that_is_missing_is_named(sidecar):
    (sidecar.parent / "scan-y.nii.gz").unlink()
    with pytest.raises(ReadError, match="velocity channel 2 of the velocity scan is missing"):
        open_study(sidecar)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"velocity": ["scan-x.nii.gz", "scan-y.nii.gz"]}, "2 of its three channels"),
        ({"magnitude": ""}, "without its magnitude"),
    ],
)
def test_what_a_sidecar_lacks_is_named(sidecar, facts, said):
    if "velocity" in facts:
        facts = {"velocity": [*facts["velocity"], ""]}
    with pytest.raises(ReadError, match=said):
        open_study(change(sidecar, **facts))


def test_a_channel_without_its_sidecar_is_no_cine(sidecar):
    path = sidecar.parent / "scan-z.nii.gz"
    with pytest.raises(NotACineError, match="velocity channel or a phase"):
        open_study(path)


def without(folder, leave):
    for path in sorted(folder.iterdir()):
        if leave(pydicom.dcmread(path)):
            path.unlink()
    return folder


def test_velocities_without_their_magnitude_are_named(tmp_path):
    folder = without(written(tmp_path, "siemens"), lambda ds: not is_phase(ds))
    with pytest.raises(NotACineError, match="without their magnitude"):
        open_study(folder)


def test_the_directions_that_there_are_are_named(tmp_path):
    def through(ds):
        return is_phase(ds) and "in" in str(ds.get((0x0051, 0x1014), "")) + str(ds.get("SequenceName", ""))

    study = open_study(without(written(tmp_path, "siemens"), through))
    (doubt,) = (f for f in study.findings if f.code == "velocity-incomplete")
    assert "two directions" in doubt.text and "third is missing" in doubt.text


def test_the_venc_of_xa_in_every_frames_own_sequence_is_read():
    own = Dataset()
    own.add_new((0x0021, 0x0011), "LO", "SIEMENS MR SDI 02")
    own.add_new((0x0021, 0x1129), "SH", "v150in")
    group = Dataset()
    group.add_new((0x0021, 0x0010), "LO", "SIEMENS MR SDS 01")
    group.add_new((0x0021, 0x10FE), "SQ", Sequence([own]))
    assert str(nested_encoding(Fields(group))) == "VENC 150 cm/s, through plane"


def test_enhanced_xa_files_with_nested_vencs_give_velocities(tmp_path):
    folder = written(tmp_path / "xa", "enhanced")
    expected = open_study(folder).cines[0].velocity
    names = {(True, False, False): "rl", (False, True, False): "ap", (False, False, True): "fh"}
    for path in folder.iterdir():
        ds = pydicom.dcmread(path)
        for group in ds.PerFrameFunctionalGroupsSequence:
            holder = group if "MRVelocityEncodingSequence" in group else None
            if holder is None:
                continue
            item = holder.MRVelocityEncodingSequence[0]
            vector = np.abs(np.array(item.get("VelocityEncodingDirection", [0, 0, 0]), float))
            if not vector.any():
                continue
            name = names[tuple((vector == vector.max()).tolist())]
            own = Dataset()
            own.add_new((0x0021, 0x0011), "LO", "SIEMENS MR SDI 02")
            own.add_new((0x0021, 0x1129), "SH", f"v{item.VelocityEncodingMaximumValue:g}{name}")
            del holder.MRVelocityEncodingSequence
            holder.add_new((0x0021, 0x0010), "LO", "SIEMENS MR SDS 01")
            holder.add_new((0x0021, 0x10FE), "SQ", Sequence([own]))
        ds.save_as(path)
    velocity = open_study(folder).cines[0].velocity
    assert velocity is not None and sorted(velocity.venc_cm_s) == sorted(expected.venc_cm_s)
