"""DICOM attributes that every written object shares: who, when, where, which pixels (PS3.3 C.7)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from lvcine.errors import UsageError
from lvcine.study import Cine, Subject

_DATE = "20000101"
_MAX_12_BIT = 4095


@dataclass(frozen=True)
class Exam:
    """One virtual patient's visit; the same number gives the same identifiers.

    Attributes
    ----------
    number : int
        Patient ``PHANTOM^0001`` is number 1.
    subject : Subject
    """

    number: int = 1
    subject: Subject = field(default_factory=Subject)

    def uid(self, *what: object) -> UID:
        """A unique identifier that depends on nothing but the exam and ``what`` (PS3.5 section 9).

        Examples
        --------
        >>> Exam(1).uid("study") == Exam(1).uid("study"), Exam(1).uid("study") == Exam(2).uid("study")
        (True, False)
        """
        return generate_uid(entropy_srcs=["lvcine phantom", str(self.number), *map(str, what)])

    @property
    def frame_of_reference(self) -> UID:
        return self.uid("frame of reference")


@dataclass(frozen=True)
class Stored:
    """Pixels as a file holds them: value = stored x slope + intercept.

    Attributes
    ----------
    pixels : ndarray of uint16, shape (Z, T, Y, X)
    low, high : int
        Smallest and largest of them.
    slope, intercept : float
    """

    pixels: NDArray[np.uint16]
    low: int
    high: int
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def bits(self) -> int:
        return 12 if self.high <= _MAX_12_BIT else 16


def stored(cine: Cine) -> Stored:
    """Whole numbers of 16 bits as they are; anything else spread over 12 bits."""
    low, high = float(cine.pixels.min()), float(cine.pixels.max())
    if cine.pixels.dtype.kind in "ui" and low >= 0 and high <= np.iinfo(np.uint16).max:
        return Stored(cine.pixels.astype(np.uint16), int(low), int(high))
    zero = min(0.0, low)
    slope = (high - zero) / _MAX_12_BIT or 1.0
    pixels = np.rint((np.asarray(cine.pixels, np.float64) - zero) / slope).astype(np.uint16)
    return Stored(pixels, int(pixels.min()), int(pixels.max()), slope, zero)


def clock(cine: Cine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times (Z, T) and cycle lengths (Z,) in ms; without a stated cycle, one step beyond the last frame.

    Raises
    ------
    UsageError
        The cine has no times.
    """
    times = cine.times_ms
    if times is None:
        raise UsageError("a cine without frame times cannot be written as a scan", advice="set times_ms")
    if cine.cycle_ms is not None:
        return times, cine.cycle_ms
    step = (times[:, -1] - times[:, 0]) / max(cine.frames - 1, 1)
    return times, times[:, -1] - times[:, 0] + step


def digest(cine: Cine) -> str:
    """SHA-256 of pixels and place, so that different cines of one exam get different identifiers."""
    parts = (cine.pixels, cine.geometry.origins_mm, cine.geometry.row_step_mm, cine.geometry.column_step_mm)
    text = hashlib.sha256(str(cine.pixels.shape).encode())
    for part in parts:
        text.update(np.ascontiguousarray(part).tobytes())
    return text.hexdigest()


def decimal(value: float) -> str:
    """A number as DICOM DS: at most 16 characters (PS3.5 table 6.2-1).

    Examples
    --------
    >>> decimal(1.3671875), decimal(-1e-12), decimal(-0.000123456789123)
    ('1.3671875', '0', '-0.0001234567891')
    """
    text = f"{value:.10g}"
    return "0" if abs(value) < 1e-9 else text if len(text) <= 16 else f"{value:.9g}"


def clock_time(seconds: float) -> str:
    """Seconds after eight in the morning as DICOM TM."""
    whole, micro = divmod(round(seconds * 1e6), 1_000_000)
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    return f"{8 + hours:02d}{m:02d}{s:02d}.{micro:06d}"


def instance(sop_class: UID, uid: UID, exam: Exam) -> Dataset:
    """An object with its patient and study modules (PS3.3 C.7.1, C.7.2, C.12.1)."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.PatientName, ds.PatientID = f"PHANTOM^{exam.number:04d}", f"PHANTOM{exam.number:04d}"
    ds.PatientBirthDate, ds.PatientSex = "", exam.subject.sex or ""
    _put_body(ds, exam.subject)
    ds.StudyInstanceUID, ds.StudyID, ds.AccessionNumber = exam.uid("study"), "1", ""
    ds.StudyDate, ds.StudyTime, ds.ReferringPhysicianName = _DATE, clock_time(0), ""
    return ds


def _put_body(ds: Dataset, subject: Subject) -> None:
    if subject.age_years is not None:
        ds.PatientAge = f"{round(subject.age_years):03d}Y"
    if subject.height_m is not None:
        ds.PatientSize = decimal(subject.height_m)
    if subject.weight_kg is not None:
        ds.PatientWeight = decimal(subject.weight_kg)


def put_series(ds: Dataset, modality: str, number: int, uid: UID, seconds: float) -> None:
    """Series and content times (PS3.3 C.7.3.1, C.7.6.1)."""
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = modality, uid, number
    ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = _DATE
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = clock_time(seconds)
    ds.SeriesDescription = "virtual heart"
    ds.PatientPosition = "HFS"
    if modality == "MR":
        ds.Laterality = ""


def put_equipment(ds: Dataset, manufacturer: str, model: str) -> None:
    """Equipment (PS3.3 C.7.5.1, C.7.5.2)."""
    ds.Manufacturer, ds.ManufacturerModelName = manufacturer, model
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", "lvcine phantom"


def put_pixels(ds: Dataset, pixels: NDArray[Any], bits: int) -> None:
    """Grey unsigned pixels, shape (..., Y, X) (PS3.3 C.7.6.3)."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.BitsAllocated = 8 * pixels.dtype.itemsize
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits - 1, 0
    data = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"


def save(ds: Dataset, path: Path) -> Path:
    """Write a DICOM file with preamble and file meta information (PS3.10 section 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = generate_uid(entropy_srcs=["lvcine phantom", "implementation"])
    meta.ImplementationVersionName = "LVCINE_PHANTOM"
    file = FileDataset(str(path), ds, preamble=b"\0" * 128, file_meta=meta)
    file.save_as(path, enforce_file_format=True)
    return path
