"""From a scan to its analysis, in one screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lvcine.errors import MeasureError
from lvcine.measure import Measured, measure_short_axis
from lvcine.measure.intervals import with_intervals
from lvcine.output import claim, old_results
from lvcine.pipeline.apical import analyze_clip
from lvcine.pipeline.choose import choose
from lvcine.pipeline.ed_es import seen_frames, settle, step_ms
from lvcine.pipeline.options import AnalyzeOptions, with_user_facts
from lvcine.pipeline.regression_check import as_measurements, compare, read_second
from lvcine.pipeline.velocity import analyze_velocity
from lvcine.quality import check, require_lv
from lvcine.read import open_study
from lvcine.report import fill, write_outputs
from lvcine.study import Analysis, Cine, Curve, Finding, Measurement, Study
from lvcine.study.progress import Progress, Stages
from lvcine.systems.frames.infer import FramesResult
from lvcine.systems.sax.infer import SaxResult, segment

Source = str | Path | NDArray[Any] | Study


def analyze(
    source: Source,
    *,
    output: str | Path | None = None,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
    **changes: Any,
) -> Analysis:
    """Measure the left ventricle in what a scanner wrote.

    Parameters
    ----------
    source : path, ndarray or Study
        Folder, file, zip or tar archive; an array with its axes named in ``read.axes``; or a study
        that is in memory already.
    output : path, optional
        Folder for the results; nothing is written without it.
    options : AnalyzeOptions, optional
    progress : callable, optional
        Called with (stage, steps done, steps in all).
    **changes
        Fields of :class:`AnalyzeOptions`, over ``options``.

    Returns
    -------
    Analysis

    Raises
    ------
    UsageError
        Nothing at ``source``; an option or the output folder cannot be used, or another run is
        writing there, said before any work is done.
    ReadError
        The input cannot be read.
    NotACineError
        Neither a short-axis MR cine nor an apical clip in it, or no left ventricle in that.
    MeasureError
        The numbers asked for cannot be had.

    Examples
    --------
    >>> import lvcine
    >>> lvcine.analyze("no such folder")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    lvcine.errors.UsageError: ...
    """
    chosen = replace(options or AnalyzeOptions(), **changes)
    stages = Stages(progress)
    if output is None:
        return _analysis(source, chosen, stages)
    read = Path(source) if isinstance(source, str | Path) else None
    with claim(Path(output), old_results(overwrite=chosen.overwrite), source=read) as place:
        analysis = _analysis(source, chosen, stages)
        with stages("report"):
            fill(place, analysis, **_wishes(chosen))
            place.commit()
    return replace(analysis, seconds=dict(stages.seconds))


def _analysis(source: Source, chosen: AnalyzeOptions, stages: Stages) -> Analysis:
    with stages("read") as steps:
        study = with_user_facts(_open(source, chosen, steps), chosen)
        to_measure = choose(study, by_hand=chosen.series is not None)
    if to_measure.apical:
        analysis = analyze_clip(to_measure, chosen, stages)
    elif to_measure.cine.velocity is not None:
        analysis = analyze_velocity(to_measure.study, to_measure.cine, chosen, stages)
    else:
        analysis = _short_axis(to_measure.study, to_measure.cine, chosen, stages)
    met = (*to_measure.study.findings, *analysis.cine.findings, *analysis.findings)
    return replace(analysis, findings=_once(*met), seconds=dict(stages.seconds))


def _short_axis(study: Study, cine: Cine, options: AnalyzeOptions, stages: Stages) -> Analysis:
    with stages("segment") as steps:
        found = _segment(cine, options, steps)
    with stages("frames"):
        seen = seen_frames(cine, options)
    with stages("measure"):
        measured = _settled(found, study, cine, options, seen)
        ed, es = measured.ed_frame, measured.es_frame
        doubts = check(cine, found.segmentation, measured.measurements, ed, es)
    with stages("second reader") as steps:
        second = read_second(cine, found.segmentation, measured.measurements, ed, options, steps)
        told = as_measurements(second, cine) if second else []
        readings, apart = compare(second, measured.measurements, cine) if second else ((), ())
    return Analysis(
        study=study,
        cine=cine,
        segmentation=found.segmentation,
        ed_frame=ed,
        es_frame=es,
        papillary=options.papillary,
        measurements=(*measured.measurements, *told),
        curves=measured.curves,
        findings=(*found.findings, *measured.findings, *doubts, *apart),
        net=found.net,
        seconds={},
        readings=readings,
    )


def _settled(
    found: SaxResult, study: Study, cine: Cine, options: AnalyzeOptions, seen: FramesResult | None
) -> Measured:
    """Measured at the ED and ES on which volume curve and pixels were heard; the pixels' curve with it."""
    measured = _measure(found, study, cine, options)
    if seen is None:
        return measured
    curve = Curve("ed_es_curve", "1", measured.curves[0].times_ms, seen.curve)
    measured = replace(measured, curves=(*measured.curves, curve))
    if not cine.gated or options.ed is not None or options.es is not None:
        return measured
    own = (measured.ed_frame, measured.es_frame)
    pair, doubts = settle(own, seen.beats[0], cine.frames, step_ms(cine))
    if pair != own:
        again = _measure(found, study, cine, replace(options, ed=pair[0], es=pair[1]))
        by = "by the pixels (temporal regression)"
        moved = {"ed_frame", "es_frame"}
        numbers = (replace(m, method=by) if m.name in moved else m for m in again.measurements)
        measured = replace(again, measurements=tuple(numbers), curves=measured.curves)
    return replace(measured, findings=(*measured.findings, *doubts))


def save(analysis: Analysis, output: str | Path, options: AnalyzeOptions | None = None) -> list[Path]:
    """Write the results of an analysis into a folder; see :func:`lvcine.report.write_outputs`."""
    chosen = options or AnalyzeOptions()
    return write_outputs(analysis, Path(output), overwrite=chosen.overwrite, **_wishes(chosen))


def _wishes(options: AnalyzeOptions) -> dict[str, Any]:
    """What the writer of the results has to know."""
    return {"identify": options.identify, "movie": options.movie, "run": asdict(options)}


def _open(source: Source, options: AnalyzeOptions, steps: Callable[[int, int], None]) -> Study:
    if isinstance(source, Study):
        return source
    return open_study(source, options.read, series=options.series, progress=steps)


@dataclass(frozen=True)
class Alone:
    """The measurements of a cine, and what each member of the ensemble alone would have measured."""

    measurements: tuple[Measurement, ...]
    members: tuple[tuple[Measurement, ...], ...]


def measure_cine(study: Study, cine: Cine, options: AnalyzeOptions) -> Alone:
    """Segment and measure a cine that is in memory, and say what the members disagree on."""
    found = _segment(cine, options, None)
    measured = _measure(found, study, cine, options)
    members = _of_members(found, study, cine, options, measured)
    return Alone(measured.measurements, tuple(members))


def _segment(cine: Cine, options: AnalyzeOptions, steps: Callable[[int, int], None] | None) -> SaxResult:
    found = segment(
        cine, engine=options.engine, threads=options.threads, weights=options.weights, progress=steps
    )
    require_lv(found.segmentation)
    return found


def _measure(found: SaxResult, study: Study, cine: Cine, options: AnalyzeOptions) -> Measured:
    """Everything measured, with intervals where the members' spread gives them."""
    measured = measure_short_axis(
        cine,
        found.segmentation,
        study.subject,
        papillary=options.papillary,
        ed=options.ed,
        es=options.es,
        insertion=options.insertion,
    )
    if not found.intervals:
        return measured
    members = _of_members(found, study, cine, options, measured)
    return replace(measured, measurements=with_intervals(measured.measurements, members, found.intervals))


def _of_members(
    found: SaxResult, study: Study, cine: Cine, options: AnalyzeOptions, measured: Measured
) -> list[tuple[Measurement, ...]]:
    """What each member alone would have measured at the same two frames; nothing where it cannot."""
    frames = [measured.ed_frame, measured.es_frame]
    times = None if cine.times_ms is None else cine.times_ms[:, frames]
    pair = replace(cine, pixels=cine.pixels[:, frames], times_ms=times, phases_only=True)
    stated = replace(options, ed=0, es=1)
    numbers: list[tuple[Measurement, ...]] = []
    for member in found.members:
        try:
            alone = _measure(SaxResult(member.at(frames), (), {}), study, pair, stated)
        except MeasureError:  # it sees no LV at ED: no interval then, and a finding says why
            numbers.append(())
        else:
            back = (
                replace(m, frame=None if m.frame is None else frames[m.frame]) for m in alone.measurements
            )
            numbers.append(tuple(back))
    return numbers


def _once(*findings: Finding) -> tuple[Finding, ...]:
    """Each finding once, in the order in which they came up."""
    return tuple(dict.fromkeys(findings))
