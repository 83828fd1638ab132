"""Every number of an analysis again, from other contours or other decisions: no net runs, no pixel is asked.

This is the one stage behind ``lvcine measure`` and behind a page on which contours are corrected: what was
measured on contours that stay is kept (:mod:`lvcine.measure.remembered`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lvcine.errors import UsageError
from lvcine.localise.drawn import without_slices
from lvcine.localise.extent import Stated
from lvcine.measure import Insertion, Measured, measure_short_axis
from lvcine.measure.apical import measure_apical
from lvcine.measure.function import indexed_numbers
from lvcine.measure.velocity import measure_velocity
from lvcine.pipeline.apical import with_second_plane
from lvcine.pipeline.velocity import ed_es_of_areas
from lvcine.quality import check, require_lv
from lvcine.quality.apical import check_apical
from lvcine.quality.velocity import check_velocity
from lvcine.study import (
    Analysis,
    Bools,
    Cine,
    Contour,
    Curve,
    Finding,
    Measurement,
    Papillary,
    Segmentation,
    View,
)

SINGLE_PHASES = 2
"""Frames with contours, at most, of a cine that is measured as single phases: there is no curve in them."""


@dataclass(frozen=True)
class Decisions:
    """What the user decides about the numbers; None: as the analysis has it, or found anew.

    Attributes
    ----------
    papillary : {"include", "exclude"} or None
    ed, es : int or None
        Frames from 0.
    base, apex : (int, int) or None
        First and last slice of the ventricle at ED and at ES: slices beyond lose their contours.
    insertion : Insertion or (y, x), or None
    phases : (int, int) or None
        ED and ES of a short-axis stack as an analysis found them on these very contours: of frames that are
        equally full, redrawn contours may make another one the fullest. ``ed`` and ``es`` come before them.
    """

    papillary: Papillary | None = None
    ed: int | None = None
    es: int | None = None
    base: tuple[int, int] | None = None
    apex: tuple[int, int] | None = None
    insertion: Insertion | tuple[float, float] | None = None
    phases: tuple[int, int] | None = None


NOTHING = Decisions()


def remeasure(
    analysis: Analysis,
    decisions: Decisions = NOTHING,
    *,
    segmentation: Segmentation | None = None,
    hinges: Sequence[Any] | None = None,
    sector: Bools | None = None,
) -> Analysis:
    """Measure again.

    Parameters
    ----------
    analysis : Analysis
        Its cine gives geometry and times; its pixels may be blank.
    decisions : Decisions
        ED and ES that the user stated for ``analysis`` stay, unless they are stated anew here; else they
        are found from the volume curve and ``analysis.estimates``.
    segmentation : Segmentation, optional
        Other contours (:func:`lvcine.localise.drawn.redrawn`).
    hinges : sequence of ((y, x), (y, x)) or None, optional
        Of the mitral valve in every frame of a clip.
    sector : ndarray of bool, shape (Y, X), optional
        Of a clip: where the scanner draws, for the check of outlines at its edge.

    Returns
    -------
    Analysis
        Without what comes from nets alone (direct regression). A 90 % interval stays with a number that did
        not change.

    Raises
    ------
    NotACineError
        No contour in any slice and frame.
    MeasureError
        No ventricle at ED, or nothing beats.
    UsageError
        A frame or slice that the cine does not have, or in which nothing is drawn.
    """
    held = replace(
        analysis,
        segmentation=segmentation or analysis.segmentation,
        hinges=analysis.hinges if hinges is None else tuple(hinges),
    )
    require_lv(held.segmentation)
    chosen = _filled(analysis, decisions)
    if is_clip(held.cine):
        found = _of_clip(held, chosen, sector)
    elif held.cine.velocity is not None:
        found = _of_velocity(held, chosen)
    else:
        found = _of_stack(held, chosen)
    every = (*held.study.findings, *held.cine.findings, *held.basis, *found.findings)
    kept = _intervals_kept(found.measurements, analysis.measurements)
    return replace(found, findings=tuple(dict.fromkeys(every)), measurements=kept, comparisons=(), seconds={})


def is_clip(cine: Cine) -> bool:
    """Whether a cine is an apical clip, measured by discs."""
    return cine.modality == "US" or cine.view in (View.A4C, View.A2C, View.A3C, View.APICAL)


def _filled(analysis: Analysis, said: Decisions) -> Decisions:
    """The decisions, with what was stated for the analysis where they are silent."""
    point = said.insertion
    if point is None and analysis.insertion is not None:
        point = Insertion(*analysis.insertion)
    return replace(
        said,
        papillary=said.papillary or analysis.papillary,
        ed=analysis.ed_frame if said.ed is None and "ed" in analysis.stated else said.ed,
        es=analysis.es_frame if said.es is None and "es" in analysis.stated else said.es,
        insertion=point,
    )


def _of_stack(held: Analysis, chosen: Decisions) -> Analysis:
    cine = held.cine
    segmentation = without_slices(held.segmentation, cine, Stated(chosen.base, chosen.apex))
    require_lv(segmentation)
    drawn = _drawn_frames(segmentation)
    _check_drawn(chosen, drawn, cine.frames)
    single = len(drawn) <= SINGLE_PHASES < cine.frames
    frames = drawn if single else list(range(cine.frames))
    part, contours = (cine.phases(frames), _at(segmentation, frames)) if single else (cine, segmentation)
    ed, es = (None if f is None else frames.index(f) for f in (chosen.ed, chosen.es))
    assert chosen.papillary is not None
    measured = measure_short_axis(
        part,
        contours,
        held.study.subject,
        papillary=chosen.papillary,
        ed=ed,
        es=es,
        insertion=chosen.insertion,
        estimates=() if single else held.estimates,
        phases=None if single else chosen.phases,
    )
    doubts = check(part, contours, measured.measurements, measured.ed_frame, measured.es_frame)
    findings = (*_of_phases(single, drawn), *measured.findings, *doubts)
    measured = _back(measured, frames, cine.frames) if single else measured
    return _measured(held, chosen, segmentation, measured, findings)


def _measured(
    held: Analysis,
    chosen: Decisions,
    segmentation: Segmentation,
    measured: Measured,
    findings: tuple[Finding, ...],
) -> Analysis:
    return replace(
        held,
        segmentation=segmentation,
        ed_frame=measured.ed_frame,
        es_frame=measured.es_frame,
        papillary=chosen.papillary or held.papillary,
        measurements=measured.measurements,
        curves=measured.curves,
        estimates=measured.estimates,
        findings=findings,
        **_stated(chosen),
    )


def _stated(chosen: Decisions) -> dict[str, Any]:
    point = chosen.insertion
    point = Insertion(*point) if isinstance(point, tuple) else point
    return {
        "stated": tuple(name for name in ("ed", "es") if getattr(chosen, name) is not None),
        "insertion": None if point is None else (point.y, point.x, point.slice),
    }


def _drawn_frames(segmentation: Segmentation) -> list[int]:
    """Frames with an endocardial contour in any slice."""
    return [
        t for t in range(len(segmentation.endo[0])) if any(row[t] is not None for row in segmentation.endo)
    ]


def _check_drawn(chosen: Decisions, drawn: Sequence[int], frames: int) -> None:
    for name, frame in (("ED", chosen.ed), ("ES", chosen.es)):
        if frame is None:
            continue
        if not 0 <= frame < frames:
            raise UsageError(f"{name} frame {frame} of a cine with frames 0 to {frames - 1}")
        if frame not in drawn:
            raise UsageError(
                f"no ventricle is drawn in frame {frame}, stated as {name}",
                advice=f"draw it there, or state another {name} frame",
            )


def _of_phases(single: bool, drawn: Sequence[int]) -> tuple[Finding, ...]:
    if not single:
        return ()
    text = f"contours in frames {' and '.join(map(str, drawn))} alone, taken as ED and ES: no curve, no rates"
    return (Finding("drawn-phases-only", "info", text, "give masks of the whole cycle for those"),)


def _at(segmentation: Segmentation, frames: Sequence[int]) -> Segmentation:
    """Of these frames alone."""
    chosen = list(frames)

    def some(contours: tuple[tuple[Contour | None, ...], ...]) -> tuple[tuple[Contour | None, ...], ...]:
        return tuple(tuple(row[t] for t in chosen) for row in contours)

    blood, share = segmentation.blood_fraction, segmentation.blood_share
    return replace(
        segmentation,
        mask=replace(segmentation.mask, labels=segmentation.mask.labels[:, chosen]),
        endo=some(segmentation.endo),
        epi=some(segmentation.epi),
        blood_fraction=None if blood is None else blood[:, chosen],
        blood_share=None if share is None else share[:, chosen],
        extent=None,
    )


def _back(measured: Measured, frames: Sequence[int], count: int) -> Measured:
    """Numbers of single phases under the frames of the cine."""
    return replace(
        measured,
        measurements=tuple(_in_cine(m, frames) for m in measured.measurements),
        curves=tuple(_spread(c, frames, count) for c in measured.curves),
        ed_frame=frames[measured.ed_frame],
        es_frame=frames[measured.es_frame],
    )


def _in_cine(m: Measurement, frames: Sequence[int]) -> Measurement:
    if m.name in ("ed_frame", "es_frame"):
        return replace(m, value=frames[int(m.value)])
    return m if m.frame is None else replace(m, frame=frames[m.frame])


def _spread(curve: Curve, frames: Sequence[int], count: int) -> Curve:
    values = np.full(count, np.nan)
    values[list(frames)] = curve.values
    return replace(curve, values=values, times_ms=None)


def _of_velocity(held: Analysis, chosen: Decisions) -> Analysis:
    cine = held.cine
    _check_drawn(chosen, range(cine.frames), cine.frames)
    measured = measure_velocity(cine, held.segmentation, insertion=chosen.insertion)
    ed, es, doubts = ed_es_of_areas(held.segmentation, cine, chosen.ed, chosen.es)
    return replace(
        held,
        ed_frame=ed,
        es_frame=es,
        measurements=measured.measurements,
        curves=measured.curves,
        velocity=measured.wall,
        findings=(*measured.findings, *doubts, *check_velocity(cine, held.segmentation)),
        **_stated(chosen),
    )


def _of_clip(held: Analysis, chosen: Decisions, sector: Bools | None) -> Analysis:
    cine: Cine = held.cine
    if chosen.base or chosen.apex:
        raise UsageError("base and apex (--base, --apex) are of short-axis stacks", where=cine.label)
    hinges = held.hinges or (None,) * cine.frames
    measured = measure_apical(
        cine, held.segmentation.endo[0], hinges, ed=chosen.ed, es=chosen.es, atrium=held.atrium
    )
    numbers = list(measured.measurements)
    more: tuple[Finding, ...] = ()
    if held.second_plane is not None:
        both, more = with_second_plane(measured, held.second_plane)
        numbers = list(both.measurements)
    inside = np.ones(cine.pixels.shape[2:], bool) if sector is None else sector
    behind = held.atrium[measured.es_frame] if held.atrium else None
    doubts = check_apical(cine, held.segmentation, inside, measured.ed_frame, behind)
    indexed, not_indexed = indexed_numbers(numbers, held.study.subject)
    return replace(
        held,
        ed_frame=measured.ed_frame,
        es_frame=measured.es_frame,
        papillary="include",
        measurements=(*numbers, *indexed),
        curves=measured.curves,
        beats=measured.beats,
        findings=(
            *measured.findings,
            *doubts,
            *more,
            *(not_indexed if cine.geometry.calibrated else ()),
        ),
        **_stated(chosen),
    )


def _intervals_kept(found: Sequence[Measurement], before: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Numbers with the interval of the same number before, where it did not change."""
    known = {(m.name, m.slice, m.frame, m.segment): m for m in before if m.low is not None}
    if not known:
        return tuple(found)
    out = []
    for m in found:
        old = known.get((m.name, m.slice, m.frame, m.segment))
        same = old is not None and math.isclose(old.value, m.value, rel_tol=1e-4, abs_tol=1e-6)
        out.append(replace(m, low=old.low, high=old.high) if old is not None and same else m)
    return tuple(out)
