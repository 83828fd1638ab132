"""From a scan to its analysis, in one screen."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lvcine.errors import MeasureError, UsageError
from lvcine.measure import measure_short_axis
from lvcine.measure.intervals import with_intervals
from lvcine.pipeline.choose import choose_short_axis
from lvcine.pipeline.options import AnalyzeOptions, with_user_facts
from lvcine.pipeline.stages import Progress, Stages
from lvcine.quality import check, require_lv
from lvcine.read import open_study
from lvcine.report import check_out, write_outputs
from lvcine.study import Analysis, Cine, Finding, Measurement, Study
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
        Nothing at ``source``; an option or the output folder cannot be used, said before any work
        is done.
    ReadError
        The input cannot be read.
    NotACineError
        No short-axis MR cine in it, or no left ventricle in that.
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
    if output is not None:
        _check_folders(source, Path(output), chosen)
    stages = Stages(progress)

    with stages("read") as steps:
        study = _open(source, chosen, steps)
        study, cine = choose_short_axis(with_user_facts(study, chosen), by_hand=chosen.series is not None)
    with stages("segment") as steps:
        found = segment(
            cine, engine=chosen.engine, threads=chosen.threads, weights=chosen.weights, progress=steps
        )
        require_lv(found.segmentation)
    with stages("measure"):
        measured = measure_short_axis(
            cine,
            found.segmentation,
            study.subject,
            papillary=chosen.papillary,
            ed=chosen.ed,
            es=chosen.es,
            insertion=chosen.insertion,
        )
        ed, es = measured.ed_frame, measured.es_frame
        numbers = with_intervals(
            measured.measurements, _of_members(found, cine, study, chosen, ed, es), found.intervals
        )
        doubts = check(cine, found.segmentation, measured.measurements, ed, es)

    analysis = Analysis(
        study=study,
        cine=cine,
        segmentation=found.segmentation,
        ed_frame=ed,
        es_frame=es,
        papillary=chosen.papillary,
        measurements=numbers,
        curves=measured.curves,
        findings=_once(*study.findings, *cine.findings, *found.findings, *measured.findings, *doubts),
        net=found.net,
        seconds=dict(stages.seconds),
    )
    if output is not None:
        with stages("report"):
            save(analysis, output, chosen)
    return replace(analysis, seconds=dict(stages.seconds))


def save(analysis: Analysis, output: str | Path, options: AnalyzeOptions | None = None) -> list[Path]:
    """Write the results of an analysis into a folder; see :func:`lvcine.report.write_outputs`."""
    chosen = options or AnalyzeOptions()
    return write_outputs(
        analysis,
        Path(output),
        overwrite=chosen.overwrite,
        identify=chosen.identify,
        movie=chosen.movie,
        run=asdict(chosen),
    )


def _open(source: Source, options: AnalyzeOptions, steps: Callable[[int, int], None]) -> Study:
    if isinstance(source, Study):
        return source
    return open_study(source, options.read, series=options.series, progress=steps)


def _of_members(
    found: SaxResult, cine: Cine, study: Study, options: AnalyzeOptions, ed: int, es: int
) -> list[tuple[Measurement, ...]]:
    """What each member of the ensemble alone would have measured, at the same two frames."""
    numbers: list[tuple[Measurement, ...]] = []
    for member in found.members if found.intervals else ():
        try:
            alone = measure_short_axis(
                cine, member, study.subject, papillary=options.papillary, ed=ed, es=es,
                insertion=options.insertion,
            )  # fmt: skip
        except MeasureError:  # no LV at ED: the findings of the whole say that the members disagree
            numbers.append(())
        else:
            numbers.append(alone.measurements)
    return numbers


def _check_folders(source: Source, output: Path, options: AnalyzeOptions) -> None:
    """Refuse an output folder before the work rather than after it."""
    check_out(output, overwrite=options.overwrite)
    if isinstance(source, str | Path) and output.resolve() == Path(source).resolve():
        raise UsageError("results and scan would lie in one folder", advice="name another output folder")
    home = next(folder for folder in (output, *output.absolute().parents) if folder.exists())
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        raise UsageError(
            "the output folder cannot be written to", where=output.name, advice="name another folder"
        )


def _once(*findings: Finding) -> tuple[Finding, ...]:
    """Each finding once, in the order in which they came up."""
    return tuple(dict.fromkeys(findings))
