"""Small valid scans of every other kind: NIfTI, NumPy, MATLAB, folders of pictures, archives."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from PIL import Image as Pillow
from scipy.io import savemat

from lvcine.phantom.velocity import virtual_velocity
from lvcine.phantom.write import write_nifti
from lvcine.phantom.write.velocity_arrays import write_velocity_nifti, write_velocity_npz
from lvcine.study import Cine, Geometry

from .scans_dicom import cine, files_of

Files = dict[str, bytes]


def plain_scans(work: Path) -> dict[str, Files]:
    """Scans by name; ``work`` is an empty folder."""
    return _nifti(work) | _velocity(work) | _numpy() | _matlab(work) | _pictures()


def archive_scans(scans: Mapping[str, Files]) -> dict[str, Files]:
    """Scans packed in archives, and archives in archives."""
    dicom, film, array = scans["dicom-rle"], scans["gif"], scans["npz"]
    inner = {**dicom, "inner.zip": zipped(film), "inner.tar.gz": gzip.compress(tarred(array), mtime=0)}
    return {
        "zip": {"exam.zip": zipped(dicom)},
        "zip-pictures": {"exam.zip": zipped({f"a/{name}": data for name, data in scans["png"].items()})},
        "zip-velocity": {"exam.zip": zipped(scans["nifti-velocity"])},
        "tar": {"exam.tar": tarred(dicom)},
        "tar-gz": {"exam.tgz": gzip.compress(tarred(dicom), mtime=0)},
        "tar-bz2": {"exam": bz2.compress(tarred(dicom))},
        "tar-xz": {"exam": lzma.compress(tarred(dicom))},
        "archive-nested": {"exam.zip": zipped({"a/exam.zip": zipped(inner), "b/exam.tar": tarred(inner)})},
        "archive-beside": {"exam.zip": zipped(dicom), **film},
    }


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with right sums and sizes, and always the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar with right sums and sizes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def _nifti(work: Path) -> dict[str, Files]:
    small = cine(2, 4, 12)
    raw = write_nifti(small, work / "scan.nii").read_bytes()
    two = nib.Nifti2Image.from_image(nib.load(work / "scan.nii"))
    whole = np.asarray(nib.load(work / "scan.nii").dataobj)
    scaled = nib.Nifti1Image(whole.astype(">i2"), two.affine, nib.Nifti1Header(endianness=">"))
    scaled.header.set_slope_inter(2.0, 1.0)
    return {
        "nifti-1": {"scan.nii": raw},
        "nifti-2": {"scan.nii": two.to_bytes()},
        "nifti-big": {"scan.nii": scaled.to_bytes()},
        "nifti-gz": {"scan.nii.gz": gzip.compress(raw, mtime=0)},
        "nifti-bz2": {"scan.nii.bz2": bz2.compress(raw)},
        "nifti-xz": {"scan.nii.xz": lzma.compress(raw)},
    }


def _velocity(work: Path) -> dict[str, Files]:
    study = virtual_velocity(4, slices=1, frames=3, size=16, spacing_mm=8.0)[0]
    (work / "nifti").mkdir()
    write_velocity_nifti(study, work / "nifti", "scan")
    path = write_velocity_npz(study, work / "velocity.npz")
    files = files_of(work / "nifti")
    unpacked = {n: gzip.decompress(d) if n.endswith(".gz") else d for n, d in files.items()}
    return {
        "nifti-velocity": files,
        "nifti-velocity-plain": unpacked,
        "npz-velocity": {path.name: path.read_bytes()},
    }


def _numpy() -> dict[str, Files]:
    small = cine(2, 4, 12)
    g = small.geometry
    facts = {"spacing_mm": g.pixel_spacing_mm, "step_mm": g.slice_step_mm, "times_ms": small.times_ms}
    arrays = {"pixels": small.pixels, **facts}
    return {
        "npy": {"scan.npy": npy(small.pixels)},
        "npy-float": {"scan.npy": npy(small.pixels[0].astype(np.float32))},
        "npz": {"scan.npz": zipped({f"{k}.npy": npy(np.asarray(v)) for k, v in arrays.items()})},
        "npz-stored": {"scan.npz": zipped({"pixels.npy": npy(small.pixels)}, zipfile.ZIP_STORED)},
    }


def npy(array: np.ndarray) -> bytes:
    """An array as NumPy stores it."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _matlab(work: Path) -> dict[str, Files]:
    _, t, y, x = np.indices((1, 20, 6, 8))
    pictures = np.moveaxis((t + 5.0 * y + x)[0], 0, 2) / 80.0
    facts = {"endo": pictures > 0.3, "areas": np.ones((2, 20)), "pix_spacing": 1.25, "name": "NOBODY"}
    return {
        "mat-2018": {"lv.mat": mat({"images_LV": pictures, "areas": np.ones((2, 20))}, packed=True)},
        "mat-2019": {"lv.mat": mat({"image": pictures, **facts}, packed=True)},
        "mat-plain": {"lv.mat": mat({"image": pictures, **facts}, packed=False)},
    }


def mat(values: Mapping[str, Any], *, packed: bool) -> bytes:
    """Values as MATLAB stores them, without the date in the header."""
    stream = io.BytesIO()
    savemat(stream, dict(values), do_compression=packed)
    data = stream.getvalue()
    return b"MATLAB 5.0 MAT-file".ljust(116) + data[116:]


def _pictures() -> dict[str, Files]:
    frames = cine(1, 4, 16).pixels[0].astype(np.uint8)
    scans = {}
    for name, kind in (("png", "PNG"), ("jpeg", "JPEG"), ("bmp", "BMP"), ("tiff", "TIFF")):
        scans[name] = {f"{t}.{name}": _picture(frame, kind) for t, frame in enumerate(frames)}
    scans["png-deep"] = {
        f"{t}.png": _picture(frame.astype(np.uint16) * 99, "PNG") for t, frame in enumerate(frames)
    }
    scans["tiff-lzw"] = {
        f"{t}.tif": _picture(frame, "TIFF", compression="tiff_lzw") for t, frame in enumerate(frames)
    }
    scans["tiff-jpeg"] = {
        f"{t}.tif": _picture(frame, "TIFF", compression="jpeg") for t, frame in enumerate(frames)
    }
    colours = np.repeat(frames[..., None], 3, axis=3)
    scans["png-colour"] = {f"{t}.png": _picture(frame, "PNG") for t, frame in enumerate(colours)}
    return scans


def _picture(pixels: np.ndarray, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def sidecar(magnitude: str = "a.nii", **facts: Any) -> bytes:
    """The JSON of a velocity scan."""
    return json.dumps({"magnitude": magnitude, "velocity": ["x.nii", "y.nii", "z.nii"], **facts}).encode()


def still(frames: int = 4, side: int = 12) -> Cine:
    """A cine of one plane in which nothing moves."""
    return Cine(np.zeros((1, frames, side, side), np.uint8), Geometry.stack(1, (1.0, 1.0), 1.0))
