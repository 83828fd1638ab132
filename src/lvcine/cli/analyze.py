"""``lvcine analyze PATH -o OUT``: the main job."""

from __future__ import annotations

from lvcine.cli import options as opt
from lvcine.cli.result import print_analysis
from lvcine.cli.terminal import Progress


def analyze(
    path: opt.Input,
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
    flip: opt.Flip = None,
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
    """Measure the left ventricle in what a scanner wrote."""
    from lvcine.pipeline.analyze import analyze as measure

    options = opt.analyze_options(
        spacing_mm=spacing, slice_step_mm=slice_step, frame_ms=frame_ms, view=view, gated=gated, axes=axes,
        venc_cm_s=venc, reversed_channels=reverse, max_pixels=max_pixels,
        papillary=papillary, series=series, height_m=height, weight_kg=weight, sex=sex, age_years=age, ed=ed,
        es=es, base=base, apex=apex, insertion=insertion, flip=flip, engine=engine, threads=threads,
        weights=weights, movie=movie, viewer=viewer, label=label, identify=identify, overwrite=overwrite,
    )  # fmt: skip
    with Progress(quiet=quiet) as progress:
        analysis = measure(path, output=output, options=options, progress=progress)
    print_analysis(analysis, output, as_json=as_json, verbose=verbose)
