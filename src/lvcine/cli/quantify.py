"""``lvcine quantify PATH``: indices by direct regression."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli import options as opt
from lvcine.cli.terminal import Progress


def quantify(
    path: opt.Input,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every slice's and frame's indices there."),
    ] = None,
    mat: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write them there as the LVQuan challenge takes them (MATLAB)."),
    ] = None,
    as_is: Annotated[
        bool | None,
        typer.Option(
            "--as-is/--no-as-is",
            help="The LV is in the middle and the septum on the left already, as in LVQuan 2018.",
        ),
    ] = None,
    series: opt.Series = None,
    spacing: opt.Spacing = None,
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
    """Estimate areas, dimensions, wall thickness and phase of short-axis slices by direct regression."""
    from lvcine.cli.indices import check_places, print_indices, write_indices
    from lvcine.pipeline.quantify import quantify as estimate

    options = opt.analyze_options(
        spacing_mm=spacing, view=view, gated=gated, axes=axes, venc_cm_s=venc, max_pixels=max_pixels,
        series=series, engine=engine, threads=threads, weights=weights,
    )  # fmt: skip
    check_places(path, table, mat)
    with Progress(quiet=quiet) as progress:
        found = estimate(path, as_is=as_is, options=options, progress=progress)
    write_indices(found, table, mat)
    print_indices(found, as_json=as_json)
