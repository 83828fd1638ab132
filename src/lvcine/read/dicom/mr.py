"""MR pictures -> stacks of slices, by geometry and timing alone.

Words in descriptions, file names and the order of files are never looked at. Pictures are
sorted by plane, then by position along the plane's normal, then by acquisition and time
(:mod:`lvcine.read.dicom.time`). One series with all slices (GE) and one series per slice
(Siemens) are the same thing seen this way.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from lvcine.read.dicom.exams import joined_exams
from lvcine.read.dicom.families import stacks_of_plane
from lvcine.read.dicom.image import Image
from lvcine.read.dicom.planes import (
    PARALLEL_COS,
    grouped,
    height_mm,
    parallel_sets,
)
from lvcine.read.dicom.planned import Sorted, Stack, numeric, series_label, series_of
from lvcine.read.dicom.velocity_channels import CHANNELS, PhasePictures, is_phase, why_phase
from lvcine.study import Finding

logger = logging.getLogger(__name__)


def sort_images(images: Iterable[Image], *, venc_given: bool = False) -> Sorted:
    """Group MR pictures into stacks of cine slices.

    Parameters
    ----------
    images : iterable of Image
        In any order.
    venc_given : bool
        The user gives the VENC of velocity pictures.

    Returns
    -------
    Sorted
        Stacks of at least two frames, with velocities where they were encoded in three directions;
        stills, maps, other velocity pictures and the like not analysed.
    """
    images, joined = joined_exams(list(images))
    result = Sorted()
    usable: list[Image] = []
    phases: list[Image] = []
    refused: dict[str, list[Image]] = defaultdict(list)
    for image in sorted(images, key=_content_order):
        reason = why_aside(image)
        (refused[reason] if reason else phases if is_phase(image) else usable).append(image)
    for reason, group in refused.items():
        result.leave(group, reason)
    originals = [image for image in usable if not is_derived(image)]
    _take_stacks(originals, result)
    derived = [image for image in usable if is_derived(image)]
    free = [image for image in derived if not _beside(image, result.stacks)]
    result.leave((image for image in derived if _beside(image, result.stacks)), "derived pictures")
    _take_stacks(free, result)
    result.findings = joined
    _take_velocities(phases, result, venc_given)
    return result


def is_derived(image: Image) -> bool:
    """Whether a program made the picture from others (ImageType value 2, PS3.3 C.7.6.1.1.2)."""
    return "SECONDARY" in {term.upper() for term in image.image_type}


def _beside(image: Image, stacks: Sequence[Stack]) -> bool:
    """Whether a picture lies in the planes that stacks already have, or no place tells."""
    if image.centre_mm is None:
        return bool(stacks)
    for stack in stacks:
        normal = stack.reference.normal
        if normal is None or image.normal is None or abs(float(normal @ image.normal)) <= PARALLEL_COS:
            continue
        heights, room = stack.heights_mm, stack.reference.thickness_mm or 8.0
        if heights.min() - room <= height_mm(image, stack.reference) <= heights.max() + room:
            return True
    return False


def _take_stacks(images: list[Image], result: Sorted) -> None:
    """All stacks of pictures that may be part of one."""
    for kind in grouped(images, _kind):
        try:
            for plane in parallel_sets(kind):
                stacks_of_plane(plane, result)
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
            logger.debug("pictures cannot be sorted", exc_info=True)
            result.leave(kind, "positions or times that fit no cine")


def _take_velocities(phases: list[Image], result: Sorted, venc_given: bool) -> None:
    """Give the stacks their velocity channels; leave the other phase pictures out."""
    pictures = PhasePictures(phases, venc_given=venc_given)
    stacks = [replace(stack, channels=pictures.beside(stack.runs)) for stack in result.stacks]
    result.stacks = stacks
    used = {id(image) for stack in stacks for image in stack.phase_images}
    rest = [image for image in phases if id(image) not in used]
    magnitude = bool(stacks)
    for group in grouped(rest, lambda image: why_phase(image.encoding, magnitude=magnitude)):
        result.leave(group, why_phase(group[0].encoding, magnitude=magnitude))
    result.findings = (*result.findings, *_without_venc(rest), *_incomplete(stacks, pictures))


def _incomplete(stacks: list[Stack], pictures: PhasePictures) -> Iterator[Finding]:
    """Three directions, but not as three channels of every slice and frame."""
    for stack in stacks:
        if stack.channels:
            continue
        count = pictures.directions(stack.runs)
        if count == CHANNELS - 1:
            yield Finding(
                "velocity-incomplete", "warning",
                f"{series_label(stack.series_numbers)}: velocity pictures in two directions "
                f"({pictures.named(stack.runs)}), a third is missing; the magnitude alone is read",
                "export the series of the third direction too",
            )  # fmt: skip
        elif count >= CHANNELS:
            yield Finding(
                "velocity-incomplete", "warning",
                f"{series_label(stack.series_numbers)}: velocity pictures in several directions, not three "
                f"of every slice and frame ({pictures.counted(stack.runs)}); the magnitude is read",
                "export the whole scan again",
            )  # fmt: skip


_COMPLEX_TERMS = {"R", "REAL", "I", "IMAGINARY"}
_DERIVED_TERMS = {
    "MPR", "PROJECTION IMAGE", "REFORMATTED", "SUBTRACTION", "T1 MAP", "T2 MAP", "T2_STAR MAP",
}  # fmt: skip


def why_aside(image: Image) -> str:
    """Why a single picture cannot be part of a cine stack or of its velocities, empty if it can.

    From coded terms: SOP class, ImageType (PS3.3 C.7.6.1.1.2, C.8.3.1.1.1), the complex image
    component (C.8.13.3.1) and the vendors' values for it.
    """
    terms = {term.upper() for term in image.image_type}
    fields = image.header.fields
    if fields.text("SOPClassUID").startswith("1.2.840.10008.5.1.4.1.1.7"):
        return "secondary capture (a screen copy)"
    palette = fields.text("PhotometricInterpretation") == "PALETTE COLOR"
    if palette or int(fields.number("SamplesPerPixel") or 1) > 1:
        return "colour pictures (derived)"
    if is_phase(image):
        return ""  # perhaps beside a magnitude
    if terms & _COMPLEX_TERMS:
        return "real or imaginary pictures"
    if "LOCALIZER" in terms:
        return "localiser"
    return "derived pictures" if terms & _DERIVED_TERMS else ""


def _without_venc(refused: Iterable[Image]) -> Iterator[Finding]:
    """The finding for phase pictures whose velocity scale is not known."""
    if without := series_of(image for image in refused if image.encoding is None and is_phase(image)):
        yield Finding(
            "no-venc", "info",
            f"{series_label(without)}: phase pictures without a velocity encoding (VENC), so they are no "
            "velocities",
            "export them with their private elements if they are velocities",
        )  # fmt: skip


def _content_order(image: Image) -> tuple[object, ...]:
    """An order that depends on what the files hold, never on their names."""
    instance = -1.0 if image.instance is None else image.instance
    trigger = -1.0 if image.trigger_ms is None else image.trigger_ms
    return image.study, numeric(image.series_number), image.series, instance, trigger, image.sop, image.frame


def _kind(image: Image) -> Hashable:
    """What can never be mixed: exams, modalities, sequences; without a place also sizes.

    Without a position slice locations order the slices of one direction; without a direction those of one
    series, as each plane has locations of its own.
    """
    separate: tuple[Hashable, ...] = ()
    if image.axes is None:
        separate = image.series, image.rows, image.columns
    elif image.position_mm is None:
        separate = "no position", image.rows, image.columns
    return image.study, image.modality, image.sequence, separate
