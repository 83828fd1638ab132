"""``lvcine review OUT``: look at a result in the browser, correct its contours, and every number follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lvcine.cli import options as opt
from lvcine.cli.outcome import INTERRUPTED
from lvcine.cli.signals import Stopped
from lvcine.cli.terminal import Progress, say

if TYPE_CHECKING:
    from lvcine.review.run import Review


def review(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A folder of results of lvcine.")],
    scan: Annotated[
        Path | None,
        typer.Option(metavar="SCAN", help="The scan of the results; looked for beside them where not given."),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Contours to start from: cvi42 XML, contours.json, NIfTI masks, a folder of Sunnybrook's.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="ORDER", help="What the numbers in masks of --from are, as of lvcine measure."),
    ] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who reviews; the page asks otherwise.")] = "",
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write .json, .nii.gz or .cvi42wsx with all corrections, and end without a page.",
        ),
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
        with opened:
            if start_from is not None:
                count = opened.start_from(start_from, labels, by)
                say(f"{count} contours taken from {start_from.name}", err=True)
            if export is not None:
                opened.export(export)
                return 0
            _serve(opened, port, by, open_page)
    except Stopped as stop:
        if stop.exit_code != INTERRUPTED:
            raise  # Ctrl-C is how a review ends, another signal is not
    return 0


def _serve(opened: Review, port: int, by: str, open_page: bool) -> None:
    opened.session.by = by or opened.session.by
    with opened.serving(port) as address:
        say(f"Review at {address}")
        say("Ctrl-C ends it; what was corrected is kept.", err=True)
        if open_page:
            typer.launch(address)
        opened.wait()
