"""``lvcine reproduce SYSTEM -o OUT``: the table of the paper that a system is built after."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from lvcine.cli.options import Quiet, Verbose
from lvcine.cli.terminal import Progress, say
from lvcine.cli.train import needs_torch, system_named


def reproduce(
    system: Annotated[
        str, typer.Argument(metavar="SYSTEM", help="sax, frames, quantification, echo or velocity.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Gets table.md, scores.csv and, of some, figure.png."
        ),
    ],
    preset: Annotated[
        str,
        typer.Option(help="cpu: less training, said in the table's head; full: as printed; tiny: a trial."),
    ] = "cpu",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Own labelled scans instead of virtual ones.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train and test as a paper did, and print its table beside ours; needs torch (lvcine[train]).

    Stopped, it goes on where it was when it is called again with the same OUT.
    """
    from lvcine.output import hold

    system_named(system)
    needs_torch()
    # By name: nothing else of the command line may need torch (docs/develop/architecture.md).
    papers: Any = import_module("lvcine.papers.experiment")
    experiment = import_module(f"lvcine.papers.{system}.experiment").EXPERIMENT
    with hold(output), Progress(quiet=quiet) as progress:
        table: Path = papers.run(experiment, output, preset=preset, data=data, progress=progress)
    say(table.read_text(encoding="utf-8"))
