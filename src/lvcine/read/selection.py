"""Of all cines of an exam, the ones to read: the short-axis stack and the long-axis planes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lvcine.errors import MeasureError, NotACineError, ReadError, UsageError
from lvcine.read.colour import DOPPLER
from lvcine.read.dicom.planes import PARALLEL_COS, grouped
from lvcine.read.items import Item
from lvcine.read.views import name_views, weight
from lvcine.study import Cine, Finding, LeftAside, View

_LONG_AXIS = (View.CH4, View.CH2, View.CH3, View.LAX)
_LEAST_STACK = 3
_MOST_LISTED = 5
_OF_ULTRASOUND = ("an ultrasound still", "a three-dimensional ultrasound", DOPPLER)
_PARALLEL = "parallel to the short-axis stack, but not part of it"


@dataclass(frozen=True)
class Selection:
    """Cines to read, the short-axis stack first, and what was decided against.

    ``refusal`` is why none of them is to be measured: slices that could not be put together.
    """

    items: tuple[Item, ...]
    left_aside: tuple[LeftAside, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusal: MeasureError | None = None


def name_items(items: Sequence[Item]) -> list[Item]:
    """Items with the views that follow from geometry, exam by exam."""
    named: list[Item] = []
    for exam in grouped(items, lambda item: item.exam):
        for item, (view, findings) in zip(exam, name_views([i.cine for i in exam]), strict=True):
            named.append(replace(item, cine=replace(item.cine, view=view).with_findings(*findings)))
    return named


def by_series(items: Sequence[Item], series: str) -> list[Item]:
    """The items that the user named by label or series number."""
    return [item for item in items if series in (item.cine.label, *item.series)]


def select(items: Sequence[Item]) -> Selection:
    """Choose from the named items of all exams met.

    Raises
    ------
    ReadError
        Cines of several patients.
    """
    exams = grouped(items, lambda item: item.exam)
    if len(exams) == 1:
        return _of_one_exam(exams[0])
    _check_one_patient(items)
    best = max(exams, key=lambda exam: max(weight(item.cine) for item in exam))
    chosen = _of_one_exam(best)
    others = [item for exam in exams if exam is not best for item in exam]
    aside = tuple(LeftAside(item.cine.label, "of another exam in the folder", item.files) for item in others)
    finding = Finding(
        "several-exams", "warning",
        f"{len(exams)} exams in one folder; the one with the largest stack is read, of {_listed(exams)}",
        "give the folder of one exam, or name a series",
    )  # fmt: skip
    return replace(chosen, left_aside=(*chosen.left_aside, *aside), findings=(*chosen.findings, finding))


def _check_one_patient(items: Sequence[Item]) -> None:
    patients = {item.header.fields.text("PatientID") for item in items if item.header is not None} - {""}
    if all(item.header is None for item in items):
        raise ReadError(
            f"{len(items)} subjects, of which one can be read at a time",
            advice=f"name one by its number as the series (1 to {len(items)}), or give one file",
        )
    if len(patients) > 1:
        raise ReadError(
            f"cines of {len(patients)} patients in one folder: {_listed(grouped(items, _patient))}",
            advice="give the folder of one patient",
        )


def _patient(item: Item) -> str:
    return "" if item.header is None else item.header.fields.text("PatientID")


def _listed(groups: Sequence[Sequence[Item]]) -> str:
    """Exams or patients by what is in them, as their names are nobody's business."""
    parts = []
    for group in groups[:_MOST_LISTED]:
        largest = max(group, key=lambda item: weight(item.cine)).cine
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        parts.append(f"{largest.label} ({largest.slices} x {largest.frames} {largest.modality}{more})")
    more = f"; {len(groups) - _MOST_LISTED} more" if len(groups) > _MOST_LISTED else ""
    return "; ".join(parts) + more


def _of_one_exam(items: list[Item]) -> Selection:
    """The heaviest short-axis stack, all long-axis planes; anything else only where these are missing."""
    short = sorted((i for i in items if i.cine.view is View.SAX), key=lambda i: -_rank(i))
    long = [item for view in _LONG_AXIS for item in items if item.cine.view is view]
    clips = sorted(
        (i for i in items if i.cine.view not in (View.SAX, View.OTHER, *_LONG_AXIS)),
        key=lambda i: -weight(i.cine),
    )
    other = [item for item in items if item.cine.view is View.OTHER]
    aside = [
        _aside(item, "real time; a gated short-axis stack is read" if item.real_time else _PARALLEL)
        for item in short[1:]
    ]
    if short or long or clips:
        aside += [_aside(item, _why_other(item)) for item in other]
        other = []
    refusal = _why_in_pieces([item.cine for item in (*short, *clips) if item.cine.modality == "MR"])
    return Selection((*short[:1], *long, *clips, *other), tuple(aside), refusal=refusal)


def _rank(item: Item) -> float:
    """The weight of a short-axis stack; half of it for one in real time, as a gated one goes before it."""
    return weight(item.cine) / (2 if item.real_time else 1)


def _why_in_pieces(cines: Sequence[Cine]) -> MeasureError | None:
    """The refusal to measure one of many slices, where they were not put together; None if a stack was."""
    largest = max((cine.slices for cine in cines), default=0)
    if len(cines) <= largest or largest >= _LEAST_STACK or any(cine.velocity is not None for cine in cines):
        return None
    placed = all(cine.geometry.placed for cine in cines)
    if _same_place(cines) if placed else len(cines) < _LEAST_STACK:
        return None
    count = sum(cine.slices for cine in cines)
    return MeasureError(
        f"{count} slices in {len(cines)} pieces that cannot be put together: {_why_apart(cines)}; none is "
        "measured for the whole",
        advice="export the exam with its positions (DICOM Image Position (Patient), NIfTI sform), or choose "
        "one piece with --series",
    )


def _same_place(cines: Sequence[Cine]) -> bool:
    """Whether all lie in one plane: the same slice in several ways."""
    first = cines[0].geometry
    apart = [(c.geometry.origins_mm - first.origins_mm[0]) @ first.normal for c in cines]
    return bool(np.ptp(np.concatenate(apart)) < (first.thickness_mm or 4.0) / 2)


def _why_apart(cines: Sequence[Cine]) -> str:
    """What keeps slices from being one stack."""
    if not all(cine.geometry.placed for cine in cines):
        return "nothing in the files says where they lie"
    tilt = min(abs(float(c.geometry.normal @ cines[0].geometry.normal)) for c in cines)
    facts = (
        ("direction", tilt < PARALLEL_COS),
        ("size", len({cine.pixels.shape[2:] for cine in cines}) > 1),
        ("pixel spacing", len({tuple(np.round(c.geometry.pixel_spacing_mm, 2)) for c in cines}) > 1),
        ("number of frames", len({cine.frames for cine in cines}) > 1),
    )
    differ = [name for name, differs in facts if differs]
    return f"they differ in {', '.join(differ)}" if differ else "they lie too far apart or differ in sequence"


def _aside(item: Item, reason: str) -> LeftAside:
    return LeftAside(item.cine.label, reason, item.files)


def _why_other(item: Item) -> str:
    texts = [finding.text for finding in item.cine.findings if finding.code == "view-uncertain"]
    return texts[0].partition(":")[0] if texts else "not a view of the left ventricle"


def no_series(items: Sequence[Item], series: str) -> UsageError:
    """The error for a series that is not there."""
    labels = ", ".join(item.cine.label for item in items) or "none"
    return UsageError(f"no cine in {series!r}", advice=f"choose one of: {labels}")


def no_cine(left_aside: Sequence[LeftAside]) -> NotACineError:
    """The error for a folder without a cine, with what was met instead."""
    reasons: dict[str, int] = {}
    for aside in left_aside:
        reasons[aside.reason] = reasons.get(aside.reason, 0) + aside.files
    met = "; ".join(
        f"{count} x {reason}" for reason, count in sorted(reasons.items(), key=lambda r: -r[1])[:4]
    )
    return NotACineError(f"no cine in the input ({met or 'nothing readable'})", advice=_what_to_give(reasons))


def _what_to_give(reasons: Iterable[str]) -> str:
    """Advice for what was met: ultrasound and foreign formats need another than MR."""
    if any(reason.startswith("not read: ") for reason in reasons):
        return "convert the files to NIfTI (3D Slicer, SimpleITK, c3d, nibabel) or give the DICOM files"
    if any(reason.startswith(_OF_ULTRASOUND) for reason in reasons):
        return "give an apical clip: two-dimensional ultrasound without colour, all frames of a beat"
    return "give a folder with all phases of a short-axis cine"
