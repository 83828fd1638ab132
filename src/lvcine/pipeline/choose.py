"""Which of an exam's cines is measured."""

from __future__ import annotations

from dataclasses import replace

from lvcine.errors import NotACineError
from lvcine.study import Cine, Finding, LeftAside, Study, View

_SHORT_AXIS = (View.SAX, View.UNKNOWN)
_ASSUMED = Finding(
    "short-axis-assumed",
    "warning",
    "the file does not tell the imaging plane: it is taken for a short-axis MR cine",
    "look at the contours, and state --view SAX if they are right",
)


def choose_short_axis(study: Study, *, by_hand: bool = False) -> tuple[Study, Cine]:
    """The cine to measure, and the study with every other one left aside and the reason why.

    Parameters
    ----------
    study : Study
    by_hand : bool
        The user chose the series: its view is not doubted when the file does not tell it.

    Returns
    -------
    study : Study
    cine : Cine
        Short axis before unknown view, full cycle before single phases, then the most slices and
        frames.

    Raises
    ------
    NotACineError
        Nothing in the study can be a short-axis MR cine; the message lists what there is.
    """
    fit = [c for c in study.cines if c.modality != "US" and c.view in _SHORT_AXIS and c.frames > 1]
    if not fit:
        raise NotACineError(
            f"no short-axis MR cine, but {'; '.join(map(_describe, study.cines)) or 'nothing that moves'}",
            advice="this version measures the short axis only; state --view SAX if the file is wrong",
        )
    cine = max(fit, key=lambda c: (c.view == View.SAX, not c.phases_only, c.slices, c.frames))
    others = [c for c in study.cines if c is not cine]
    notes = [_other(c) for c in others if any(c is one for one in fit)]
    if cine.view == View.UNKNOWN and not by_hand:
        notes.append(_ASSUMED)
    aside = (LeftAside(c.label, _why_aside(c, cine)) for c in others)
    return replace(study, left_aside=(*study.left_aside, *aside)), cine.with_findings(*notes)


def _other(cine: Cine) -> Finding:
    text = f"another short-axis stack is left aside, {_describe(cine)}"
    return Finding("other-short-axis", "info", text, "choose it with --series")


def _describe(cine: Cine) -> str:
    size = f"{cine.slices} slice{'s' * (cine.slices > 1)} x {cine.frames} frame{'s' * (cine.frames > 1)}"
    return f"{cine.label}: {cine.modality} {cine.view}, {size}"


def _why_aside(cine: Cine, chosen: Cine) -> str:
    if cine.view in _SHORT_AXIS and cine.modality != "US" and cine.frames > 1:
        return f"{_describe(cine)}; {chosen.label} is the larger short-axis stack"
    return f"{_describe(cine)}; only short-axis MR is measured as yet"
