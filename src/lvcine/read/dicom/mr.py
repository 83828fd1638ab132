"""MR pictures -> stacks of slices, by geometry and timing alone.

Words in descriptions, file names and the order of files are never looked at. Pictures are
sorted by plane, then by position along the plane's normal, then by acquisition and time
(:mod:`lvcine.read.dicom.time`). One series with all slices (GE) and one series per slice
(Siemens) are the same thing seen this way.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lvcine.read.dicom.contrast import show_anatomy
from lvcine.read.dicom.exams import joined_exams
from lvcine.read.dicom.image import Image, is_whole_number
from lvcine.read.dicom.planes import (
    PARALLEL_COS,
    grouped,
    height_mm,
    majority_grid,
    parallel_sets,
    slices,
    without_copies,
)
from lvcine.read.dicom.time import Run, acquisitions, latest, why_no_cine
from lvcine.read.dicom.velocity_channels import CHANNELS, Channel, PhasePictures, is_phase, why_phase
from lvcine.study import Array, Finding, LeftAside

logger = logging.getLogger(__name__)

_FILL_ROOM = 0.6  # of thickness or step: a slice of another acquisition needs this much room to fill a place
_FAR_STEPS = 3.5  # a slice this many steps away from the rest is not part of the stack


@dataclass(frozen=True, eq=False)
class Stack:
    """Parallel slices that belong together, planned but not yet decoded.

    Attributes
    ----------
    runs : tuple of Run, length Z
        Ascending along the reference normal.
    reference : Image
        Its grid (rows, columns, spacing, axes) is the stack's.
    frames : int
        T of the stack; runs with another count are matched by phase.
    repeated : tuple of int
        Slices of which another acquisition was not analysed.
    copies : int
        Identical pictures that were dropped.
    channels : tuple of Channel, length 0 or 3
        Velocity-encoded pictures beside those of the runs.
    """

    runs: tuple[Run, ...]
    reference: Image
    frames: int
    repeated: tuple[int, ...] = ()
    copies: int = 0
    channels: tuple[Channel, ...] = ()

    @property
    def images(self) -> list[Image]:
        return [image for run in self.runs for image in run.images]

    @property
    def phase_images(self) -> list[Image]:
        return [image for channel in self.channels for run in channel for image in run.images]

    @property
    def gated(self) -> bool:
        return any(run.gated for run in self.runs)

    @property
    def series_numbers(self) -> tuple[str, ...]:
        return series_of(self.images)

    @property
    def heights_mm(self) -> Array:
        """Along the reference normal, shape (Z,)."""
        return np.array([height_mm(run.images[0], self.reference) for run in self.runs])


@dataclass
class Sorted:
    """Stacks found, what was not used with the reason, and what was noted about that."""

    stacks: list[Stack] = field(default_factory=list)
    left_aside: list[LeftAside] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()

    def leave(self, images: Iterable[Image], reason: str) -> None:
        """Note pictures as not used, one line per series."""
        series = Counter(image.series_number for image in images)
        for number in sorted(series, key=numeric):
            self.left_aside.append(LeftAside(series_label([number]), reason, series[number]))


def numeric(text: str) -> tuple[float, str]:
    """Sort key that puts series 9 before series 10."""
    return (float(text), "") if is_whole_number(text) else (float("inf"), text)


def series_of(images: Iterable[Image]) -> tuple[str, ...]:
    """The series numbers of pictures, ascending."""
    return tuple(sorted({image.series_number for image in images}, key=numeric))


def series_label(numbers: Sequence[str]) -> str:
    """Neutral name of one or several series.

    Examples
    --------
    >>> series_label(["5"]), series_label(["7001", "8001", "9001"]), series_label([""])
    ('series 5', 'series 7001 to 9001 (3)', 'series without number')
    """
    known = [number for number in numbers if is_whole_number(number)]
    if not known:
        return "series without number"
    return f"series {known[0]}" if len(known) == 1 else f"series {known[0]} to {known[-1]} ({len(known)})"


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
                _stacks_of_plane(plane, result)
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


def _stacks_of_plane(images: list[Image], result: Sorted) -> None:
    """All stacks of one orientation, best first."""
    images, copies = without_copies(images)
    runs: list[_Placed] = []
    for index, group in enumerate(slices(images)):
        for run in acquisitions(group):
            reason = why_no_cine(run)
            if reason:
                result.leave(run.images, reason)
            else:
                runs.append(_Placed(index, height_mm(run.images[0], images[0]), run))
    if not any(image.position_mm is not None or image.location_mm is not None for image in images):
        # Each may be a slice of its own or the same one again: nothing says so, and nothing is put together.
        result.stacks += [_lone(placed.run) for placed in runs]
        return
    while runs:
        stack, runs = _best_stack(runs, result, copies)
        result.stacks.append(stack)
        copies = 0


def _lone(run: Run) -> Stack:
    return Stack(runs=(run,), reference=run.images[0], frames=run.frames)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A run with the index and the height of its slice among all parallel slices."""

    index: int
    height_mm: float
    run: Run


def _best_stack(runs: list[_Placed], result: Sorted, copies: int) -> tuple[Stack, list[_Placed]]:
    """The family of runs that covers most slices, completed from the others; and the runs that remain."""
    whole = _whole_series(runs)
    families = grouped(runs, lambda placed: _family(placed.run, whole))
    family = _best_family(families)
    frames = family[0].run.frames
    chosen: dict[int, _Placed] = {}
    for placed in sorted(family, key=_preferred(family)):
        if placed.index in chosen:
            older = chosen[placed.index].run
            result.leave(older.images, "another acquisition of a slice; the later one is read")
        chosen[placed.index] = placed
    done = set(map(id, family)) - set(map(id, chosen.values()))
    filling = _filling(list(chosen.values()), _fit_to_fill(runs, family, whole), frames)
    kept = _without_far([*chosen.values(), *filling])
    done |= set(map(id, kept))
    reference = majority_grid([placed.run.images[0] for placed in kept if placed.run.frames == frames])
    kept.sort(key=lambda placed: height_mm(placed.run.images[0], reference))
    times_met = Counter(placed.index for placed in runs)
    stack = Stack(
        runs=tuple(placed.run for placed in kept),
        reference=reference,
        frames=frames,
        repeated=tuple(place for place, placed in enumerate(kept) if times_met[placed.index] > 1),
        copies=copies,
    )
    return stack, [placed for placed in runs if id(placed) not in done]


def _best_family(families: list[list[_Placed]]) -> list[_Placed]:
    """The first by :func:`_family_rank` that shows anatomy, where others have nearly as many slices."""
    ranked = sorted(families, key=_family_rank, reverse=True)
    most = len({placed.index for placed in ranked[0]})
    rivals = [f for f in ranked if 2 * len({placed.index for placed in f}) >= most]
    anatomy = show_anatomy([_early(family[len(family) // 2].run) for family in rivals])
    return next(family for family, fine in zip(rivals, [*anatomy, True], strict=False) if fine)


def _preferred(family: list[_Placed]) -> Callable[[_Placed], tuple[float, ...]]:
    """Sort key of acquisitions of one family, of which the last is read: the newest that shows anatomy."""
    anatomy: dict[int, bool] = {}
    for same in grouped(family, lambda placed: placed.index):
        fine = show_anatomy([_early(placed.run) for placed in same])
        anatomy.update({id(placed): good for placed, good in zip(same, fine, strict=True)})
    return lambda placed: (float(anatomy[id(placed)]), *latest(placed.run))


def _early(run: Run) -> Image:
    """A picture in which tag lines have not faded yet."""
    return run.images[min(1, len(run.images) - 1)]


def _family(run: Run, whole: set[str]) -> Hashable:
    """What runs of one stack have in common: grid, frames, kind, and the series if a stack by itself."""
    image = run.images[0]
    spacing = None if image.spacing_mm is None else tuple(round(s, 2) for s in image.spacing_mm)
    series = image.series if image.series in whole else ""
    kind = tuple(sorted(set(image.image_type[2:])))  # magnitude, complex difference and the like
    return *sorted((image.rows, image.columns)), spacing, run.frames, kind, series


def _fit_to_fill(runs: list[_Placed], family: list[_Placed], whole: set[str]) -> list[_Placed]:
    """Runs that could complete a family.

    A series that is a stack by itself only does so if it continues the family (a stack acquired in
    two parts) or fills its gaps (every other slice in another series); one that lies among the
    family's slices is the same stack acquired again.
    """
    members = set(map(id, family))
    heights = [placed.height_mm for placed in family]
    own = {placed.run.images[0].series for placed in family}
    fit = []
    for part in grouped(runs, lambda placed: placed.run.images[0].series):
        series = part[0].run.images[0].series
        beyond = [placed for placed in part if not min(heights) <= placed.height_mm <= max(heights)]
        between = _fills_gaps(heights, [placed.height_mm for placed in part], part[0].run)
        if series in own or series not in whole or 2 * len(beyond) > len(part) or between:
            fit += [placed for placed in part if id(placed) not in members]
    return fit


def _fills_gaps(heights: list[float], others: list[float], run: Run) -> bool:
    """Whether slices lie in the middle of the gaps that a stack leaves, with room for their thickness."""
    if len(heights) < 2 or len(others) < 2:
        return False
    thick = run.images[0].thickness_mm or 0.0
    apart, together = np.diff(np.sort(heights)), np.diff(np.sort([*heights, *others]))
    even = np.abs(together - np.median(together)) < 0.1 * np.median(together)
    return bool(thick and even.all() and together.min() >= 0.8 * thick and apart.min() > 1.8 * together.max())


def _whole_series(runs: list[_Placed]) -> set[str]:
    """Series that hold three slices or more: stacks in themselves, not to be mixed."""
    found: dict[str, set[int]] = defaultdict(set)
    for placed in runs:
        found[placed.run.images[0].series].add(placed.index)
    return {series for series, indices in found.items() if len(indices) >= 3}


def _family_rank(family: list[_Placed]) -> tuple[float, ...]:
    """Most slices with a full cycle, twice as many if not gated; then most frames, finest pixels, newest."""
    run = family[0].run
    count = len({placed.index for placed in family}) * (2 if run.gated else 1)
    spacing = run.images[0].spacing_mm or (1.0, 1.0)
    newest = max(latest(placed.run) for placed in family)
    return count * min(run.frames, 8), run.frames, -spacing[0] * spacing[1], *newest


def _filling(chosen: list[_Placed], others: list[_Placed], frames: int) -> list[_Placed]:
    """Runs of other families for slices that the chosen family lacks: free places, similar frames."""
    taken = [placed.height_mm for placed in chosen]
    if len(taken) < 2:
        return []
    step = float(np.median(np.diff(np.sort(taken))))
    room = _FILL_ROOM * min(step, chosen[0].run.images[0].thickness_mm or step)
    filling: list[_Placed] = []
    for placed in sorted(others, key=lambda p: (abs(p.run.frames - frames), -p.run.frames)):
        free = all(abs(placed.height_mm - other) > room for other in taken)
        if free and 0.5 * frames <= placed.run.frames <= 2 * frames:
            filling.append(placed)
            taken.append(placed.height_mm)
    return filling


def _without_far(stack: list[_Placed]) -> list[_Placed]:
    """Cut off a few slices that lie far from the rest; all slices where no part is clearly the stack."""
    ascending = sorted(stack, key=lambda placed: placed.height_mm)
    if len(ascending) < 4:
        return ascending
    steps = np.diff([placed.height_mm for placed in ascending])
    cuts = np.flatnonzero(steps > _FAR_STEPS * np.median(steps)) + 1
    bounds = [0, *cuts.tolist(), len(ascending)]
    parts = [ascending[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    largest = max(parts, key=len)
    return largest if len(largest) * 3 >= len(ascending) * 2 else ascending
