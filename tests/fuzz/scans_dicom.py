"""Small valid DICOM scans: every vendor's order, every encoding, every compression that is read."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import gdcm
import numpy as np
import pydicom
from PIL import Image as Pillow
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.fileset import FileSet
from pydicom.uid import (
    HTJ2K,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from lvcine.phantom.velocity import virtual_velocity
from lvcine.phantom.write import write_dicom_mr, write_enhanced_mr, write_ultrasound
from lvcine.phantom.write.dicom_velocity import write_dicom_velocity
from lvcine.study import Cine, Geometry, Subject, View

Files = dict[str, bytes]

_SIDE = 16
_AXIS = np.array([0.6, -0.67, -0.43]) / np.linalg.norm([0.6, -0.67, -0.43])
_ROW = np.cross(_AXIS, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(_AXIS, [0.0, 0.0, 1.0]))
_SYNTAXES = {
    "rle": RLELossless, "j2k": JPEG2000Lossless, "jpegll": JPEGLosslessSV1, "jpegls": JPEGLSLossless
}  # fmt: skip
_SUBJECT = Subject(height_m=1.7, weight_kg=65.0, sex="F", age_years=50.0)

# A ramp of 16 x 16 pixels coded by OpenJPH: no library of lvcine's writes this kind.
_HIGH_THROUGHPUT = bytes.fromhex(
    "ff4fff510029400000000010000000100000000000000000000000100000001000000000000000000001070101ff5000080002"
    "00000002ff52000c00020001000504044001ff5c00132048505050505050505050505050484848ff64001700014f70656e4a50"
    "482056657220302e32362e332eff90000a0000000000670001ff93c025eb0087740000c012c0128090010774009001077400c0"
    "1340130008f20082740048e400235400c0151005484208f1aa70027500a210e2c00001ecb600c02ae01560b66ddbe7c0a7a7a7"
    "4278006edbb6fd927bf649ecb800ffd9"
)


def cine(slices: int = 2, frames: int = 3, side: int = _SIDE) -> Cine:
    """Smooth pictures that differ from place to place, on an oblique grid."""
    z, t, y, x = np.indices((slices, frames, side, side))
    cycle = 800.0 + 20.0 * np.arange(slices)
    return Cine(
        (40 + 20 * z + 9 * t + 6 * y + 2 * x).astype(np.uint16),
        Geometry(
            origins_mm=np.array([10.0, -70.0, 30.0]) + 8.0 * np.arange(slices)[:, None] * _AXIS,
            row_step_mm=np.cross(_AXIS, _ROW) * 1.5,
            column_step_mm=_ROW * 1.25,
            thickness_mm=8.0,
        ),
        times_ms=np.arange(frames) / frames * cycle[:, None],
        cycle_ms=cycle,
        view=View.SAX,
    )


def files_of(folder: Path) -> Files:
    """All files of a folder by their names in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def dicom_scans(work: Path) -> dict[str, Files]:
    """DICOM scans by name; ``work`` is an empty folder."""
    scans = _classic(work) | _enhanced(work) | _velocity(work) | _clips(work)
    scans["dicom-dir"] = _with_directory(work, scans["dicom-ge"])
    scans["dicom-mixed"] = {**scans["dicom-clip"], **scans["dicom-siemens"], "readme.txt": b"of the ward"}
    return scans


def _classic(work: Path) -> dict[str, Files]:
    scans = {}
    for vendor in ("ge", "siemens", "philips"):
        write_dicom_mr(cine(), work / vendor, vendor=vendor, subject=_SUBJECT)  # type: ignore[arg-type]
        scans[f"dicom-{vendor}"] = files_of(work / vendor)
    write_dicom_mr(cine(1), work / "small", vendor="ge", subject=_SUBJECT)
    ge = files_of(work / "small")
    scans["dicom-implicit"] = _each(ge, lambda ds: _written(ds, ImplicitVRLittleEndian))
    scans["dicom-big"] = _each(ge, _big_endian)
    scans["dicom-bare"] = {name: data[132:] for name, data in ge.items()}
    scans["dicom-headless"] = _each(ge, lambda ds: _data_set(ds, implicit=True))
    scans["dicom-headless-explicit"] = _each(ge, lambda ds: _data_set(ds, implicit=False))
    write_dicom_mr(cine(1, 3, 32), work / "larger", vendor="ge", subject=_SUBJECT)  # JPEG 2000 takes no less
    larger = files_of(work / "larger")
    for name, syntax in _SYNTAXES.items():
        scans[f"dicom-{name}"] = _each(larger, lambda ds, to=syntax: _compressed(ds, to))  # type: ignore[misc]
    scans["dicom-jpeg"] = _each(ge, lambda ds: _coded(ds, _jpeg(ds.pixel_array), JPEGBaseline8Bit))
    scans["dicom-htj2k"] = _each(ge, lambda ds: _coded(ds, _HIGH_THROUGHPUT, HTJ2K))
    return scans


def _enhanced(work: Path) -> dict[str, Files]:
    path = work / "enhanced" / "scan.dcm"
    path.parent.mkdir()
    write_enhanced_mr(cine(), path, subject=_SUBJECT)
    defined = {path.name: path.read_bytes()}
    undefined = _each(defined, lambda ds: _written(_undefined(ds), ExplicitVRLittleEndian))
    return {
        "dicom-enhanced": defined,
        "dicom-enhanced-undefined": undefined,
        "dicom-enhanced-implicit": _each(defined, lambda ds: _written(ds, ImplicitVRLittleEndian)),
    }  # fmt: skip


def _velocity(work: Path) -> dict[str, Files]:
    study = virtual_velocity(4, slices=1, frames=3, size=16, spacing_mm=8.0)[0]
    scans = {}
    for vendor in ("siemens", "philips", "ge", "enhanced"):
        write_dicom_velocity(study, work / f"velocity-{vendor}", vendor=vendor)  # type: ignore[arg-type]
        scans[f"dicom-velocity-{vendor}"] = files_of(work / f"velocity-{vendor}")
    return scans


def _clips(work: Path) -> dict[str, Files]:
    clip = Cine(
        np.broadcast_to(cine(1, 4, 32).pixels.astype(np.uint8), (1, 4, 32, 32)),
        Geometry.stack(1, (0.8, 0.8), 1.0),
        times_ms=np.arange(4.0)[None] * 33.0,
        gated=False,
        modality="US",
    )
    scans = {}
    for name, colour in (("clip", False), ("clip-colour", True)):
        path = work / f"{name}.dcm"
        write_ultrasound(clip, path, colour=colour, margin=3)
        scans[f"dicom-{name}"] = {path.name: path.read_bytes()}
    for name, syntax in _SYNTAXES.items():
        scans[f"dicom-clip-{name}"] = _each(scans["dicom-clip"], lambda ds, to=syntax: _compressed(ds, to))  # type: ignore[misc]
    scans["dicom-clip-palette"] = _each(scans["dicom-clip"], _palette)
    scans["dicom-clip-big"] = _each(scans["dicom-clip"], lambda ds: _written(ds, ExplicitVRBigEndian))
    return scans


def _each(files: Files, change: Callable[[Dataset], bytes]) -> Files:
    return {name: change(pydicom.dcmread(io.BytesIO(data))) for name, data in files.items()}


def _written(ds: Dataset, syntax: str) -> bytes:
    ds.file_meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, ds, implicit_vr=syntax == ImplicitVRLittleEndian,
                     little_endian=syntax != ExplicitVRBigEndian, enforce_file_format=True)  # fmt: skip
    return stream.getvalue()


def _big_endian(ds: Dataset) -> bytes:
    ds.PixelData = ds.pixel_array.astype(">u2").tobytes()
    return _written(ds, ExplicitVRBigEndian)


def _data_set(ds: Dataset, *, implicit: bool) -> bytes:
    """Without preamble and without the group that says how it is written."""
    bare, stream = Dataset(), io.BytesIO()
    bare.update(ds)
    bare.save_as(stream, implicit_vr=implicit, little_endian=True)
    return stream.getvalue()


def _undefined(ds: Dataset) -> Dataset:
    for element in ds:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _undefined(item)
    return ds


def _compressed(ds: Dataset, syntax: str) -> bytes:
    """By pydicom where it can, else by gdcm."""
    if syntax in (RLELossless, JPEG2000Lossless):
        ds.compress(syntax, generate_instance_uid=False)
        return _written(ds, syntax)
    return _by_gdcm(_written(ds, ExplicitVRLittleEndian), syntax)


def _by_gdcm(data: bytes, syntax: str) -> bytes:
    kinds = {
        JPEGLosslessSV1: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        JPEGLSLossless: gdcm.TransferSyntax.JPEGLSLossless,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plain")
        path.write_bytes(data)
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(path))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(kinds[syntax]))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(path))
        assert writer.Write()
        return path.read_bytes()


def _jpeg(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels.astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _coded(ds: Dataset, frame: bytes, syntax: str) -> bytes:
    """The picture replaced by a coded one of 8 bits."""
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].is_undefined_length = True
    ds["PixelData"].VR = "OB"
    return _written(ds, syntax)


def _palette(ds: Dataset) -> bytes:
    pixels = ds.pixel_array.astype(np.uint8)
    table = (np.arange(256, dtype="<u2") * 200).tobytes()
    for colour in range(3):
        ds.add_new(0x00281101 + colour, "US", [256, 0, 16])
        ds.add_new(0x00281201 + colour, "OW", table)
    ds.PhotometricInterpretation = "PALETTE COLOR"
    ds.PixelData = pixels.tobytes()
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit = 7
    return _written(ds, ExplicitVRLittleEndian)


def _with_directory(work: Path, files: Files) -> Files:
    """As on a disc: a DICOMDIR beside the pictures."""
    media = FileSet()
    for data in files.values():
        media.add(pydicom.dcmread(io.BytesIO(data)))
    media.write(work / "disc")
    return files_of(work / "disc")
