"""``lvcine reproduce SYSTEM -o OUT``: the table of the paper that a system is built after."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from lvcine.cli.options import Quiet, Verbose
from lvcine.cli.terminal import Progress, say


def reproduce(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="sax, frames, quantification or echo.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Gets table.md, scores.csv and, of sax, figure.png."
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
    from lvcine.errors import UsageError
    from lvcine.output import hold
    from lvcine.systems.registry import SYSTEMS

    if system not in SYSTEMS:
        raise UsageError(f"no system is called {system!r}", advice=f"one of {', '.join(SYSTEMS)}")
    if find_spec("torch") is None:
        raise UsageError("training needs torch, which is not installed", advice="pip install 'lvcine[train]'")
    # By name: nothing else of the command line may need torch (docs/architecture.md).
    run = _named(SYSTEMS[system].reproduce)
    rival = SYSTEMS[system].beside
    more = {"beside": _named(rival)} if rival else {}
    with hold(output), Progress(quiet=quiet) as progress:
        table: Path = run(output, preset=preset, data=data, progress=progress, **more)
    say(table.read_text(encoding="utf-8"))


def _named(place: str) -> Callable[..., Any]:
    module, function = place.split(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found
