"""From a scan to its analysis, in one screen."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Unpack

from lvcine.errors import UsageError
from lvcine.output import claim, old_results
from lvcine.pipeline.choose import choose, sound
from lvcine.pipeline.keywords import Keywords, options_of, with_keywords
from lvcine.pipeline.options import AnalyzeOptions, with_user_facts
from lvcine.pipeline.recognise import with_views
from lvcine.pipeline.result import Result, result_of
from lvcine.pipeline.source import Source, open_source
from lvcine.quality import one_film
from lvcine.report import fill, write_outputs
from lvcine.study import Analysis
from lvcine.study.progress import Progress, Stages


@with_keywords
def analyze(
    source: Source,
    *,
    output: str | Path | None = None,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[Keywords],
) -> Result:
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
    **keywords
        Options of the command under their names there, over ``options``: ``axes="TYX"``, ``ed=3``.

    Returns
    -------
    Result
        An :class:`lvcine.study.Analysis` that shows and saves itself.

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
    chosen = options_of(options, keywords)
    stages = Stages(progress)
    if output is None:
        return result_of(_analysis(source, chosen, stages))
    read = Path(source) if isinstance(source, str | Path) else None
    with claim(Path(output), old_results(overwrite=chosen.overwrite), source=read) as place:
        analysis = _analysis(source, chosen, stages)
        with stages("report"):
            fill(place, analysis, **output_options(chosen))
            place.commit()
    return replace(result_of(analysis), seconds=dict(stages.seconds))


def _analysis(source: Source, chosen: AnalyzeOptions, stages: Stages) -> Analysis:
    with stages("read") as steps:
        study = with_user_facts(open_source(source, chosen, steps), chosen)
        selected = choose(with_views(study, chosen.runtime), by_hand=chosen.series is not None)
    if chosen.ends and (selected.apical or selected.cine.velocity is not None):
        raise UsageError(
            "base and apex (--base, --apex) are of short-axis stacks",
            where=selected.cine.label, advice="leave them out for this series",
        )  # fmt: skip
    if selected.apical:
        across = None if selected.across is None else one_film(selected.across)
        selected = replace(selected, cine=one_film(selected.cine), across=across)
    else:
        selected = replace(selected, cine=sound(selected.cine, gated=chosen.read.gated is True))
    # What another kind of scan needs is not loaded: it takes up to a second.
    if selected.apical:
        from lvcine.pipeline.apical import analyze_clip

        analysis = analyze_clip(selected, chosen, stages)
    elif selected.cine.velocity is not None:
        from lvcine.pipeline.velocity import analyze_velocity

        analysis = analyze_velocity(selected.study, selected.cine, chosen, stages)
    else:
        from lvcine.pipeline.short_axis import analyze_short_axis

        analysis = analyze_short_axis(selected.study, selected.cine, chosen, stages)
    findings = (*selected.study.findings, *analysis.cine.findings, *analysis.findings)
    return replace(analysis, findings=tuple(dict.fromkeys(findings)), seconds=dict(stages.seconds))


def save(analysis: Analysis, output: str | Path, options: AnalyzeOptions | None = None) -> list[Path]:
    """Write the results of an analysis into a folder; see :func:`lvcine.report.write_outputs`."""
    chosen = options or AnalyzeOptions()
    return write_outputs(analysis, Path(output), overwrite=chosen.overwrite, **output_options(chosen))


def output_options(options: AnalyzeOptions) -> dict[str, Any]:
    """Of the options, what the writer of the results needs."""
    return {
        "identify": options.identify,
        "movie": options.movie,
        "viewer": options.viewer,
        "run": asdict(options),
    }
