"""``lvcine frames PATH``: ED and ES by temporal regression."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli import options as opt
from lvcine.cli.result import print_frames, write_curves
from lvcine.cli.terminal import Progress


def frames(
    path: opt.Input,
    curves: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curves over the frames there, as CSV.")
    ] = None,
    series: opt.Series = None,
    frame_ms: opt.FrameMs = None,
    view: opt.ViewName = None,
    axes: opt.Axes = None,
    gated: opt.Gated = None,
    venc: opt.Venc = None,
    max_pixels: opt.MaxPixels = None,
    engine: opt.Engine = None,
    threads: opt.Threads = None,
    weights: opt.Weights = None,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    verbose: opt.Verbose = False,
) -> None:
    """Find end-diastole and end-systole in every cine of PATH by temporal regression, without contours."""
    from lvcine.output import check_file
    from lvcine.pipeline.frames import frames as find

    options = opt.analyze_options(
        frame_ms=frame_ms, view=view, gated=gated, axes=axes, venc_cm_s=venc, max_pixels=max_pixels,
        series=series, engine=engine, threads=threads, weights=weights,
    )  # fmt: skip
    if curves is not None:
        check_file(curves, path, begins=b"cine,frame,value")
    with Progress(quiet=quiet) as progress:
        found = find(path, options=options, progress=progress)
    if curves is not None:
        write_curves(found, curves)
    print_frames(found, as_json=as_json)
