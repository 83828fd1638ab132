"""A cine as the classic MR files of three vendors: one image per file, sorted as theirs are."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage

from lvcine.phantom.write.dicom_modules import (
    MAKERS,
    Exam,
    Series,
    clock,
    decimal,
    digest,
    instance,
    put_gating,
    put_pixels,
    put_window,
    save,
    stored,
)
from lvcine.study import Cine, Geometry, Subject

VendorName = Literal["ge", "siemens", "philips"]
_BREATH_HOLD_S = 20.0


@dataclass(frozen=True)
class Vendor:
    """How one maker's scanner labels and sorts a cine stack."""

    image_type: tuple[str, ...]
    sequence_variant: str
    scan_options: tuple[str, ...]
    series_per_slice: bool = False
    frames_first: bool = False  # image 2 is the next slice, not the next frame
    rescaled: bool = False
    temporal_index: bool = False


VENDORS = {
    "ge": Vendor(
        ("ORIGINAL", "PRIMARY", "OTHER"), sequence_variant="SS", scan_options=("FAST_GEMS", "SEQ_GEMS", "CG")
    ),
    "siemens": Vendor(
        ("ORIGINAL", "PRIMARY", "M", "RETRO", "NORM", "DIS2D"), sequence_variant="SK",
        scan_options=("CG", "PER"), series_per_slice=True,
    ),
    "philips": Vendor(
        ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"), sequence_variant="SK", scan_options=("CG",),
        frames_first=True, rescaled=True, temporal_index=True,
    ),
}  # fmt: skip


def write_dicom_mr(
    cine: Cine,
    folder: Path | str,
    *,
    vendor: VendorName = "ge",
    subject: Subject | None = None,
    seed: int = 1,
    series_number: int = 1,
    shuffle_seed: int | None = None,
) -> list[Path]:
    """Write one file per slice and frame (MR Image Storage, PS3.3 A.4).

    Parameters
    ----------
    cine : Cine
        With ``times_ms``; an uncalibrated one is written without pixel spacing. Pixels that are no
        whole numbers of 16 bits are spread over 12 bits; only Philips files say by what scale.
    folder : Path
        Made if need be; several cines may share it if their ``series_number`` differ.
    vendor : {"ge", "siemens", "philips"}
        GE: one series of all slices. Siemens: one series per slice, each a breath-hold of its own.
        Philips: one series, numbered frame by frame, with rescale slope and temporal index.
    subject : Subject, optional
    seed : int
        Number of the exam: patient, study and frame of reference follow from it.
    series_number : int
        Of the first series.
    shuffle_seed : int, optional
        Names without meaning or order; without it ``S001_I00001.dcm``.

    Returns
    -------
    list of Path
        In the order of slices, then frames.

    Raises
    ------
    UsageError
        The cine has no times.

    Examples
    --------
    >>> import pydicom, tempfile
    >>> stack = Geometry.stack(2, (1.5, 1.5), 8.0)
    >>> cine = Cine(np.ones((2, 3, 8, 8), np.uint16), stack, times_ms=np.array([[0, 40, 80]] * 2, float))
    >>> files = write_dicom_mr(cine, tempfile.mkdtemp(), vendor="siemens")
    >>> len(files), str(pydicom.dcmread(files[-1]).PatientName), pydicom.dcmread(files[-1]).TriggerTime
    (6, 'PHANTOM^0001', '80')
    """
    job = _Job(cine, vendor, Exam(seed, subject or Subject()), series_number)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    places = [(z, t) for z in range(cine.slices) for t in range(cine.frames)]
    names = _names(job, places, shuffle_seed)
    return [save(job.image(z, t), folder / name) for (z, t), name in zip(places, names, strict=True)]


def _names(job: _Job, places: list[tuple[int, int]], shuffle_seed: int | None) -> list[str]:
    if shuffle_seed is None:
        return [f"S{job.series(z):03d}_I{job.number(z, t):05d}.dcm" for z, t in places]
    draw = random.Random(f"{shuffle_seed} {job.digest}")
    return [f"{draw.getrandbits(64):016x}" for _ in places]


class _Job:
    """One cine on its way into one vendor's files."""

    def __init__(self, cine: Cine, maker: VendorName, exam: Exam, first_series: int) -> None:
        self.cine, self.vendor, self.exam, self._first = cine, VENDORS[maker], exam, first_series
        self.scanner = MAKERS[maker]
        self.times, self.cycles = clock(cine)
        self.stored, self.digest = stored(cine), digest(cine)

    def series(self, z: int) -> int:
        return self._first + (z if self.vendor.series_per_slice else 0)

    def number(self, z: int, t: int) -> int:
        """Instance number: within the series, from 1."""
        if self.vendor.series_per_slice:
            return t + 1
        if self.vendor.frames_first:
            return t * self.cine.slices + z + 1
        return z * self.cine.frames + t + 1

    def image(self, z: int, t: int) -> Dataset:
        number, vendor = self.series(z), self.vendor
        # Every slice is a breath-hold: scanned one after the other, whatever series it is filed in.
        seconds = 60.0 * self._first + _BREATH_HOLD_S * (z if vendor.series_per_slice else 0)
        uid = self.exam.uid(self.digest, "series", number)
        series = Series(self.exam, "MR", number, uid, seconds, self.scanner)
        ds = instance(MRImageStorage, self.exam.uid(self.digest, number, z, t), series)
        ds.ImageType, ds.InstanceNumber = list(vendor.image_type), self.number(z, t)
        ds.AcquisitionNumber = 1 if vendor.series_per_slice else z + 1
        self._put_sequence(ds)
        put_gating(ds, self.times[z, t], self.cycles[z], self.cine.frames)
        if vendor.temporal_index:
            ds.TemporalPositionIdentifier, ds.NumberOfTemporalPositions = t + 1, self.cine.frames
        put_plane(ds, self.cine.geometry, z)
        pixels = self.stored
        if vendor.rescaled:
            ds.RescaleSlope, ds.RescaleType = decimal(pixels.slope), "normalized"
            ds.RescaleIntercept = decimal(pixels.intercept)
        put_pixels(ds, pixels.pixels[z, t], pixels.bits)
        put_window(ds, pixels.low, pixels.high)
        return ds

    def _put_sequence(self, ds: Dataset) -> None:
        """Balanced SSFP by numbers that any scanner could show (PS3.3 C.8.3.1)."""
        ds.ScanningSequence, ds.SequenceVariant = "GR", self.vendor.sequence_variant
        ds.ScanOptions, ds.MRAcquisitionType = list(self.vendor.scan_options), "2D"
        ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength = "3.2", "1.6", 1
        ds.FlipAngle, ds.MagneticFieldStrength, ds.NumberOfAverages = "50", "1.5", "1"


def put_plane(ds: Dataset, geometry: Geometry, z: int) -> None:
    """Image plane (PS3.3 C.7.6.2): no pixel spacing where the geometry is not calibrated."""
    spacing, step = geometry.pixel_spacing_mm, geometry.slice_step_mm
    if geometry.calibrated:
        ds.PixelSpacing = [decimal(v) for v in spacing]
    ds.SliceThickness = decimal(geometry.thickness_mm or (step if np.isfinite(step) else 0.0))
    if geometry.slices > 1:
        ds.SpacingBetweenSlices = decimal(step)
    ds.ImagePositionPatient = [decimal(v) for v in geometry.origins_mm[z]]
    ds.ImageOrientationPatient = orientation(geometry)
    ds.SliceLocation = decimal(geometry.slice_positions_mm[z])


def orientation(geometry: Geometry) -> list[str]:
    """Unit vectors along a row, then along a column, in LPS (PS3.3 C.7.6.2.1.1)."""
    spacing = geometry.pixel_spacing_mm
    along_row, along_column = geometry.column_step_mm / spacing[1], geometry.row_step_mm / spacing[0]
    return [decimal(v) for v in (*along_row, *along_column)]
