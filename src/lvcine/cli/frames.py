"""``lvcine frames PATH``: ED and ES by temporal regression."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli.options import (
    Axes,
    Engine,
    FrameMs,
    Gated,
    Input,
    Json,
    MaxPixels,
    Quiet,
    Series,
    Threads,
    Venc,
    Verbose,
    ViewName,
    Weights,
    given,
)
from lvcine.cli.result import print_frames, write_curves
from lvcine.cli.terminal import Progress


def frames(
    path: Input,
    curves: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curves over the frames there, as CSV.")
    ] = None,
    series: Series = None,
    frame_ms: FrameMs = None,
    view: ViewName = None,
    axes: Axes = None,
    gated: Gated = None,
    venc: Venc = None,
    max_pixels: MaxPixels = None,
    engine: Engine = None,
    threads: Threads = None,
    weights: Weights = None,
    quiet: Quiet = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Find end-diastole and end-systole in every cine of PATH by temporal regression, without contours."""
    from lvcine.output import check_file
    from lvcine.pipeline.frames import frames as find
    from lvcine.pipeline.options import AnalyzeOptions
    from lvcine.read import ReadOptions

    read = ReadOptions(
        **given(frame_ms=frame_ms, view=view, gated=gated, axes=axes, venc_cm_s=venc, max_pixels=max_pixels)
    )
    options = AnalyzeOptions(
        read=read, **given(series=series, engine=engine, threads=threads, weights=weights)
    )
    if curves is not None:
        check_file(curves, path, begins=b"cine,frame,value")
    with Progress(quiet=quiet) as progress:
        found = find(path, options=options, progress=progress)
    if curves is not None:
        write_curves(found, curves)
    print_frames(found, as_json=as_json)
