"""Go on training the shipped ultrasound net on your own copy of CAMUS or EchoNet-Dynamic, in one command.

python -m lvcine.systems.echo.train.tune --camus DIR --testing subgroup_testing.txt --weights my-weights
"""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.systems.echo.recipe import RECIPES
from lvcine.systems.echo.train.real import from_camus, from_echonet, write
from lvcine.systems.echo.train.sample import fit
from lvcine.systems.echo.train.task import WEIGHTS, Source, ship, shipped

RATE = 3e-4
"""A seventh of that from random weights: what was learned is to stay where the tracings say nothing."""


def tune(
    run: Path,
    weights: Path,
    *,
    camus: Path | None = None,
    echonet: Path | None = None,
    testing: tuple[str, ...] = (),
    minutes: float = 30.0,
    start: Path = WEIGHTS,
) -> Path:
    """Tune, and ship with a card that names every subject; returns the card's file.

    Parameters
    ----------
    run : Path
        Gets the pool and the checkpoints; a stopped run goes on from there.
    weights : Path
        Folder for the tuned net, for ``--weights``.
    camus, echonet : Path, optional
        Folders of the data sets; of EchoNet-Dynamic only the split TRAIN is taken.
    testing : tuple of str
        Patients of CAMUS that are kept for reporting.
    minutes : float
    start : Path
        Folder with the net to begin with.

    Raises
    ------
    UsageError
        No data set, nothing in it to learn from, or the shipped weights would be overwritten.
    """
    if camus is None and echonet is None:
        raise UsageError("no data set is named", advice="give --camus DIR or --echonet DIR")
    if weights.resolve() == WEIGHTS.resolve():
        raise UsageError("the shipped net would be overwritten", advice="name another folder of weights")
    net, recipe = shipped(start)
    clips = chain(
        from_camus(camus, testing) if camus is not None else (),
        from_echonet(echonet) if echonet is not None else (),
    )
    subjects = write(clips, run / "pool")
    if not subjects:
        raise UsageError("no clip to learn from", advice="see docs/methods/echo.md for the layouts")
    fit(RECIPES[recipe], run / "pool", run, 100_000, minutes * 60, start=net, rate=RATE)
    names = " and ".join(n for n, d in (("CAMUS", camus), ("EchoNet-Dynamic", echonet)) if d is not None)
    said = f"Trained on virtual hearts, then on {len(subjects)} subjects of {names}."
    return ship(run, recipe, weights, Source(said, f"{names}, the user's own copy", subjects))


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--camus", type=Path)
    parser.add_argument("--echonet", type=Path)
    parser.add_argument("--testing", type=Path, help="CAMUS: a list of patients that are kept for reporting")
    parser.add_argument("--run", type=Path, default=Path("runs/echo-tuned"))
    parser.add_argument("--weights", type=Path, default=Path("my-weights"))
    parser.add_argument("--minutes", type=float, default=30.0)
    chosen = parser.parse_args()
    kept = tuple(chosen.testing.read_text().split()) if chosen.testing else ()
    tune(
        chosen.run, chosen.weights, camus=chosen.camus, echonet=chosen.echonet, testing=kept,
        minutes=chosen.minutes,
    )  # fmt: skip


if __name__ == "__main__":
    main()
