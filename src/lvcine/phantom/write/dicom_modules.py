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
MAKERS = {
    "ge": ("GE MEDICAL SYSTEMS", "SIGNA PHANTOM"),
    "siemens": ("SIEMENS", "MAGNETOM PHANTOM"),
    "philips": ("Philips Medical Systems", "Ingenia Phantom"),
}
"""Manufacturer and model of each maker's scanner."""
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


@dataclass(frozen=True)
class Series:
    """One series of an exam, and the scanner that makes it.

    Attributes
    ----------
    exam : Exam
    modality : str
    number : int
    uid : UID
    seconds : float
        After the exam began.
    scanner : (str, str)
        Manufacturer and model.
    """

    exam: Exam
    modality: str
    number: int
    uid: UID
    seconds: float = 60.0
    scanner: tuple[str, str] = ("lvcine", "virtual scanner")


def instance(sop_class: UID, uid: UID, series: Series) -> Dataset:
    """An object with patient, study, series and equipment (PS3.3 C.7.1 to C.7.3, C.7.5, C.12.1)."""
    ds, exam = Dataset(), series.exam
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.PatientName, ds.PatientID = f"PHANTOM^{exam.number:04d}", f"PHANTOM{exam.number:04d}"
    ds.PatientBirthDate, ds.PatientSex = "", exam.subject.sex or ""
    _put_body(ds, exam.subject)
    ds.StudyInstanceUID, ds.StudyID, ds.AccessionNumber = exam.uid("study"), "1", ""
    ds.StudyDate, ds.StudyTime, ds.ReferringPhysicianName = _DATE, clock_time(0), ""
    ds.Modality, ds.SeriesInstanceUID, ds.SeriesNumber = series.modality, series.uid, series.number
    ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = _DATE
    ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = clock_time(series.seconds)
    ds.SeriesDescription, ds.PatientPosition = "virtual heart", "HFS"
    if series.modality == "MR":
        ds.Laterality = ""
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = exam.uid("frame of reference"), ""
    ds.Manufacturer, ds.ManufacturerModelName = series.scanner
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", "lvcine phantom"
    return ds


def _put_body(ds: Dataset, subject: Subject) -> None:
    if subject.age_years is not None:
        ds.PatientAge = f"{round(subject.age_years):03d}Y"
    if subject.height_m is not None:
        ds.PatientSize = decimal(subject.height_m)
    if subject.weight_kg is not None:
        ds.PatientWeight = decimal(subject.weight_kg)


def item(**values: object) -> list[Dataset]:
    """A sequence of one item with these attributes."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return [ds]


def put_window(ds: Dataset, low: float, high: float) -> None:
    """Linear window (PS3.3 C.11.2)."""
    ds.WindowCenter, ds.WindowWidth = decimal((low + high) / 2), decimal(max(high - low, 1.0))


def put_gating(ds: Dataset, times_ms: float, cycle_ms: float, frames: int) -> None:
    """Gating (PS3.3 C.8.3.1): ms after the R wave, and the R-R interval of this slice's beats."""
    ds.TriggerTime, ds.NominalInterval = decimal(times_ms), round(float(cycle_ms))
    ds.HeartRate, ds.CardiacNumberOfImages = round(60000.0 / float(cycle_ms)), frames


def eight_bit(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Values from 0, or the lowest below it, to the brightest as 0 to 255."""
    values = pixels.astype(np.float64)
    low, high = min(0.0, float(values.min())), float(values.max())
    return np.rint((values - low) * (255.0 / ((high - low) or 1.0))).astype(np.uint8)


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
