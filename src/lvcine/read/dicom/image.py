"""One DICOM picture as facts: where it lies, when in the cycle it was taken, how it was made.

A classic file gives one :class:`Image`, an enhanced multi-frame file one per frame
(:mod:`lvcine.read.dicom.enhanced`), so that everything after this point knows pictures only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lvcine.read.dicom.fields import Fields, seconds_of_day
from lvcine.read.dicom.header import Header
from lvcine.read.dicom.venc import Encoding, encoding_of
from lvcine.read.plausible import pixel_size, slice_size
from lvcine.read.ranges import CYCLE_MS, POSITION_MM
from lvcine.study import Array, Finding

_MOST_BITS = 64
"""Of a stored pixel; what a header says beyond is none."""

VELOCITY_UNITS = {"cm/s": 1.0, "mm/s": 0.1, "m/s": 100.0}
"""In cm/s."""


def is_whole_number(text: str) -> bool:
    """Whether a text is what a series number may be (PS3.5 section 6.2, IS); other text is not repeated.

    Examples
    --------
    >>> is_whole_number("12"), is_whole_number("²"), is_whole_number("DOE")
    (True, False, False)
    """
    return text.isascii() and text.isdecimal() and len(text) <= 12


@dataclass(frozen=True, eq=False)
class Image:
    """One picture of one slice at one moment.

    Attributes
    ----------
    header : Header
        Of the file that holds it.
    frame : int
        Index within that file, from 0.
    study, series, series_number, sop : str
    instance : float or None
        InstanceNumber, or the frame's index.
    modality : str
        ``MR``, ``US`` or empty.
    image_type : tuple of str
        ImageType or FrameType, with the complex component appended.
    rows, columns : int
    spacing_mm : (float, float) or None
        Between rows, between columns.
    axes : ndarray (2, 3) or None
        Unit vectors along a row (x grows) and along a column (y grows), patient LPS.
    position_mm : ndarray (3,) or None
        Centre of pixel (0, 0).
    thickness_mm, step_mm, location_mm : float or None
        As the header states them; only used as a check or a last resort.
    trigger_ms, delay_ms, percent, temporal_index : float or None
        Time after the R wave (TriggerTime; NominalCardiacTriggerDelayTime); per cent of the
        cycle; ordinal within the cycle.
    acquired_s, content_s : float or None
        Time of day.
    interval_ms : float or None
        R-R interval, from NominalInterval or HeartRate.
    acquisition : float or None
    echo_ms, inversion_ms : float or None
    sequence : str
        ScanningSequence and SequenceVariant (coded terms).
    slope, intercept : float
        Rescale; identity if absent.
    unit : str
        Of the rescaled values, as the file says it: RescaleType or the unit of the real world values.
    doubts : tuple of Finding
        About sizes that the header states and that cannot be: they are None here.
    encoding : Encoding or None
        Velocity encoding, of magnitude pictures too where the maker writes it into them.
    """

    header: Header
    frame: int
    study: str
    series: str
    series_number: str
    sop: str
    instance: float | None
    modality: str
    image_type: tuple[str, ...]
    rows: int
    columns: int
    spacing_mm: tuple[float, float] | None
    axes: Array | None
    position_mm: Array | None
    thickness_mm: float | None
    step_mm: float | None
    location_mm: float | None
    trigger_ms: float | None
    delay_ms: float | None
    percent: float | None
    temporal_index: float | None
    acquired_s: float | None
    content_s: float | None
    interval_ms: float | None
    acquisition: float | None
    echo_ms: float | None
    inversion_ms: float | None
    sequence: str
    slope: float
    intercept: float
    encoding: Encoding | None = None
    unit: str = ""
    doubts: tuple[Finding, ...] = ()

    @property
    def stored_range(self) -> tuple[float, float]:
        """Lowest and highest value that a pixel can hold before the rescale."""
        bits = min(max(int(self.header.fields.number("BitsStored") or 16), 1), _MOST_BITS)
        if self.header.fields.number("PixelRepresentation"):
            return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1.0
        return 0.0, 2.0**bits - 1.0

    @cached_property
    def normal(self) -> Array | None:
        """Row direction x column direction, as :attr:`lvcine.study.Geometry.normal`."""
        return None if self.axes is None else np.cross(self.axes[0], self.axes[1])

    @property
    def centre_mm(self) -> Array | None:
        """Middle of the picture in the patient, None if not placed."""
        if self.axes is None or self.position_mm is None:
            return None
        dy, dx = self.spacing_mm or (1.0, 1.0)
        middle = self.axes[0] * dx * (self.columns - 1) / 2 + self.axes[1] * dy * (self.rows - 1) / 2
        return self.position_mm + middle


def classic_image(header: Header) -> Image:
    """The picture of a single-frame file (MR Image Storage and its like, PS3.3 A.4)."""
    f = header.fields
    number = f.number
    spacing, spaced = pixel_size(f.vector("PixelSpacing", 2))
    thickness, thick = slice_size(number("SliceThickness"))
    acquired = f.text("AcquisitionDateTime") or f.text("AcquisitionTime")
    slope, intercept, unit = rescale_of(f, f)
    return Image(
        header=header,
        frame=0,
        study=f.text("StudyInstanceUID"),
        series=f.text("SeriesInstanceUID"),
        series_number=f.text("SeriesNumber"),
        sop=f.text("SOPInstanceUID"),
        instance=number("InstanceNumber"),
        modality=f.text("Modality"),
        image_type=(*f.texts("ImageType"), *f.texts("ComplexImageComponent"), *_ge_component(f)),
        rows=header.shape[1],
        columns=header.shape[2],
        spacing_mm=spacing,
        axes=unit_axes(f.vector("ImageOrientationPatient", 6)),
        position_mm=_position(f),
        thickness_mm=thickness,
        step_mm=slice_size(number("SpacingBetweenSlices"))[0],
        location_mm=number("SliceLocation"),
        trigger_ms=number("TriggerTime"),
        delay_ms=number("NominalCardiacTriggerDelayTime"),
        percent=number("NominalPercentageOfCardiacPhase"),
        temporal_index=first(number("TemporalPositionIdentifier"), number("TemporalPositionIndex")),
        acquired_s=seconds_of_day(acquired),
        content_s=seconds_of_day(f.text("ContentTime")),
        interval_ms=heart_cycle_ms(number("NominalInterval"), number("HeartRate")),
        acquisition=number("AcquisitionNumber"),
        echo_ms=number("EchoTime"),
        inversion_ms=number("InversionTime"),
        sequence=" ".join((*sorted(f.texts("ScanningSequence")), *sorted(f.texts("SequenceVariant")))),
        slope=slope or 1.0,
        intercept=intercept or 0.0,
        encoding=encoding_of(f),
        unit=unit,
        doubts=(*spaced, *thick),
    )


def rescale_of(values: Fields, frame: Fields) -> tuple[float | None, float | None, str]:
    """Slope, intercept and unit of a picture.

    From the Modality LUT's elements in ``values``; where these say no velocity, from a real world value
    mapping (PS3.3 C.7.6.16.2.11) in ``frame`` that is a velocity's.
    """
    unit = values.text("RescaleType")
    for mapping in frame.items("RealWorldValueMappingSequence"):
        real = mapping.item("MeasurementUnitsCodeSequence").text("CodeValue")
        slope, intercept = mapping.number("RealWorldValueSlope"), mapping.number("RealWorldValueIntercept")
        if unit not in VELOCITY_UNITS and real in VELOCITY_UNITS and slope and intercept is not None:
            return slope, intercept, real
    return values.number("RescaleSlope"), values.number("RescaleIntercept"), unit


def _ge_component(fields: Fields) -> tuple[str, ...]:
    code = fields.number("GERawDataType")
    return {1.0: ("PHASE",), 2.0: ("REAL",), 3.0: ("IMAGINARY",)}.get(code if code is not None else 0.0, ())


def first(*values: float | None) -> float | None:
    """The first that is not None."""
    return next((value for value in values if value is not None), None)


def _position(f: Fields) -> Array | None:
    """Where the picture lies; None where a tool blanked it: zeros, though the slice is located elsewhere."""
    position, location = point(f.vector("ImagePositionPatient", 3)), f.number("SliceLocation")
    blanked = position is not None and not position.any() and bool(location)
    return None if blanked else position


def point(values: tuple[float, ...] | None) -> Array | None:
    """Three numbers as a vector, None if no patient reaches there."""
    return np.array(values) if values is not None and all(v in POSITION_MM for v in values) else None


def unit_axes(values: tuple[float, ...] | None) -> Array | None:
    """ImageOrientationPatient as two perpendicular unit vectors (2, 3), None if it is not that."""
    if values is None:
        return None
    axes = np.array(values).reshape(2, 3)
    lengths = np.linalg.norm(axes, axis=1)
    if not (np.abs(lengths - 1.0) <= 0.05).all() or abs(axes[0] @ axes[1]) > 0.05:
        return None
    return axes / lengths[:, None]


def heart_cycle_ms(interval_ms: float | None, rate_bpm: float | None) -> float | None:
    """R-R interval from NominalInterval (0018,1062), else HeartRate (0018,1088); None if implausible."""
    for value in (interval_ms, 60000.0 / rate_bpm if rate_bpm else None):
        if value is not None and value in CYCLE_MS:
            return value
    return None
