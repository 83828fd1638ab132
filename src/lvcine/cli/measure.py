"""``lvcine measure SCAN --mask EDITED -o OUT``: numbers from masks that somebody drew or corrected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli import options as opt
from lvcine.cli.result import print_analysis
from lvcine.cli.terminal import Progress


def measure(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="The scan that the masks belong to, or a folder of results."),
    ],
    mask: Annotated[
        list[Path] | None,
        typer.Option(
            "--mask",
            metavar="MASK",
            help="NIfTI: 4-D, a folder of one file per frame, or given once for each frame in their order.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="ORDER",
            help="acdc, cinema, mnms, ukbb, camus, mscmr, or the numbers: cavity=3,myocardium=2.",
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who drew the masks; stands in the results.")
    ] = None,
    scan: Annotated[
        Path | None,
        typer.Option(metavar="SCAN", help="The scan of a folder of results, for the pictures of a report."),
    ] = None,
    output: opt.Output = None,
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
    height: opt.Height = None,
    weight: opt.Weight = None,
    sex: opt.Sex = None,
    age: opt.Age = None,
    ed: opt.EdFrame = None,
    es: opt.EsFrame = None,
    base: opt.Base = None,
    apex: opt.Apex = None,
    insertion: opt.InsertionPoint = None,
    engine: opt.Engine = None,
    threads: opt.Threads = None,
    weights: opt.Weights = None,
    movie: opt.MovieKind = None,
    viewer: opt.ViewerFiles = None,
    label: opt.Label = None,
    identify: opt.Identify = False,
    overwrite: opt.Overwrite = False,
    quiet: opt.Quiet = False,
    as_json: opt.Json = False,
    verbose: opt.Verbose = False,
) -> None:
    """Measure the left ventricle on masks that somebody drew or corrected."""
    from lvcine.pipeline.measure_masks import measure_masks

    options = opt.analyze_options(
        spacing_mm=spacing, slice_step_mm=slice_step, frame_ms=frame_ms, view=view, gated=gated, axes=axes,
        venc_cm_s=venc, reversed_channels=reverse, max_pixels=max_pixels,
        series=series, height_m=height, weight_kg=weight, sex=sex, age_years=age, ed=ed, es=es, base=base,
        apex=apex, insertion=insertion, engine=engine, threads=threads, weights=weights, movie=movie,
        viewer=viewer, label=label, identify=identify, overwrite=overwrite,
    )  # fmt: skip
    with Progress(quiet=quiet) as progress:
        analysis = measure_masks(
            path, mask or None, labels=labels, by=by or "", scan=scan, output=output,
            options=options, progress=progress, **opt.given(papillary=papillary),
        )  # fmt: skip
    print_analysis(analysis, output, as_json=as_json, verbose=verbose)
