"""``lvcine demo``: a heart of lvcine's own making, from DICOM files to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli.options import Json, Quiet, Verbose, given
from lvcine.cli.result import print_analysis
from lvcine.cli.terminal import Progress


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Folder for the results.")
    ] = Path("demo_out"),
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Which heart: another number, another heart.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a virtual heart, write it as DICOM, and measure it like a scanner's."""
    from lvcine.pipeline.demo import demo as measure_virtual

    with Progress(quiet=quiet) as progress:
        analysis = measure_virtual(output, progress=progress, **given(seed=seed))
    print_analysis(analysis, output, as_json=as_json)
