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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the earlier demo that lies in OUT.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a virtual heart, write it as DICOM, and measure it like a scanner's."""
    from lvcine.cli.summary import print_truth
    from lvcine.pipeline.demo import demo as measure_virtual
    from lvcine.pipeline.demo import truth_of

    with Progress(quiet=quiet) as progress:
        analysis = measure_virtual(output, progress=progress, overwrite=overwrite, **given(seed=seed))
    if not as_json:
        print_truth(analysis, truth_of(output))
    print_analysis(analysis, output, as_json=as_json, verbose=verbose)
