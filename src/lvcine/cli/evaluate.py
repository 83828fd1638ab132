"""``lvcine evaluate KIND DATA -o OUT``: how good is it, on labelled data of your own copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lvcine.cli.options import Json, Papillary, Quiet, Threads, Verbose, Weights, analyze_options
from lvcine.cli.result import print_results
from lvcine.cli.terminal import Progress


def evaluate(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="sunnybrook, two-phase, two-phase-unscaled, cines, exams, camus, echonet, or all.",
        ),
    ],
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Folder or archive with scans and labels.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Gets results.md and results/*.csv.")
    ],
    subject: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this one; may be given again.")
    ] = None,
    include_training: Annotated[
        bool, typer.Option("--include-training", help="Subjects that the net has seen too, marked as such.")
    ] = False,
    reports: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the report of every study here.")
    ] = None,
    papillary: Papillary = None,
    threads: Threads = None,
    weights: Weights = None,
    quiet: Quiet = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Compare lvcine with the readers of labelled data, subject by subject."""
    from lvcine.evaluate import run

    with Progress(quiet=quiet) as progress:
        results = run(
            kind,
            data,
            output,
            progress,
            subjects=subject or (),
            include_training=include_training,
            reports=reports,
            options=analyze_options(papillary=papillary, threads=threads, weights=weights),
        )
    print_results(results, as_json=as_json)
