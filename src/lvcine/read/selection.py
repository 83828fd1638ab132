"""Of all cines of an exam, the ones to read: the short-axis stack and the long-axis planes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lvcine.errors import NotACineError, ReadError, UsageError
from lvcine.read.dicom.planes import grouped
from lvcine.read.items import Item
from lvcine.read.views import name_views, weight
from lvcine.study import Finding, LeftAside, View

_LONG_AXIS = (View.CH4, View.CH2, View.CH3, View.LAX)


@dataclass(frozen=True)
class Selection:
    """Cines to read, the short-axis stack first, and what was decided against."""

    items: tuple[Item, ...]
    left_aside: tuple[LeftAside, ...] = ()
    findings: tuple[Finding, ...] = ()


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
        f"{len(exams)} exams in one folder: the one with the largest stack is read",
        "give the folder of one exam, or name a series",
    )  # fmt: skip
    return Selection(chosen.items, (*chosen.left_aside, *aside), (*chosen.findings, finding))


def _check_one_patient(items: Sequence[Item]) -> None:
    patients = {item.header.fields.text("PatientID") for item in items if item.header is not None} - {""}
    if all(item.header is None for item in items):
        raise ReadError(
            f"{len(items)} subjects, of which one can be read at a time",
            advice=f"name one by its number as the series (1 to {len(items)}), or give one file",
        )
    if len(patients) > 1:
        raise ReadError(
            f"cines of {len(patients)} patients in one folder", advice="give the folder of one patient"
        )


def _of_one_exam(items: list[Item]) -> Selection:
    """The heaviest short-axis stack, all long-axis planes; anything else only where these are missing."""
    short = sorted((i for i in items if i.cine.view is View.SAX), key=lambda i: -weight(i.cine))
    long = [item for view in _LONG_AXIS for item in items if item.cine.view is view]
    clips = sorted(
        (i for i in items if i.cine.view not in (View.SAX, View.OTHER, *_LONG_AXIS)),
        key=lambda i: -weight(i.cine),
    )
    other = [item for item in items if item.cine.view is View.OTHER]
    aside = [_aside(item, "parallel to the short-axis stack, but not part of it") for item in short[1:]]
    if short or long or clips:
        aside += [_aside(item, _why_other(item)) for item in other]
        other = []
    return Selection((*short[:1], *long, *clips, *other), tuple(aside))


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
    return NotACineError(
        f"no cine in the input ({met or 'nothing readable'})",
        advice="give a folder with all phases of a short-axis cine",
    )
