"""``lvcine analyze PATH -o OUT``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lvcine.cli import options as opt
from lvcine.cli.result import print_analysis
from lvcine.cli.terminal import Progress


def analyze(
    path: opt.Input,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Folder for the results.")
    ] = None,
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
    height: Annotated[float | None, typer.Option(metavar="M", help="Body height in metres.")] = None,
    weight: Annotated[float | None, typer.Option(metavar="KG", help="Body weight in kilograms.")] = None,
    sex: Annotated[
        Literal["M", "F"] | None, typer.Option(help="For the reference ranges, overrides the header.")
    ] = None,
    age: Annotated[
        float | None, typer.Option(metavar="YEARS", help="For the reference ranges, overrides the header.")
    ] = None,
    ed: Annotated[int | None, typer.Option(metavar="N", help="End-diastolic frame, counted from 0.")] = None,
    es: Annotated[int | None, typer.Option(metavar="N", help="End-systolic frame, counted from 0.")] = None,
    base: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="ED ES", help="Most basal slice of the ventricle at ED and at ES, from 0."),
    ] = None,
    apex: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="ED ES", help="Last slice of the ventricle at ED and at ES, from 0."),
    ] = None,
    insertion: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="Y X", help="Anterior RV insertion point in pixels, set by hand."),
    ] = None,
    engine: opt.Engine = None,
    threads: opt.Threads = None,
    weights: opt.Weights = None,
    movie: opt.Movie = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the study is called in the report's title, e.g. P017."),
    ] = None,
    identify: opt.Identify = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results that lie in OUT already.")
    ] = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    verbose: opt.Verbose = False,
) -> None:
    """Measure the left ventricle in what a scanner wrote."""
    from lvcine.pipeline.analyze import analyze as measure

    options = opt.analyze_options(
        spacing_mm=spacing, slice_step_mm=slice_step, frame_ms=frame_ms, view=view, gated=gated, axes=axes,
        venc_cm_s=venc, reversed_channels=reverse, max_pixels=max_pixels,
        papillary=papillary, series=series, height_m=height, weight_kg=weight, sex=sex, age_years=age, ed=ed,
        es=es, base=base, apex=apex, insertion=insertion, engine=engine, threads=threads, weights=weights,
        movie=movie, label=label, identify=identify, overwrite=overwrite,
    )  # fmt: skip
    with Progress(quiet=quiet) as progress:
        analysis = measure(path, output=output, options=options, progress=progress)
    print_analysis(analysis, output, as_json=as_json, verbose=verbose)
