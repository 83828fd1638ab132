"""``lvcine phantom -o OUT``: virtual subjects as scanners would write them, with their exact numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from lvcine.cli.options import Json, Quiet, Verbose, given
from lvcine.cli.result import print_cohort
from lvcine.cli.terminal import Progress


def phantom(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT", help="Folder for the subjects; what is there stays."),
    ],
    seed: Annotated[
        int, typer.Option(metavar="N", help="Number of the (first) subject, 0 to 999999: the heart's seed.")
    ] = 0,
    count: Annotated[int, typer.Option(metavar="N", help="How many subjects, numbered from --seed on.")] = 1,
    view: Annotated[
        str | None,
        typer.Option(
            metavar="V,V",
            help="SAX, 2CH, 3CH, 4CH, A4C, A2C, A3C, velocity; several, with commas, show the same heart. "
            "SAX by default.",
        ),
    ] = None,
    file_format: Annotated[
        Literal["dicom", "nifti", "avi", "mp4", "lvquan18", "lvquan19"] | None,
        typer.Option("--format", help="Kind of file."),
    ] = None,
    vendor: Annotated[
        Literal["ge", "siemens", "philips", "enhanced"] | None,
        typer.Option(help="Whose DICOM (ge)."),
    ] = None,
    kind: Annotated[
        Literal[
            "normal",
            "dilated",
            "hypertrophic",
            "infarcted",
            "pig",
            "wide",
            "thin",
            "child",
            "hyperdynamic",
            "obliterating",
            "apical-hypertrophic",
        ]
        | None,
        typer.Option(help="Kind of heart; any by default."),
    ] = None,
    frames: Annotated[
        int | None, typer.Option(metavar="N", help="Frames of a cine: 25; ultrasound 60, velocity 50.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Rows and columns: 176; ultrasound 256, velocity 128.")
    ] = None,
    spacing: Annotated[float | None, typer.Option(metavar="MM", help="Pixel spacing of MR (1.4).")] = None,
    side: Annotated[
        Literal["user", "demo", "training", "choosing", "reporting"] | None,
        typer.Option(help="Whose hearts: your own (user), or those that the shipped nets were made with."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Processes; one per processor.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove the subjects that lie in OUT first.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make virtual hearts: scans as a scanner would write them, and the exact truth about each."""
    from lvcine.phantom.subjects.cohort import make_cohort
    from lvcine.phantom.subjects.subject import PhantomOptions
    from lvcine.read.ranges import Range, require_count

    if jobs is not None:
        require_count("jobs (--jobs)", jobs, Range(1, 1024))
    options = PhantomOptions(
        **given(views=_views(view), format=file_format, vendor=vendor, kind=kind, frames=frames),
        **given(size=size, spacing_mm=spacing, side=side),
    )
    with Progress(quiet=quiet) as progress:
        cohort = make_cohort(
            output,
            first=seed,
            count=count,
            options=options,
            jobs=jobs,
            overwrite=overwrite,
            progress=progress,
        )
    print_cohort(cohort, as_json=as_json)


def _views(names: str | None) -> tuple[str, ...] | None:
    """Names in the house's spelling: upper case, but for the velocity scan."""
    if names is None:
        return None
    given_names = (name.strip() for name in names.split(","))
    return tuple("velocity" if name.lower() == "velocity" else name.upper() for name in given_names)
