"""``lvcine train fill|fit|ship SYSTEM``: make what a net learns from, train it, export it with its card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from lvcine.cli.options import Quiet, Verbose
from lvcine.cli.terminal import Progress, say

train = typer.Typer(
    help="Train a system's nets and ship them: fill a pool, fit on it, ship the run. Needs torch.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

System = Annotated[
    str, typer.Argument(metavar="SYSTEM", help="sax, frames, quantification, echo or velocity.")
]
Pool = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of what is learned from: packs/SYSTEM.")
]
Run = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the run: runs/SYSTEM.")]


@train.command()
def fill(
    system: System,
    pool: Pool = None,
    count: Annotated[int, typer.Option(metavar="N", help="How many virtual subjects.")] = 0,
    first: Annotated[int, typer.Option(metavar="N", help="Number of the first.")] = 0,
    side: Annotated[
        Literal["training", "choosing", "reporting"], typer.Option(help="Side of the split they stand on.")
    ] = "training",
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of labelled real scans, or of reviewed results, to put in."),
    ] = None,
    scans: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the scans of reviewed results lie, if not beside them."),
    ] = None,
    without: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Text file of real subjects that are kept for reporting."),
    ] = None,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes.")] = 1,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Put virtual subjects, or the real ones of a folder, into a pool; those there are not made again."""
    task = _task(system)
    items: Any = import_module("lvcine.training.items")
    from lvcine.errors import UsageError

    folder = pool or Path("packs") / system
    if data is not None:
        kept = without.read_text(encoding="utf-8").split() if without else []
        found: set[str] = set()
        names = items.write_items(folder, _noted(_real_items(task, data, scans), found), kept)
        if not names:
            raise UsageError(
                "no labelled scan to learn from", where=data.name, advice="docs/develop/training.md"
            )
        say(f"{len(names)} real subjects in {folder}")
        if without:
            say(f"left out: {len(found & set(kept))} of the {len(set(kept))} subjects in {without.name}")
    numbers = range(first, first + count)
    with Progress(quiet=quiet) as progress, _doing(jobs) as do:
        made = [do(fill_one, system, folder, side, n) for n in numbers]
        for done, finish in enumerate(made):
            progress("subjects", done, count)
            finish()
    if count:
        say(f"{count} virtual subjects of the side {side} in {folder}")


def _real_items(task: Any, data: Path, scans: Path | None) -> Iterable[Any]:
    """Items of labelled scans, or of reviewed results where a folder holds any results."""
    from lvcine.errors import UsageError
    from lvcine.pipeline.reviewed import reviewed_folders

    if task.real is None:
        raise UsageError(f"{task.name} learns from virtual subjects only", advice="leave --data out")
    folders = reviewed_folders(data)
    if folders and task.reviewed is None:
        raise UsageError(f"{task.name} does not learn from reviewed results", advice="leave --data out")
    return _reviewed_items(task, folders, scans) if folders else task.real(data)


def _reviewed_items(task: Any, folders: Sequence[Path], scans: Path | None) -> Iterator[Any]:
    """Items of reviewed results; a scan that two readers reviewed is one subject read twice."""
    from lvcine.pipeline.find_scan import ScanFinder
    from lvcine.pipeline.options import AnalyzeOptions
    from lvcine.pipeline.reviewed import read_all

    items: Any = import_module("lvcine.training.items")
    times: Counter[str] = Counter()
    for folder, study in read_all(folders, ScanFinder(AnalyzeOptions(), scans), say):
        times[study.subject] += 1
        made = list(items.renamed(task.reviewed(study), times[study.subject]))
        read = (
            f"{int(study.read.sum())} slices and frames read by {study.reader or 'a reader without a name'}"
        )
        say(f"{study.subject}  {folder.name}: {read if made else f'not for {task.name}'}")
        yield from made


def _noted(items: Iterable[Any], found: set[str]) -> Iterator[Any]:
    """The items, their subjects noted."""
    for item in items:
        found.add(item.name.partition("~")[0])
        yield item


@contextmanager
def _doing(jobs: int) -> Iterator[Callable[..., Callable[[], Any]]]:
    """Calls that wait until they are finished, or that have begun in processes of their own."""
    if jobs <= 1:
        yield partial
        return
    from lvcine.isolated.processes import processes

    with processes(jobs) as submit:
        yield lambda *call: submit(*call).result


def fill_one(system: str, folder: Path, side: str, number: int) -> None:
    """Make one virtual subject's items, in a process of its own."""
    import_module("lvcine.training.items").fill(folder, _task(system).make, side, [number])


@train.command()
def fit(
    system: System,
    pool: Pool = None,
    run: Run = None,
    recipe: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of the system's recipe.py; by default the shipped one."),
    ] = None,
    minutes: Annotated[
        float, typer.Option(metavar="N", help="The run ends after them at the latest.")
    ] = 60.0,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Instead of the recipe's.")] = None,
    rate: Annotated[
        float | None, typer.Option(metavar="R", help="Highest learning rate, instead of the recipe's.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Begin with the weights of a run.")
    ] = None,
    shipped: Annotated[
        str | None,
        typer.Option(metavar="[FOLDER][:PART]", help="Begin with a shipped net; '.' means lvcine's own."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the weights and the batches.")] = 0,
    verbose: Verbose = False,
) -> None:
    """Train a net on a pool, on a GPU where there is one; stopped, it goes on when called again."""
    task = _task(system)
    module: Any = import_module("lvcine.training.fit")
    name = recipe or next(iter(task.parts.values()))
    folder = run or Path("runs") / system
    module.learn(
        task, name, pool or Path("packs") / system, folder, start=start, shipped=_shipped(shipped),
        steps=steps, rate=rate, seconds=minutes * 60, seed=seed,
    )  # fmt: skip
    say(f"run in {folder}: {module.runs_of(folder)[-1]}")


@train.command()
def ship(
    system: System,
    run: Annotated[
        list[str] | None,
        typer.Option(metavar="[PART=]RUN", help="Run of a net of the card; once for each part: runs/SYSTEM."),
    ] = None,
    weights: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Gets the nets and the card; use it with --weights.")
    ] = Path("my-weights"),
    results: Annotated[
        Path | None, typer.Option(metavar="JSON", help="Measured figures for the card's [results].")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Export runs as the nets of a card; a part without a run stays what it is in FOLDER."""
    task = _task(system)
    module: Any = import_module("lvcine.training.ship")
    measured = json.loads(results.read_text(encoding="utf-8")) if results else None
    say(f"card: {module.ship(task, _runs(run or [], system), weights, measured)}")


def _runs(said: Sequence[str], system: str) -> dict[str, Path]:
    pairs = [one.rpartition("=") for one in said]
    return {part: Path(run) for part, _, run in pairs} or {"": Path("runs") / system}


def _shipped(said: str | None) -> tuple[Path, str] | None:
    if said is None:
        return None
    folder, _, part = said.partition(":")
    own: Path = import_module("lvcine.training.ship").WEIGHTS
    return (Path(folder) if folder not in ("", ".") else own), part


def _task(system: str) -> Any:
    system_named(system)
    needs_torch()
    # By name: nothing else of the command line may need torch (docs/develop/architecture.md).
    return import_module(f"lvcine.systems.{system}.train.task").TASK


def system_named(system: str) -> None:
    """Refuse a system that there is not."""
    from lvcine.errors import UsageError
    from lvcine.systems.registry import SYSTEMS

    if system not in SYSTEMS:
        raise UsageError(f"no system is called {system!r}", advice=f"one of {', '.join(SYSTEMS)}")


def needs_torch() -> None:
    """Refuse where torch is not installed."""
    from lvcine.errors import UsageError

    if find_spec("torch") is None:
        raise UsageError("training needs torch, which is not installed", advice="pip install 'lvcine[train]'")
