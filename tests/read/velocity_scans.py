"""Small velocity scans for the tests of reading, and the comparison in the patient's own axes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom

from lvcine.phantom.velocity import VelocityStudy, virtual_velocity
from lvcine.phantom.write.dicom_velocity import write_dicom_velocity
from lvcine.study import Cine

VENDORS = ("siemens", "philips", "ge", "enhanced")


@functools.cache
def scan() -> VelocityStudy:
    """Two slices of three frames, with a VENC of its own for each channel."""
    study = virtual_velocity(4, slices=2, frames=3, size=32, spacing_mm=5.0)[0]
    vencs = (21.0, 25.0, 30.0)
    narrow = np.array(study.venc_cm_s)[:, None, None, None, None]
    wide = np.array(vencs)[:, None, None, None, None]
    values = (study.velocity_cm_s / narrow * wide).astype(np.float32)
    return replace(study, velocity_cm_s=values, venc_cm_s=vencs)


def flipped(study: VelocityStudy) -> VelocityStudy:
    """The same patient with the columns stored from the other side: x and the normal are reversed."""
    g = study.geometry
    columns = study.magnitude.shape[-1]
    geometry = replace(
        g, origins_mm=g.origins_mm + (columns - 1) * g.column_step_mm, column_step_mm=-g.column_step_mm
    )
    signs = np.array([-1.0, 1.0, -1.0], np.float32)[:, None, None, None, None]
    return replace(
        study,
        magnitude=study.magnitude[..., ::-1],
        velocity_cm_s=study.velocity_cm_s[..., ::-1] * signs,
        geometry=geometry,
    )


def transposed(study: VelocityStudy) -> VelocityStudy:
    """The same patient with rows for columns: x and y are exchanged, the normal is reversed."""
    g = study.geometry
    geometry = replace(g, row_step_mm=g.column_step_mm, column_step_mm=g.row_step_mm)
    x, y, z = study.velocity_cm_s.swapaxes(-1, -2)
    vx, vy, vz = study.venc_cm_s
    return replace(
        study,
        magnitude=study.magnitude.swapaxes(-1, -2),
        velocity_cm_s=np.stack([y, x, -z]),
        venc_cm_s=(vy, vx, vz),
        geometry=geometry,
    )


def tilted(study: VelocityStudy) -> VelocityStudy:
    """Another patient's heart lies otherwise: pictures and channels turn together."""
    turn = np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))[0]
    turn = turn * np.sign(np.linalg.det(turn))
    g = study.geometry
    geometry = replace(
        g,
        origins_mm=g.origins_mm @ turn.T,
        row_step_mm=turn @ g.row_step_mm,
        column_step_mm=turn @ g.column_step_mm,
    )
    return replace(study, geometry=geometry)


def written(folder: Path, vendor: str, study: VelocityStudy | None = None) -> Path:
    write_dicom_velocity(study or scan(), folder, vendor=vendor)  # type: ignore[arg-type]
    return folder


def is_phase(ds: pydicom.Dataset) -> bool:
    return "P" in ds.ImageType or "VELOCITY" in ds.ImageType or (0x0043, 0x102F) in ds


def edited(folder: Path, change: Callable[[pydicom.Dataset], None]) -> Path:
    """Phase pictures with something changed in each."""
    for path in sorted(folder.iterdir()):
        ds = pydicom.dcmread(path)
        if is_phase(ds):
            change(ds)
            ds.save_as(path)
    return folder


def patient_difference(cine: Cine, study: VelocityStudy) -> float:
    """Largest distance, in cm/s, between velocity vectors read and scanned, voxel by voxel of the patient."""
    v, g = cine.velocity, study.geometry
    assert v is not None
    read = np.einsum("ij,j...->i...", np.linalg.inv(v.directions), v.cm_s.astype(float))  # LPS
    true = study.in_patient(study.velocity_cm_s)
    points = np.argwhere(np.ones(cine.pixels.shape[2:], bool))
    most = 0.0
    for z in range(cine.slices):
        places = cine.geometry.to_patient(z, points)
        there = int(np.argmin(np.abs((g.origins_mm - places[0]) @ g.normal)))
        at = g.to_pixels(there, places)
        rows, columns = np.rint(at).astype(int).T
        assert np.abs(at - np.rint(at)).max() < 0.01  # the same voxels
        expected = true[:, there][:, :, rows, columns]
        away = np.linalg.norm(read[:, z][:, :, points[:, 0], points[:, 1]] - expected, axis=0)
        most = max(most, float(away.max()))
    return most


def step_cm_s(vendor: str) -> float:
    """What the stored integers cannot tell apart, of three channels together."""
    if vendor == "ge":
        return 0.1
    return float(np.linalg.norm([2.0 * venc / 4095 for venc in scan().venc_cm_s]))
