"""Which of an exam's cines is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lvcine.errors import LvcineError, MeasureError, NotACineError
from lvcine.quality import require_no_tags, require_one_beat
from lvcine.read.sector import SECTOR_ASSUMED, shows_sector
from lvcine.study import Cine, Finding, LeftAside, Study, View

_SHORT_AXIS = (View.SAX, View.UNKNOWN)
_APICAL = (View.A4C, View.A2C, View.A3C)
"""In the order in which one is chosen: volumes by discs are made for the first two."""
_ACROSS = {View.A4C: View.A2C, View.A2C: View.A4C}
"""The view at right angles, for volumes from two planes."""
_ASSUMED = Finding(
    "short-axis-assumed",
    "warning",
    "imaging plane not specified: taken for a short-axis MR cine",
    "look at the contours; state --view SAX if they are right",
)


@dataclass(frozen=True)
class Selected:
    """What is measured.

    Attributes
    ----------
    study : Study
        Every other cine is in ``left_aside`` with the reason.
    cine : Cine
    across : Cine or None
        An apical clip at right angles to an apical ``cine``.
    """

    study: Study
    cine: Cine
    across: Cine | None = None

    @property
    def apical(self) -> bool:
        """Whether it is an apical ultrasound clip, not a short-axis stack."""
        return _is_apical(self.cine)


def choose(study: Study, *, by_hand: bool = False) -> Selected:
    """The cine to measure: a short-axis MR stack where there is one, else an apical clip.

    ``by_hand``: the user chose the series.

    Raises
    ------
    NotACineError
        Neither is in the study; the message lists what there is.
    """
    clips = [c for c in map(said_apical, study.cines) if _is_apical(c) and c.frames > 1]
    stacks = [c for c in study.cines if c.view == View.SAX and c.modality != "US" and c.frames > 1]
    unsaid = [c for c in study.cines if c.view == View.UNKNOWN and c.modality == "MR" and c.frames > 1]
    if not clips or stacks or unsaid:
        study, cine = choose_short_axis(study, by_hand=by_hand)
        return Selected(study, cine)
    cine = min(clips, key=lambda c: (_rank(c.view), not c.geometry.calibrated, -c.frames))
    partner = [c for c in clips if c.view == _ACROSS.get(cine.view)]
    across = max(partner, key=lambda c: c.frames) if partner else None
    kept = {cine.label} | ({across.label} if across else set())
    aside = (
        LeftAside(c.label, f"{_describe(c)}; {cine.label} is measured")
        for c in study.cines
        if c.label not in kept
    )
    return Selected(replace(study, left_aside=(*study.left_aside, *aside)), cine, across)


def _is_apical(cine: Cine) -> bool:
    return cine.view in _APICAL or (cine.modality == "US" and cine.view == View.UNKNOWN)


def said_apical(cine: Cine) -> Cine:
    """A video that says nothing, but shows a sector, as an ultrasound clip with a doubt."""
    silent = cine.modality == "UNKNOWN" and cine.view == View.UNKNOWN and cine.slices == 1
    if not silent or not shows_sector(cine.pixels[0]):
        return cine
    return replace(cine, modality="US").with_findings(SECTOR_ASSUMED)


def _rank(view: View) -> int:
    return _APICAL.index(view) if view in _APICAL else len(_APICAL)


def choose_short_axis(study: Study, *, by_hand: bool = False) -> tuple[Study, Cine]:
    """The cine to measure, and the study with every other one in ``left_aside`` and the reason.

    Short axis goes before unknown view, full cycle before single phases, a gated beat before real time and
    before tags, then the most slices and frames. A series chosen ``by_hand`` is not doubted where the file
    does not specify its view.

    Raises
    ------
    NotACineError
        Nothing in the study can be a short-axis MR cine; the message lists what there is.
    """
    fit = [c for c in study.cines if c.modality != "US" and c.view in _SHORT_AXIS and c.frames > 1]
    if not fit:
        raise NotACineError(
            f"no short-axis MR cine, but {'; '.join(map(_describe, study.cines)) or 'nothing that moves'}",
            advice="the short axis and apical ultrasound are measured; state --view if the file is wrong",
        )
    sound = {id(c): len(fit) == 1 or _is_sound(c) for c in fit}
    cine = max(fit, key=lambda c: (c.view == View.SAX, not c.phases_only, sound[id(c)], c.slices, c.frames))
    others = [c for c in study.cines if c is not cine]
    notes = [_other(c) for c in others if any(c is one for one in fit)]
    if cine.view == View.UNKNOWN and not by_hand:
        notes.append(_ASSUMED)
    aside = (LeftAside(c.label, _why_aside(c, cine)) for c in others)
    return replace(study, left_aside=(*study.left_aside, *aside)), cine.with_findings(*notes)


def _is_sound(cine: Cine) -> bool:
    try:
        sound(cine, gated=False)
    except MeasureError:
        return False
    return True


def sound(cine: Cine, *, gated: bool) -> Cine:
    """A short-axis cine with doubts about its beat and about tag lines.

    ``gated``: the user says that the frames close one heart cycle.

    Raises
    ------
    MeasureError
        :func:`lvcine.quality.require_one_beat`, :func:`lvcine.quality.require_no_tags`.
    """
    return cine.with_findings(*require_no_tags(cine), *require_one_beat(cine, stated=gated))


def sound_stack(cine: Cine, *, gated: bool) -> Cine:
    """:func:`sound` of a gated short-axis stack; other cines as they are."""
    if not cine.gated or cine.view not in _SHORT_AXIS or _is_apical(cine) or cine.slices == 1:
        return cine
    return sound(cine, gated=gated)


def cine_left_out(why: LvcineError) -> Finding:
    """``cine-left-out``: one of several cines was refused."""
    text = f"{why.where}: {why.found}"
    return Finding("cine-left-out", "warning", text, "look at it with `lvcine info`")


def _other(cine: Cine) -> Finding:
    text = f"another short-axis stack is not analysed, {_describe(cine)}"
    return Finding("other-short-axis", "info", text, "choose it with --series")


def _describe(cine: Cine) -> str:
    size = f"{cine.slices} slice{'s' * (cine.slices > 1)} x {cine.frames} frame{'s' * (cine.frames > 1)}"
    kind = ", with velocities" if cine.velocity is not None else ""
    return f"{cine.label}: {cine.modality} {cine.view}, {size}{kind}"


def _why_aside(cine: Cine, chosen: Cine) -> str:
    if cine.view in _SHORT_AXIS and cine.modality != "US" and cine.frames > 1:
        return f"{_describe(cine)}; {chosen.label} is the larger short-axis stack"
    return f"{_describe(cine)}; not a short-axis MR cine"
