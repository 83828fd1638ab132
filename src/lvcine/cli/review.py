"""``lvcine review OUT``: look at a result in the browser, correct its contours, and every number follows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli import options as opt
from lvcine.cli.outcome import INTERRUPTED
from lvcine.cli.signals import Stopped
from lvcine.cli.terminal import Progress, say


def review(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A folder of results of lvcine.")],
    scan: Annotated[
        Path | None,
        typer.Option(metavar="SCAN", help="The scan of the results; sought beside them where not given."),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser, not only print its address.")
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port; any free one by default.")
    ] = 0,
    series: opt.Series = None,
    spacing: opt.Spacing = None,
    slice_step: opt.SliceStep = None,
    frame_ms: opt.FrameMs = None,
    view: opt.ViewName = None,
    axes: opt.Axes = None,
    gated: opt.Gated = None,
    max_pixels: opt.MaxPixels = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
) -> int:
    """Review a result in the browser: correct contours, ED and ES, base and apex; every number follows."""
    from lvcine.review.run import review as run

    options = opt.analyze_options(
        spacing_mm=spacing, slice_step_mm=slice_step, frame_ms=frame_ms, view=view, gated=gated, axes=axes,
        max_pixels=max_pixels, series=series,
    )  # fmt: skip
    with Progress(quiet=quiet) as progress:
        opened = run(path, scan, options=options, progress=progress)
    try:
        with opened, opened.serving(port) as address:
            say(f"Review at {address}")
            say("Ctrl-C ends it; what was corrected is kept.", err=True)
            if open_page:
                typer.launch(address)
            opened.wait()
    except Stopped as stop:
        if stop.exit_code != INTERRUPTED:
            raise  # Ctrl-C is how a review ends, another signal is not
    return 0
