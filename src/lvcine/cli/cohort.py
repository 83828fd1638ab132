"""``lvcine cohort ROOT|LIST.csv|PATTERN -o OUT``: many studies, one after the other or side by side."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lvcine.cli import options as opt
from lvcine.cli.cohort_result import print_found, print_studies
from lvcine.cli.terminal import Progress

if TYPE_CHECKING:
    from lvcine.cohorts.find import Found

SOME_STUDIES_WITHOUT_NUMBERS = 7


def cohort(
    source: Annotated[
        str,
        typer.Argument(
            metavar="ROOT|LIST.csv|PATTERN", help="Folder to search, list of paths, or pattern in quotes."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="Folder for tables, page and results."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be taken for a study, and stop.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Studies side by side; one per processor by default.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers measure, tcp://host:8786."),
    ] = None,
    labels: Annotated[
        Literal["folder", "hash"] | None,
        typer.Option(help="Name studies by folder (never by a patient's name) or by a hash."),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds that a study may take (3600).")
    ] = None,
    memory_limit: Annotated[
        float | None, typer.Option(metavar="GB", help="Memory that a study may take (12).")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try studies again that an earlier run could not measure.")
    ] = False,
    papillary: opt.Papillary = None,
    series: opt.Series = None,
    spacing: opt.Spacing = None,
    slice_step: opt.SliceStep = None,
    frame_ms: opt.FrameMs = None,
    view: opt.ViewName = None,
    axes: opt.Axes = None,
    gated: opt.Gated = None,
    venc: opt.Venc = None,
    reverse: opt.Reverse = None,
    max_pixels: opt.MaxPixels = None,
    flip: opt.Flip = None,
    engine: opt.Engine = None,
    threads: opt.Threads = None,
    weights: opt.Weights = None,
    movie: opt.MovieKind = None,
    identify: opt.Identify = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    verbose: opt.Verbose = False,
) -> int:
    """Measure every study of a folder, a list or a pattern; called again, it goes on."""
    from lvcine.cohorts.find import find_studies
    from lvcine.cohorts.run import cohort as measure
    from lvcine.errors import UsageError

    if dry_run or output is None:
        if not dry_run:
            raise UsageError("no output folder", advice="name one with -o OUT, or look first with --dry-run")
        with Progress(quiet=quiet) as progress:
            found = find_studies(source, **opt.given(labels=labels), progress=progress)
        print_found(found, as_json=as_json)
        return 0
    options = opt.analyze_options(
        spacing_mm=spacing, slice_step_mm=slice_step, frame_ms=frame_ms, view=view, gated=gated, axes=axes,
        venc_cm_s=venc, reversed_channels=reverse, max_pixels=max_pixels, papillary=papillary, series=series,
        flip=flip, engine=engine, threads=threads, weights=weights, movie=movie, identify=identify,
    )  # fmt: skip
    limits = opt.given(labels=labels, time_limit_s=time_limit, memory_limit_gb=memory_limit)
    with Progress(quiet=quiet) as progress:
        done = measure(
            source, output, options=options, workers=workers, scheduler=scheduler, retry=retry,
            progress=progress, announce=None if quiet else partial(_announce, progress), **limits,
        )  # fmt: skip
    print_studies(done, as_json=as_json)
    return SOME_STUDIES_WITHOUT_NUMBERS if done.studies["refused"] or done.studies["failed"] else 0


def _announce(progress: Progress, found: Found) -> None:
    """What was taken for a study, before the work begins."""
    from lvcine.cohorts.summary import summary

    shown = [f"  {study.label} (by {study.by})" for study in found.studies[:10]]
    more = len(found.studies) - len(shown)
    progress.note([*summary(found), *shown, *([f"  and {more} more; --dry-run lists all"] if more else [])])
