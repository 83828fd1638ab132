"""Which pictures are of one exam, where the UIDs do not say it.

Anonymisers make new UIDs for every file or every series. Then a study UID separates what was scanned
together, and each part is less than a stack. Parts are joined where they complete each other: pictures of
one patient and one date, on one grid, no place and moment in two of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np

from lvcine.read.dicom.image import Image
from lvcine.read.dicom.planes import grouped, height_mm, moment_of, parallel_sets, same_place
from lvcine.study import Finding

_WHOLE_SLICES = 3
_MANY_FILES = 8  # of which every one has an ID of its own: made anew, as no folder holds so many people


def joined_exams(images: Sequence[Image]) -> tuple[list[Image], tuple[Finding, ...]]:
    """The pictures with one study UID for those that are of one exam, and the finding if any were joined.

    Parameters
    ----------
    images : sequence of Image
        In any order, which is kept.

    Notes
    -----
    Two whole stacks of one patient (a follow-up, a repeat) stay two: they hold the same places.
    """
    if len({image.study for image in images}) < 2:
        return list(images), ()
    exam: dict[str, str] = {}
    for of_one in grouped(images, _person(images)):
        exam.update(_joined(of_one))
    studies, exams = len(exam), len(set(exam.values()))
    if studies == exams:
        return list(images), ()
    text = f"{studies} study UIDs for {exams} exam{'s' * (exams > 1)}: joined by position and time"
    found = Finding("identifiers-differ", "info", text, "check that the folder holds one patient alone")
    return [replace(image, study=exam[image.study]) for image in images], (found,)


def _person(images: Sequence[Image]) -> Callable[[Image], Hashable]:
    """What tells people and days apart; IDs that every file has anew tell nothing."""
    ids = {image.header.path: image.header.fields.text("PatientID") for image in images}
    anew = len(ids) >= _MANY_FILES and len(set(ids.values())) == len(ids)

    def key(image: Image) -> Hashable:
        fields = image.header.fields
        return "" if anew else fields.text("PatientID"), fields.text("StudyDate")

    return key


def _joined(images: list[Image]) -> dict[str, str]:
    """Study UID -> UID of its exam, for the pictures of one person and day."""
    studies = grouped(images, lambda image: image.study)
    names = [part[0].study for part in studies]
    if len(studies) < 2:
        return {names[0]: names[0]}
    whole = [part for part in studies if _is_whole(part)]
    if not whole:
        together = _completes(images) or _scattered(studies)
        return {name: names[0] if together else name for name in names}
    exam = {name: name for name in names}
    whole.sort(key=len, reverse=True)
    for k, part in enumerate(whole):
        for other in whole[:k]:
            if exam[part[0].study] == part[0].study and _continues(other, part):
                exam[part[0].study] = exam[other[0].study]
    for part in studies:
        if not _is_whole(part):
            home = next((other for other in whole if _continues(other, part)), None)
            exam[part[0].study] = part[0].study if home is None else exam[home[0].study]
    return exam


def _is_whole(images: list[Image]) -> bool:
    """Whether a study holds a stack by itself: three places or more of one plane, several moments of each."""
    for plane in parallel_sets(images):
        if plane[0].centre_mm is None:
            continue
        places: dict[Hashable, set[Hashable]] = defaultdict(set)
        for image in plane:
            places[round(height_mm(image, plane[0]))].add(moment_of(image))
        if sum(len(moments) > 1 for moments in places.values()) >= _WHOLE_SLICES:
            return True
    return False


def _completes(images: list[Image]) -> bool:
    """Whether no place and moment is shown by two studies."""
    shown: dict[Hashable, set[str]] = defaultdict(set)
    for image in images:
        if image.position_mm is None:
            return False
        place = (
            tuple(np.round(image.position_mm, 1)),
            () if image.axes is None else tuple(np.round(image.axes.ravel(), 2)),
        )
        shown[place, moment_of(image)].add(image.study)
    return all(len(studies) == 1 for studies in shown.values())


def _scattered(studies: list[list[Image]]) -> bool:
    """Whether studies hold single pictures: UIDs made anew for every file, repeats among them."""
    return float(np.median([len(part) for part in studies])) <= 2.0


def _continues(one: list[Image], other: list[Image]) -> bool:
    """Whether ``other`` lies beside ``one`` or in its gaps, on the same grid and in the same direction."""
    if _grid(one[0]) != _grid(other[0]):
        return False
    for plane in parallel_sets([*one, *other]):
        sides = [[image for image in plane if image.study == part[0].study] for part in (one, other)]
        if not all(sides) or any(image.centre_mm is None for image in plane):
            continue
        a, b = (sorted({round(height_mm(i, plane[0]), 1) for i in side}) for side in sides)
        near = same_place(plane)
        if min(abs(x - y) for x in a for y in b) <= near:
            return False
        steps = np.diff(np.sort([*a, *b]))
        thick = plane[0].thickness_mm or 0.0
        return bool(steps.min() >= 0.8 * thick and steps.max() < 3.5 * np.median(steps))
    return False


def _grid(image: Image) -> Hashable:
    spacing = None if image.spacing_mm is None else tuple(round(s, 2) for s in image.spacing_mm)
    return *sorted((image.rows, image.columns)), spacing, image.sequence
