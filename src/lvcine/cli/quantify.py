"""``lvcine quantify PATH``: indices by direct regression."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli.options import (
    Axes,
    Engine,
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
from lvcine.cli.terminal import Progress


def quantify(
    path: Input,
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
    series: Series = None,
    spacing: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="ROW COL", help="Pixel spacing in mm, overrides the header."),
    ] = None,
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
    """Estimate areas, dimensions, wall thickness and phase of short-axis slices by direct regression."""
    from lvcine.cli.indices import check_places, print_indices, write_indices
    from lvcine.pipeline.options import AnalyzeOptions
    from lvcine.pipeline.quantify import quantify as estimate
    from lvcine.read import ReadOptions

    read = ReadOptions(
        **given(spacing_mm=spacing, view=view, gated=gated, axes=axes, venc_cm_s=venc, max_pixels=max_pixels)
    )
    options = AnalyzeOptions(
        read=read, **given(series=series, engine=engine, threads=threads, weights=weights)
    )
    check_places(path, table, mat)
    with Progress(quiet=quiet) as progress:
        found = estimate(path, as_is=as_is, options=options, progress=progress)
    write_indices(found, table, mat)
    print_indices(found, as_json=as_json)
