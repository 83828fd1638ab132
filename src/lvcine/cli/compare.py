"""``lvcine compare COHORT READINGS``: our numbers against readers', and these against each other."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lvcine.cli.options import Json, Verbose, given
from lvcine.cli.result import print_json
from lvcine.cli.terminal import say, say_all
from lvcine.errors import UsageError

if TYPE_CHECKING:
    from lvcine.comparison.agree import Pairing
    from lvcine.comparison.run import Comparison


def compare(
    cohort: Annotated[Path, typer.Argument(metavar="COHORT", help="Folder of lvcine cohort.")],
    readings: Annotated[
        Path,
        typer.Argument(
            metavar="READINGS",
            help="CSV file, folder of masks (NIfTI), another cohort, or reviewed results: COHORT itself too.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Folder for the page and the tables.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NUMBER=COLUMN", help="What a column is, edv_ml=Vol1; may be given again."
        ),
    ] = None,
    label_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the studies' labels.")
    ] = None,
    mask_values: Annotated[
        tuple[int, int] | None, typer.Option(metavar="CAVITY WALL", help="Numbers in a reader's masks (1 2).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the comparison in OUT.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Compare a cohort with manual readings: bias, limits of agreement, ICC, overlap, the worst cases."""
    from lvcine.comparison.run import compare as measure

    found = measure(
        cohort, readings, output=output, columns=_mapped(mapping or []), overwrite=overwrite,
        **given(label_column=label_column, mask_values=mask_values),
    )  # fmt: skip
    if as_json:
        print_json(_as_dict(found, output))
        return
    say_all([*(f"column {text}" for text in found.columns), *(f"note: {text}" for text in found.notes)])
    say_all(map(_line, found.pairings))
    say_all(f"{name}: {s.mean:.3f} (SD {s.sd:.3f}), n {s.n}" for name, s in (found.summaries or {}).items())
    say("nothing written: no -o OUT" if output is None else f"page: {output / 'compare.html'}")


def _mapped(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, column = text.partition("=")
        if not equals:
            raise UsageError(f"--map {text!r}", advice="write it as NUMBER=COLUMN, edv_ml=Vol1")
        found[name.strip()] = column.strip()
    return found


def _line(p: Pairing) -> str:
    limits = p.limits
    ends = f"{limits.lower.value:+.2f} to {limits.upper.value:+.2f}"
    spread = f", limits of agreement {ends}" if limits.n > 1 else ""
    icc = f", ICC {p.icc.value:.3f}" if math.isfinite(p.icc.value) else ""
    bias = f"bias {limits.bias.value:+.2f}"
    return f"{p.name}, {p.one} less {p.other}, n {len(p.labels)}: {bias}{spread}{icc}"


def _as_dict(found: Comparison, output: Path | None) -> dict[str, Any]:
    return {
        "pairings": [
            {
                "number": p.name, "one": p.one, "other": p.other, "n": len(p.labels),
                "bias": p.limits.bias.value, "sd": p.limits.sd, "lower": p.limits.lower.value,
                "upper": p.limits.upper.value, "icc": p.icc.value, "cov_percent": p.cov_percent, "r": p.r,
            }
            for p in found.pairings
        ],
        "masks": {
            name: {"mean": s.mean, "sd": s.sd, "n": s.n} for name, s in (found.summaries or {}).items()
        },
        "columns": list(found.columns),
        "notes": list(found.notes),
        "output": None if output is None else str(output),
        "exit_code": 0,
    }  # fmt: skip
