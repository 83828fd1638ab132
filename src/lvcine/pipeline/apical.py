"""From an apical clip, or from two at right angles, to its analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lvcine.errors import MeasureError, NotACineError
from lvcine.measure.apical import ApicalMeasured, measure_apical, measure_biplane
from lvcine.measure.function import indexed_numbers
from lvcine.measure.intervals import with_fixed_intervals
from lvcine.pipeline.choose import Selected
from lvcine.pipeline.ed_es import compare_beats, regress_frames, regression_curve
from lvcine.pipeline.options import AnalyzeOptions, stated_by
from lvcine.quality.apical import believed_scale, check_apical
from lvcine.study import (
    Analysis,
    Array,
    Bools,
    Cine,
    Contour,
    Finding,
    Measurement,
    SecondPlane,
    View,
)
from lvcine.study.progress import Stages
from lvcine.systems.echo.infer import EchoResult, segment_clip
from lvcine.systems.echo.prepare import without_letters

LEAST_CERTAIN, LEAST_WALLED = 0.72, 0.25
"""Beneath either it is no ventricle. Noise: 0.63 to 0.75 and 0.13 to 0.30; apical clips, real and virtual,
0.81 and 0.44 at the least, the latter where the sector cuts the wall."""
ATRIAL_VIEWS = (View.A4C, View.A2C)
"""In which the left atrium is measured (Lang et al. 2015)."""
CERTAIN = 0.84
"""Beneath it is doubted: the short-axis clips of shared data have 0.76 to 0.83."""


def analyze_clip(selected: Selected, options: AnalyzeOptions, stages: Stages) -> Analysis:
    """Outline and measure a clip; the stages' seconds are the caller's to add.

    Raises
    ------
    NotACineError
        No left ventricle in the clip.
    MeasureError
        Nothing beats in the clip.
    """
    cine, across, runtime = selected.cine, selected.across, options.runtime
    with stages("segment") as steps:
        found = _outlined(cine, options, steps)
        cine = believed_scale(cine, found.sector)
        across, other = (None, None) if across is None else _across(across, options)
    with stages("frames"):
        regression = regress_frames(cine, runtime)
    with stages("measure"):
        atrium = found.atrium if found.view in ATRIAL_VIEWS else ()
        measured = measure_apical(
            cine, found.segmentation.endo[0], found.annulus, ed=options.ed, es=options.es, atrium=atrium
        )
        doubts = check_apical(
            cine, found.segmentation, found.sector, measured.ed_frame,
            atrium[measured.es_frame] if atrium else None,
        )  # fmt: skip
        both: tuple[ApicalMeasured | None, SecondPlane | None, tuple[Finding, ...]] = (None, None, ())
        if across is not None and other is not None:
            both = _biplane(measured, across, other)
    curves = measured.curves
    nets = [found.net]
    differences: tuple[Finding, ...] = ()
    if regression is not None:
        curves = (*curves, regression_curve(regression, curves[0]))
        nets.append(regression.net)
        differences = runtime.supplements("frames")
        cut = any(finding.code == "beat-cut" for finding in measured.findings)
        if options.ed is None and options.es is None and not cut:
            differences += compare_beats(measured.beats, regression, cine)
    numbers = list(measured.measurements if both[0] is None else both[0].measurements)
    indexed, not_indexed = indexed_numbers(numbers, selected.study.subject)
    sure = with_fixed_intervals((*numbers, *indexed), found.intervals)
    masked, hidden = within_sector(cine, found.sector)
    return Analysis(
        study=selected.study,
        cine=replace(masked, view=found.view),
        segmentation=found.segmentation,
        ed_frame=measured.ed_frame,
        es_frame=measured.es_frame,
        papillary="include",
        measurements=sure,
        curves=curves,
        findings=(
            *found.findings,
            *measured.findings,
            *doubts,
            *differences,
            *both[2],
            *hidden,
            *(not_indexed if cine.geometry.calibrated else ()),
        ),  # fmt: skip
        nets=tuple(nets),
        seconds={},
        beats=measured.beats,
        hinges=found.annulus,
        atrium=tuple(atrium),
        second_plane=both[1],
        basis=(*found.findings, *hidden),
        **stated_by(options),
    )


def within_sector(cine: Cine, sector: Bools) -> tuple[Cine, tuple[Finding, ...]]:
    """The clip with everything black that the scanner does not draw on, and a note of it.

    Letters stand beside the sector: names, dates, settings. What is shown and written has them no more; the
    net has looked at the sector alone anyway.
    """
    if sector.all():
        return cine, ()
    sector = without_letters(sector, cine.pixels[0])
    share = 100 * (1 - sector.mean())
    text = f"{share:.0f} % of the picture outside of the sector: black in what is shown and written"
    note = Finding("outside-sector-masked", "info", text, "look for text inside of the sector")
    return replace(cine, pixels=np.where(sector, cine.pixels, cine.pixels.dtype.type(0))), (note,)


def _outlined(
    cine: Cine, options: AnalyzeOptions, steps: Callable[[int, int], None] | None = None
) -> EchoResult:
    found = segment_clip(cine, options.runtime, flip=options.flip, progress=steps)
    seen = sum(c is not None for c in found.segmentation.endo[0])
    advice = "give an apical two-, three- or four-chamber clip without contrast and colour"
    if seen < max(2, 0.5 * cine.frames):
        raise NotACineError(
            f"no left ventricle in {cine.frames - seen} of {cine.frames} frames",
            where=cine.label,
            advice=advice,
        )
    why = f"likelihood {found.certainty:.2f}, {found.walled:.0%} of its border is wall"
    if found.certainty < LEAST_CERTAIN or found.walled < LEAST_WALLED:
        raise NotACineError(
            f"no left ventricle: what looks most like one is none ({why})", where=cine.label, advice=advice
        )
    if found.certainty < CERTAIN:
        doubt = Finding(
            "lv-hard-to-find", "warning", f"no clear left ventricle in an apical view: {why}",
            "look at the contours before using any number; check that this is an apical view",
        )  # fmt: skip
        return replace(found, findings=(*found.findings, doubt))
    return found


def _across(across: Cine, options: AnalyzeOptions) -> tuple[Cine, EchoResult]:
    """The second plane with what was found in it."""
    found = _outlined(across, options)
    return believed_scale(across, found.sector), found


def _biplane(
    measured: ApicalMeasured, across: Cine, other: EchoResult
) -> tuple[ApicalMeasured | None, SecondPlane | None, tuple[Finding, ...]]:
    """Volumes from both planes; a second clip that cannot be measured is a doubt, not an end."""
    try:
        second = plane_of(replace(across, view=other.view), other.segmentation.endo[0], other.annulus)
        both, findings = with_second_plane(measured, second)
    except MeasureError as error:
        text = f"the second plane, {across.label}, could not be measured: {error}"
        doubt = Finding("second-plane-left-out", "warning", text, "expect volumes of one plane")
        return None, None, (doubt,)
    return both, second, findings


def plane_of(
    cine: Cine,
    endo: Sequence[Contour | None],
    hinges: Sequence[tuple[Array, Array] | None],
    *,
    ed: int | None = None,
    es: int | None = None,
) -> SecondPlane:
    """What a clip's outlines add to volumes of another one at right angles.

    Raises
    ------
    MeasureError
        Nothing beats in the clip.
    """
    found = measure_apical(cine, endo, hinges, ed=ed, es=es)
    ef = next(m for m in found.measurements if m.name == "ef_percent")
    blank = replace(cine, pixels=np.broadcast_to(np.zeros(1, np.uint8), cine.pixels.shape))
    return SecondPlane(dict(found.discs), ef.value, ef.method, blank, tuple(endo), tuple(hinges))


def plane_of_analysis(analysis: Analysis) -> SecondPlane:
    """What a measured clip adds to volumes of the one at right angles; ED and ES as stated for it."""
    stated = (analysis.ed_frame, analysis.es_frame) if {"ed", "es"} <= set(analysis.stated) else (None, None)
    endo, hinges = analysis.segmentation.endo[0], analysis.hinges
    return plane_of(analysis.cine, endo, hinges, ed=stated[0], es=stated[1])


def with_second_plane(
    measured: ApicalMeasured, second: SecondPlane
) -> tuple[ApicalMeasured, tuple[Finding, ...]]:
    """Volumes from a clip and what is known of the other plane."""
    ef = Measurement("ef_percent", second.ef_percent, "%", second.method)
    return measure_biplane(measured, ApicalMeasured((ef,), (), (), 0, 0, (), second.discs))
