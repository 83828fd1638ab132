"""A clip as one multi-frame ultrasound file with calibrated regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UltrasoundMultiFrameImageStorage

from lvcine.errors import UsageError
from lvcine.phantom.write.dicom_modules import (
    Exam,
    Series,
    clock,
    decimal,
    digest,
    eight_bit,
    instance,
    put_pixels,
    save,
)
from lvcine.study import Cine, Subject

_CM = 3  # PhysicalUnitsXDirection, PS3.3 C.8.5.5.1.15
_EVEN_MS = 0.01


def write_ultrasound(
    cine: Cine,
    path: Path | str,
    *,
    subject: Subject | None = None,
    seed: int = 1,
    negative_delta: bool = False,
    colour: bool = False,
    margin: int = 0,
) -> Path:
    """Write a clip of one plane (Ultrasound Multi-frame Image Storage, PS3.3 A.7).

    Parameters
    ----------
    cine : Cine
        One slice with ``times_ms``. Frames at an even distance are written by FrameTime, others by
        FrameTimeVector. Pixels beyond 8 bits are spread over 8 bits.
    path : Path
    subject : Subject, optional
    seed : int
        Number of the exam.
    negative_delta : bool
        The region's y axis points up: PhysicalDeltaY < 0, as some scanners write.
    colour : bool
        Three equal samples per pixel (RGB), as most scanners write.
    margin : int
        Dark pixels around the picture; the calibrated region is the picture alone.

    Raises
    ------
    UsageError
        More than one slice, or no times.

    Examples
    --------
    >>> import pydicom, tempfile
    >>> from lvcine.study import Geometry
    >>> clip = Cine(np.zeros((1, 3, 8, 8), np.uint8), Geometry.stack(1, (0.5, 0.5), 1.0), gated=False,
    ...             times_ms=np.array([[0.0, 20.0, 40.0]]))
    >>> ds = pydicom.dcmread(write_ultrasound(clip, Path(tempfile.mkdtemp()) / "clip.dcm"))
    >>> int(ds.NumberOfFrames), ds.FrameTime, ds.SequenceOfUltrasoundRegions[0].PhysicalDeltaX
    (3, '20', 0.05)
    """
    if cine.slices != 1:
        raise UsageError(f"a clip of {cine.slices} slices", advice="write one slice per file")
    exam, what = Exam(seed, subject or Subject()), digest(cine)
    series = Series(exam, "US", 1, exam.uid(what, "series"), scanner=("lvcine", "virtual echo"))
    ds = instance(UltrasoundMultiFrameImageStorage, exam.uid(what, "clip"), series)
    ds.ImageType, ds.InstanceNumber = ["ORIGINAL", "PRIMARY"], 1
    ds.PatientOrientation, ds.LossyImageCompression, ds.BurnedInAnnotation = "", "00", "NO"
    _put_times(ds, cine)
    if cine.geometry.calibrated:
        ds.SequenceOfUltrasoundRegions = [_region(cine, margin, negative_delta)]
    pixels = cine.pixels[0]
    whole = pixels.dtype.kind in "ui" and pixels.min() >= 0 and pixels.max() <= 255
    frames = pixels.astype(np.uint8) if whole else eight_bit(pixels)
    _put_frames(ds, np.pad(frames, ((0, 0), (margin, margin), (margin, margin))), colour)
    return save(ds, Path(path))


def _put_times(ds: Dataset, cine: Cine) -> None:
    """Cine module (PS3.3 C.7.6.5): the vector holds increments, the first of which is 0."""
    times, cycle = clock(cine)
    steps = np.diff(times[0])
    ds.NumberOfFrames = cine.frames
    if np.ptp(steps) < _EVEN_MS:
        ds.FrameTime = decimal(float(steps.mean()))
        ds.FrameIncrementPointer = 0x00181063
    else:
        ds.FrameTimeVector = [decimal(v) for v in (0.0, *steps)]
        ds.FrameIncrementPointer = 0x00181065
    ds.CineRate = ds.RecommendedDisplayFrameRate = max(1, round(1000.0 / float(steps.mean())))
    if cine.cycle_ms is not None:
        ds.HeartRate = round(60000.0 / float(cycle[0]))


def _region(cine: Cine, margin: int, negative_delta: bool) -> Dataset:
    """One two-dimensional tissue region (PS3.3 C.8.5.5), deltas in cm."""
    rows, columns = cine.pixels.shape[2:]
    row_cm, column_cm = (v / 10.0 for v in cine.geometry.pixel_spacing_mm)
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = margin, margin
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = margin + columns - 1, margin + rows - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = _CM
    region.PhysicalDeltaX, region.PhysicalDeltaY = column_cm, -row_cm if negative_delta else row_cm
    region.ReferencePixelX0, region.ReferencePixelY0 = columns // 2, rows - 1 if negative_delta else 0
    region.ReferencePixelPhysicalValueX = region.ReferencePixelPhysicalValueY = 0.0
    return region


def _put_frames(ds: Dataset, frames: NDArray[np.uint8], colour: bool) -> None:
    put_pixels(ds, frames, bits=8)
    if colour:
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
        data = np.repeat(frames[..., None], 3, axis=-1).tobytes()
        ds.PixelData = data + b"\0" * (len(data) % 2)
    ds.UltrasoundColorDataPresent = 0
