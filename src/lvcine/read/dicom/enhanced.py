"""Enhanced multi-frame MR: every frame as a picture of its own.

Facts of a frame stand in functional groups (DICOM PS3.3 C.7.6.16), either shared by all
frames or per frame; per frame wins. The order of the frames in the file means nothing:
position, orientation and time come from the groups.
"""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset

from lvcine.read.dicom.fields import Fields, seconds_of_day
from lvcine.read.dicom.header import Header, UnusableError
from lvcine.read.dicom.image import (
    Image,
    classic_image,
    first,
    heart_cycle_ms,
    point,
    rescale_of,
    unit_axes,
)
from lvcine.read.dicom.velocity_channels import PHASE_TERMS
from lvcine.read.dicom.venc import Encoding, enhanced_encoding, nested_encoding
from lvcine.read.plausible import pixel_size, slice_size


def is_enhanced(header: Header) -> bool:
    """Whether the frames are described by functional groups."""
    return any(header.fields.items("PerFrameFunctionalGroupsSequence"))


def enhanced_images(header: Header) -> list[Image]:
    """The pictures of an enhanced MR file, in file order.

    Raises
    ------
    UnusableError
        Fewer functional groups than frames.
    """
    frames = header.shape[0]
    groups = list(header.fields.items("PerFrameFunctionalGroupsSequence"))
    if len(groups) < frames:
        raise UnusableError(
            f"{frames} frames but functional groups for {len(groups)}", broken=True, where=header.path.name
        )
    shared = header.fields.item("SharedFunctionalGroupsSequence")
    whole = classic_image(header)
    return [_frame_image(whole, _Groups(own, shared), index) for index, own in enumerate(groups[:frames])]


_UNASSIGNED_FRAME = "UnassignedPerFrameConvertedAttributesSequence"
_UNASSIGNED_SHARED = "UnassignedSharedConvertedAttributesSequence"


class _Groups:
    """The functional groups of one frame, falling back on the shared ones."""

    def __init__(self, own: Fields, shared: Fields) -> None:
        self._own, self._shared = own, shared

    def __call__(self, keyword: str) -> Fields:
        item = next(self._own.items(keyword), None) or next(self._shared.items(keyword), None)
        return item or Fields(Dataset())

    def converted(self, keyword: str) -> float | None:
        """A number that a converter of classic files kept without a functional group of its own.

        Legacy converted enhanced MR (PS3.3 A.71) has what no macro takes, TriggerTime among it, in the
        unassigned converted attributes (C.7.6.16.2.25, C.7.6.16.2.26).
        """
        for groups, where in ((self._own, _UNASSIGNED_FRAME), (self._shared, _UNASSIGNED_SHARED)):
            for item in groups.items(where):
                value = item.number(keyword)
                if value is not None:
                    return value
        return None

    def converted_text(self, keyword: str) -> str:
        """The same as text, empty if absent."""
        for groups, where in ((self._own, _UNASSIGNED_FRAME), (self._shared, _UNASSIGNED_SHARED)):
            for item in groups.items(where):
                if text := item.text(keyword):
                    return text
        return ""

    def encoding(self, image_type: tuple[str, ...]) -> Encoding | None:
        """Velocity encoding; makers' own sequences are searched for phase pictures alone, as that is slow."""
        stated = enhanced_encoding(self("MRVelocityEncodingSequence"))
        if stated is not None or not {term.upper() for term in image_type} & PHASE_TERMS:
            return stated
        return nested_encoding(self._own) or nested_encoding(self._shared)

    def holder(self, keyword: str) -> Fields:
        """The frame's own groups or the shared ones, whichever hold the sequence."""
        return self._own if any(self._own.items(keyword)) else self._shared


def _frame_image(whole: Image, group: _Groups, index: int) -> Image:
    """One frame: the file's own facts with those of the frame laid over them."""
    content = group("FrameContentSequence")
    heart = group("CardiacSynchronizationSequence")
    measures = group("PixelMeasuresSequence")
    values, real = group("PixelValueTransformationSequence"), group.holder("RealWorldValueMappingSequence")
    slope, intercept, unit = rescale_of(values, real)
    kind = group("MRImageFrameTypeSequence")
    axes = group("PlaneOrientationSequence").vector("ImageOrientationPatient", 6)
    position = group("PlanePositionSequence").vector("ImagePositionPatient", 3)
    spacing, spaced = pixel_size(measures.vector("PixelSpacing", 2))
    thickness, thick = slice_size(measures.number("SliceThickness"))
    step, _ = slice_size(measures.number("SpacingBetweenSlices"))
    interval = first(
        heart_cycle_ms(heart.number("RRIntervalTimeNominal"), None),
        heart_cycle_ms(group.converted("NominalInterval"), group.converted("HeartRate")),
    )
    image_type = (*(kind.texts("FrameType") or whole.image_type), *kind.texts("ComplexImageComponent"))
    return replace(
        whole,
        frame=index,
        instance=float(index + 1),
        image_type=image_type,
        spacing_mm=spacing or whole.spacing_mm,
        axes=whole.axes if axes is None else unit_axes(axes),
        position_mm=whole.position_mm if position is None else point(position),
        thickness_mm=first(thickness, whole.thickness_mm),
        step_mm=first(step, whole.step_mm),
        trigger_ms=first(group.converted("TriggerTime"), whole.trigger_ms),
        content_s=first(seconds_of_day(group.converted_text("ContentTime")), whole.content_s),
        location_mm=first(group.converted("SliceLocation"), whole.location_mm),
        delay_ms=first(
            heart.number("NominalCardiacTriggerDelayTime"), heart.number("ActualCardiacTriggerDelayTime")
        ),
        percent=first(
            heart.number("NominalPercentageOfCardiacPhase"),
            group.converted("NominalPercentageOfCardiacPhase"),
        ),
        # An offset (Temporal Position macro, C.7.6.16.2.2.6) orders as an index does.
        temporal_index=first(
            content.number("TemporalPositionIndex"),
            group("TemporalPositionSequence").number("TemporalPositionTimeOffset"),
            group.converted("TemporalPositionIdentifier"),
        ),
        acquired_s=seconds_of_day(
            content.text("FrameAcquisitionDateTime") or group.converted_text("AcquisitionTime")
        ),
        interval_ms=first(interval, whole.interval_ms),
        acquisition=first(content.number("FrameAcquisitionNumber"), whole.acquisition),
        echo_ms=first(group("MREchoSequence").number("EffectiveEchoTime"), group.converted("EchoTime")),
        inversion_ms=group("MRModifierSequence").number("InversionTimes"),
        slope=first(slope, whole.slope) or 1.0,
        intercept=first(intercept, whole.intercept) or 0.0,
        unit=unit or whole.unit,
        encoding=group.encoding(image_type) or whole.encoding,
        doubts=(*spaced, *thick) or whole.doubts,
    )
