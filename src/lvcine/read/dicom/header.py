"""A DICOM header, parsed fast, and the checks that a file must pass before its pixels are touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lvcine.errors import ReadError
from lvcine.read.dicom.elements import Elements, HeaderBoundError, read_elements
from lvcine.read.dicom.fields import PRIVATE_TAGS, Fields, tag_and_vr

_MOST_FRAMES = 20_000
_LEAST_FRAME_BYTES = 8  # of a compressed frame: the head of its item
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)

_KEYWORDS = """
    SOPClassUID SOPInstanceUID StudyInstanceUID StudyDate SeriesInstanceUID SeriesNumber InstanceNumber
    AcquisitionNumber Modality ImageType PatientID PatientSize PatientWeight PatientSex PatientAge Rows
    Columns NumberOfFrames SamplesPerPixel BitsAllocated PhotometricInterpretation PixelSpacing
    SliceThickness SpacingBetweenSlices ImagePositionPatient ImageOrientationPatient SliceLocation
    TriggerTime NominalCardiacTriggerDelayTime NominalPercentageOfCardiacPhase
    TemporalPositionIdentifier TemporalPositionIndex NominalInterval HeartRate AcquisitionTime
    AcquisitionDateTime ContentTime EchoTime InversionTime ScanningSequence SequenceVariant SequenceName
    ComplexImageComponent GERawDataType RescaleSlope RescaleIntercept RescaleType
    RealWorldValueMappingSequence BitsStored PixelRepresentation FrameTime FrameTimeVector CineRate
    RecommendedDisplayFrameRate ActualFrameDuration
    SequenceOfUltrasoundRegions SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
""".split()
_TAGS: list[int] = [tag_and_vr(keyword)[0] for keyword in _KEYWORDS] + PRIVATE_TAGS


class UnusableError(ReadError):
    """A file that cannot go into a cine.

    ``broken`` tells a damaged or hostile file (to be reported as unreadable) from a sound
    one of another kind (only not analysed).
    """

    def __init__(self, found: str, *, broken: bool = False, where: str = "", advice: str = "") -> None:
        super().__init__(found, where=where, advice=advice)
        self.broken = broken


@dataclass(frozen=True)
class Header:
    """A parsed DICOM header and what the file around it says.

    Attributes
    ----------
    path : Path
    fields : Fields
    syntax : str
        Transfer syntax UID.
    value_offset : int
        Byte at which the pixels begin.
    """

    path: Path
    fields: Fields
    syntax: str
    value_offset: int

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """(frames, rows, columns) as declared, 0 where absent."""
        rows, columns, frames = (
            int(self.fields.number(k) or 0) for k in ("Rows", "Columns", "NumberOfFrames")
        )
        return max(frames, 1), max(rows, 0), max(columns, 0)

    @property
    def frame_bytes(self) -> int:
        """Size of one frame in the file, 0 if it is compressed (PS3.3 C.7.6.3.1)."""
        if self.syntax not in _NATIVE:
            return 0
        samples = int(self.fields.number("SamplesPerPixel") or 1)
        if self.fields.text("PhotometricInterpretation") == "YBR_FULL_422":
            samples = 2  # two pixels share their colours
        bits = samples * int(self.fields.number("BitsAllocated") or 8)
        return self.shape[1] * self.shape[2] * bits // 8


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turn whatever a parser stumbles over into one typed error: a bad file must cost one file."""
    try:
        yield
    except (UnusableError, MemoryError):
        raise
    except HeaderBoundError as error:
        raise UnusableError(
            str(error), broken=True, where=path.name, advice="convert it to explicit little endian"
        ) from None
    except RecursionError:
        raise UnusableError("sequences nested too deep", broken=True, where=path.name) from None
    except Exception as error:
        raise UnusableError("damaged DICOM header", broken=True, where=path.name) from error


def read_header(path: Path, max_pixels: int) -> Header:
    """Parse a file up to its pixels and check that the pixels can be there.

    Raises
    ------
    UnusableError
        Not a picture, damaged, cut short, or larger than ``max_pixels``.
    """
    try:
        with path.open("rb") as file, guarded(path):
            elements = read_elements(file, _TAGS)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UnusableError("cannot be opened", broken=True, where=path.name) from error
    with guarded(path):
        return _checked(path, elements, size, max_pixels)


def _checked(path: Path, elements: Elements, size: int, max_pixels: int) -> Header:
    """The header, if its pixels can be there."""
    big = elements.syntax == ExplicitVRBigEndian
    has_pixels = elements.start[:4] == (b"\x7f\xe0\x00\x10" if big else b"\xe0\x7f\x10\x00")
    value_at = elements.offset + (8 if elements.syntax == ImplicitVRLittleEndian else 12)
    header = Header(path, Fields(elements.dataset), elements.syntax, value_at)
    frames, rows, columns = header.shape
    if not has_pixels or not rows or not columns:
        raise _not_a_picture(header, elements.start)
    if frames * rows * columns > max_pixels or frames > _MOST_FRAMES:
        raise UnusableError(
            f"declares {frames} x {rows} x {columns} pixels, more than the {max_pixels} allowed "
            f"or than {_MOST_FRAMES} frames",
            broken=True, where=path.name, advice="give a part of it, or raise max_pixels",
        )  # fmt: skip
    if size - value_at < frames * (header.frame_bytes or _LEAST_FRAME_BYTES):
        raise UnusableError("cut short: pixels are missing", broken=True, where=path.name)
    return header


def _not_a_picture(header: Header, start: bytes) -> UnusableError:
    """Why a file without usable pixels is not analysed: another kind of object, or damage."""
    kind = UID(header.fields.text("SOPClassUID")).name
    if start[:4] in (b"\xe0\x7f\x08\x00", b"\xe0\x7f\x09\x00"):
        return UnusableError("floating-point pixels", where=header.path.name)
    if "Image Storage" in kind or header.shape[1]:
        return UnusableError("cut short: no pixel data", broken=True, where=header.path.name)
    known = kind if kind and not kind[0].isdigit() else "DICOM without pictures"
    return UnusableError(f"not a picture ({known})", where=header.path.name)
