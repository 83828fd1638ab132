"""From a short-axis stack to its analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lvcine.errors import MeasureError
from lvcine.measure import Measured, measure_short_axis
from lvcine.measure.intervals import extent_spread, with_intervals
from lvcine.measure.volume import slab_thickness_mm
from lvcine.pipeline.ed_es import compare_beats, estimates_of, regress_frames, regression_curve
from lvcine.pipeline.options import AnalyzeOptions, stated_by
from lvcine.pipeline.regression_check import as_measurements, compare, regress_indices
from lvcine.quality import check, require_lv
from lvcine.study import Analysis, Cine, Measurement, PhaseEstimate, Study
from lvcine.study.progress import Stages
from lvcine.systems.sax.infer import SaxResult, segment


def analyze_short_axis(study: Study, cine: Cine, options: AnalyzeOptions, stages: Stages) -> Analysis:
    """Outline and measure a stack; the stages' seconds are the caller's to add.

    Raises
    ------
    NotACineError
        No left ventricle in it.
    MeasureError
        The numbers asked for cannot be had.
    """
    runtime = options.runtime
    with stages("segment") as steps:
        found = segment(cine, runtime, stated=options.ends, progress=steps)
        require_lv(found.segmentation)
    with stages("frames"):
        regression = regress_frames(cine, runtime)
    with stages("measure"):
        measured = _measure(found, study, cine, options, estimates_of(regression, cine))
        ed, es = measured.ed_frame, measured.es_frame
        curves, findings = measured.curves, [*found.findings, *measured.findings]
        if regression is not None:
            curves = (*curves, regression_curve(regression, curves[0]))
            if cine.gated and options.ed is None and options.es is None:
                findings += compare_beats([measured], regression, cine)
        findings += check(cine, found.segmentation, measured.measurements, ed, es)
    with stages("direct regression") as steps:
        indices = regress_indices(cine, found.segmentation, measured.measurements, ed, runtime, steps)
        comparisons, differences = compare(indices, measured.measurements, cine) if indices else ((), ())
    supplements = {"frames": regression, "quantification": indices}
    used = {name: result for name, result in supplements.items() if result is not None}
    missing = [finding for name in used for finding in runtime.supplements(name)]
    return Analysis(
        study=study,
        cine=cine,
        segmentation=found.segmentation,
        ed_frame=ed,
        es_frame=es,
        papillary=options.papillary,
        measurements=(*measured.measurements, *(as_measurements(indices, cine) if indices else ())),
        curves=curves,
        findings=(*findings, *differences, *missing),
        nets=(found.net, *(result.net for result in used.values())),
        seconds={},
        comparisons=comparisons,
        estimates=measured.estimates,
        basis=(*found.findings, *missing),
        **stated_by(options),
    )


@dataclass(frozen=True)
class CineMeasurements:
    """The measurements of a cine, and what each member of the ensemble alone would have measured."""

    measurements: tuple[Measurement, ...]
    members: tuple[tuple[Measurement, ...], ...]


def measure_cine(study: Study, cine: Cine, options: AnalyzeOptions) -> CineMeasurements:
    """Segment and measure a cine that is in memory, and say what the members disagree on."""
    found = segment(cine, options.runtime, stated=options.ends)
    require_lv(found.segmentation)
    measured = _measure(found, study, cine, options)
    members = _of_members(found, study, cine, options, (measured.ed_frame, measured.es_frame))
    return CineMeasurements(measured.measurements, tuple(members))


def _measure(
    found: SaxResult,
    study: Study,
    cine: Cine,
    options: AnalyzeOptions,
    estimates: Sequence[PhaseEstimate] = (),
) -> Measured:
    """Everything measured, with intervals where the members' spread gives them."""
    measured = measure_short_axis(
        cine,
        found.segmentation,
        study.subject,
        papillary=options.papillary,
        ed=options.ed,
        es=options.es,
        insertion=options.insertion,
        estimates=estimates,
    )
    if not found.intervals:
        return measured
    ed, es = measured.ed_frame, measured.es_frame
    members = _of_members(found, study, cine, options, (ed, es))
    doubts = _doubts_of_base(found, cine, ed, es)
    numbers = with_intervals(measured.measurements, members, found.intervals, doubts)
    return replace(measured, measurements=numbers)


def _doubts_of_base(found: SaxResult, cine: Cine, ed: int, es: int) -> dict[str, float]:
    """SD of each number from slices that may or may not be ventricle; none where there is no volume."""
    extent = found.segmentation.extent
    if extent is None or not cine.geometry.calibrated:
        return {}
    try:
        slabs = slab_thickness_mm(cine.geometry)
    except MeasureError:
        return {}
    return extent_spread(extent, slabs, ed, es)


def _of_members(
    found: SaxResult, study: Study, cine: Cine, options: AnalyzeOptions, ed_es: Sequence[int]
) -> list[tuple[Measurement, ...]]:
    """What each member alone would have measured at the same two frames; nothing where it cannot."""
    frames = list(ed_es)
    pair = cine.phases(frames)
    stated = replace(options, ed=0, es=1)
    numbers: list[tuple[Measurement, ...]] = []
    for member in found.members:
        try:
            alone = _measure(SaxResult(member.at(frames), (), {}), study, pair, stated)
        except MeasureError:  # it sees no LV at ED: no interval then, and a finding says why
            numbers.append(())
        else:
            numbers.append(
                tuple(m if m.frame is None else replace(m, frame=frames[m.frame]) for m in alone.measurements)
            )
    return numbers
