"""A velocity scan as NIfTI: a JSON joins the files, and says or leaves open where the channels point."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.read.velocity_scans import patient_difference, scan

from lvcine.errors import ReadError
from lvcine.phantom.write import write_nifti, write_velocity_nifti
from lvcine.read import ReadOptions, open_study

CLOSE = 1e-3
WAYS = [
    ((2, 1, 0), (False, False, False)),
    ((2, 1, 0), (True, False, True)),
    ((1, 2, 0), (False, True, False)),
    ((0, 2, 1), (True, True, True)),
    ((0, 1, 2), (False, False, True)),
]


@pytest.fixture
def sidecar(tmp_path):
    return write_velocity_nifti(scan(), tmp_path, "scan")


def change(path: Path, **facts: object) -> Path:
    old = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in {**old, **facts}.items() if v is not None}))
    return path


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_directions_that_are_told_hold_however_the_files_are_stored(axes, flips, tmp_path):
    path = write_velocity_nifti(scan(), tmp_path, "scan", axes=axes, flips=flips)
    for given in (path, tmp_path):
        (cine,) = open_study(given).cines
        assert patient_difference(cine, scan()) < CLOSE
        assert cine.velocity.venc_cm_s == scan().venc_cm_s


@pytest.mark.parametrize(("axes", "flips"), WAYS)
def test_directions_that_are_not_told_are_the_files_own_axes(axes, flips, tmp_path):
    """x is the first axis in plane, y the second, z that of the slices, each as its index grows."""
    path = write_velocity_nifti(scan(), tmp_path, "scan", axes=axes, flips=flips)
    signs = [-1.0 if flipped else 1.0 for flipped in flips]  # of the cine's z, y, x
    heights = scan().geometry.slice_positions_mm
    signs[0] *= np.sign(heights[1] - heights[0])  # which way the scan's slices are counted
    x, y, z = scan().velocity_cm_s
    in_plane = [x * signs[2], y * signs[1]] if axes[2] < axes[1] else [y * signs[1], x * signs[2]]
    vx, vy, vz = scan().venc_cm_s
    for name, pixels in zip("xyz", (*in_plane, z * signs[0]), strict=True):
        along = replace(scan().cine, pixels=pixels)
        write_nifti(along, tmp_path / f"scan-{name}.nii.gz", axes=axes, flips=flips)
    vencs = [vx, vy, vz] if axes[2] < axes[1] else [vy, vx, vz]
    (cine,) = open_study(change(path, directions=None, venc_cm_s=vencs)).cines
    assert patient_difference(cine, scan()) < CLOSE


def test_phase_in_radians_is_scaled_by_the_venc(sidecar):
    for name, values, venc in zip("xyz", scan().velocity_cm_s, scan().venc_cm_s, strict=True):
        pixels = (values / venc * np.pi).astype(np.float32)
        write_nifti(replace(scan().cine, pixels=pixels), sidecar.parent / f"scan-{name}.nii.gz")
    (cine,) = open_study(change(sidecar, unit="phase")).cines
    assert patient_difference(cine, scan()) < CLOSE
    (told,) = open_study(sidecar, ReadOptions(venc_cm_s=(42.0, 50.0, 60.0))).cines
    assert told.velocity.cm_s == pytest.approx(2.0 * cine.velocity.cm_s, abs=1e-3)


def test_without_a_venc_the_user_is_asked_and_then_believed(sidecar):
    change(sidecar, venc_cm_s=None)
    with pytest.raises(ReadError, match=r"VENC.*--venc"):
        open_study(sidecar)
    (cine,) = open_study(sidecar, ReadOptions(venc_cm_s="30")).cines
    assert cine.velocity.venc_cm_s == (30.0, 30.0, 30.0)
    assert "given-by-user" in {f.code for f in cine.findings}


def test_the_magnitude_is_the_cine_and_other_files_stay_cines(sidecar):
    other = replace(scan().cine, pixels=scan().cine.pixels[:, :, ::-1])
    write_nifti(other, sidecar.parent / "another.nii.gz")
    cines = open_study(sidecar.parent, series=None).cines
    assert sum(cine.velocity is not None for cine in cines) == 1
    alone = open_study(sidecar.parent / "scan-magnitude.nii.gz").cines[0]
    joined = next(cine for cine in cines if cine.velocity is not None)
    assert alone.velocity is None and np.array_equal(alone.pixels, joined.pixels)


def test_a_packed_scan_is_the_same_scan(sidecar, tmp_path):
    packed = tmp_path / "packed"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(sidecar.parent.glob("scan*")):
            archive.write(path, f"exam/{path.name}")
    here, there = open_study(sidecar), open_study(packed)
    assert here.digest == there.digest
    assert np.array_equal(here.cines[0].velocity.cm_s, there.cines[0].velocity.cm_s)


@pytest.mark.parametrize("name", ["../x.nii.gz", "/etc/passwd", "a/../../x.nii", "..\\x.nii", "C:x.nii"])
def test_files_outside_of_the_folder_are_not_opened(name, sidecar):
    shutil.copy(sidecar.parent / "scan-x.nii.gz", sidecar.parent.parent / "x.nii.gz")
    change(sidecar, velocity=[name, "scan-y.nii.gz", "scan-z.nii.gz"])
    with pytest.raises(ReadError, match="outside"):
        open_study(sidecar)


def test_a_link_out_of_the_folder_is_not_followed(sidecar, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.nii.gz"
    shutil.move(sidecar.parent / "scan-x.nii.gz", outside)
    (sidecar.parent / "scan-x.nii.gz").symlink_to(outside)
    with pytest.raises(ReadError, match="link"):
        open_study(sidecar)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"velocity": ["scan-x.nii.gz", "scan-y.nii.gz"]}, "three channels"),
        ({"velocity": "scan-x.nii.gz"}, "three channels"),
        ({"velocity": ["gone.nii.gz", "scan-y.nii.gz", "scan-z.nii.gz"]}, "missing"),
        ({"unit": "mph"}, "mph"),
        ({"venc_cm_s": [20, 20]}, "venc_cm_s"),
        ({"venc_cm_s": "fast"}, "venc_cm_s"),
        ({"venc_cm_s": [5, 5, 5]}, "VENC"),
        ({"unit": "phase"}, "half a turn"),
        ({"directions": [[1, 0, 0], [0, 1, 0]]}, "unit vectors"),
        ({"directions": [[1, 0, 0], [0, 1, 0], [0, 0, 9]]}, "unit vectors"),
        ({"directions": [[1, 0, 0], [0, 1, 0], [1, 0, 0]]}, "directions"),
        ({"directions": [["a", 0, 0], [0, 1, 0], [1, 0, 0]]}, "unit vectors"),
    ],
)
def test_what_is_wrong_in_the_json_is_said(facts, words, sidecar):
    with pytest.raises(ReadError, match=words):
        open_study(change(sidecar, **facts))


def test_a_channel_on_another_grid_is_refused(sidecar):
    g = scan().geometry
    moved = replace(scan().cine, geometry=replace(g, origins_mm=g.origins_mm + 2.0))
    write_nifti(replace(moved, pixels=scan().velocity_cm_s[0]), sidecar.parent / "scan-x.nii.gz")
    with pytest.raises(ReadError, match="placed elsewhere"):
        open_study(sidecar)


@pytest.mark.parametrize(
    "text", ['{"magnitude": "a", "velocity": ', '{"magnitude": 1, "velocity": ' + "[" * 60000]
)
def test_a_json_that_is_none_is_an_error(text, sidecar):
    sidecar.write_text('{"magnitude": 1, ' + text)
    with pytest.raises(ReadError, match="not the JSON"):
        open_study(sidecar)
