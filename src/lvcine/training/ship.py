"""Turn runs into the nets that are shipped, and write their card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lvcine
from lvcine.engine import Card, read_card
from lvcine.errors import UsageError, WeightsError
from lvcine.output import STAGE_PREFIX, write_whole
from lvcine.training.export import export_graph
from lvcine.training.fit import check_sides, runs_of, sources
from lvcine.training.loop import load_mean
from lvcine.training.task import Recipe, Task

WEIGHTS = Path(lvcine.__file__).parent / "weights"
"""The shipped ones."""


def ship(
    task: Task, runs: Mapping[str, Path], weights: Path, results: Mapping[str, Any] | None = None
) -> Path:
    """Export a run for each net of a card, and write the card.

    Parameters
    ----------
    task : Task
    runs : mapping of str to Path
        Part of the card ("": that of the run's recipe) -> the run of :func:`lvcine.training.fit.learn`; those
        that it went on from are named in it. A part without a run stays what it is in ``weights``, and is
        lvcine's own where it lacks there (``task.own``).
    weights : Path
        Folder for the nets and ``NAME.toml``.
    results : mapping, optional
        Measured figures for the card: limits of agreement, intervals.

    Returns
    -------
    Path
        The card's.

    Raises
    ------
    UsageError
        A part that the card has not; no run.
    WeightsError
        A part has neither a run nor weights, lvcine's own neither, and is no member of an ensemble.
    SplitError
        A run learned from a subject that is kept for choosing or reporting.
    """
    runs = {part or _part_of(task, run): run for part, run in runs.items()}
    if not runs or (unknown := set(runs) - set(task.parts)):
        raise UsageError(
            f"no run for {task.name}" if not runs else f"{task.name} has no part {sorted(unknown)[0]!r}",
            advice="one of " + ", ".join(repr(part) for part in task.parts),
        )
    for run in runs.values():
        check_sides(task, set(sources(run)["real"]))
    weights.mkdir(parents=True, exist_ok=True)
    before = read_card(task.name, weights) if (weights / f"{task.name}.toml").is_file() else None
    # All nets are made before one of those that lie there is replaced.
    with TemporaryDirectory(dir=weights, prefix=STAGE_PREFIX) as folder:
        made = {
            part: _trained(task, part, runs[part], Path(folder))
            if part in runs
            else _kept(task, part, before, weights, Path(folder))
            for part in task.parts
        }
        card = _card(task, {part: one for part, one in made.items() if one is not None}, results or {})
        for file in sorted(Path(folder).iterdir()):
            file.replace(weights / file.name)
    return write_whole(weights / f"{task.name}.toml", "".join(_toml(card)))


def _part_of(task: Task, run: Path) -> str:
    """The part that a run's recipe makes; the first where none does by name."""
    recipe = sources(run)["recipe"]
    named = [part for part, name in task.parts.items() if name == recipe]
    return named[0] if named else next(iter(task.parts))


@dataclass(frozen=True)
class _Part:
    """One net of a card: hashes of its files, how it was trained, on whom."""

    recipe: Recipe
    files: Mapping[str, str]
    training: Mapping[str, Any]
    real: frozenset[str]

    @property
    def virtual(self) -> int:
        return int(self.training.get("virtual", 0))


def _trained(task: Task, part: str, run: Path, folder: Path) -> _Part:
    noted, all_runs = sources(run), runs_of(run)
    recipe = task.recipes[noted["recipe"]]
    net = load_mean(run, task.build(recipe))
    files = {graph.file: export_graph(graph, folder) for graph in task.graphs(net, recipe, part)}
    training = {key: noted[key] for key in ("recipe", "virtual", "numbers")}
    training |= {key: [r[key] for r in all_runs] for key in ("steps", "minutes")}
    training |= {"choosing": all_runs[-1]["choosing"]} if "choosing" in all_runs[-1] else {}
    return _Part(recipe, files, training, frozenset(noted["real"]))


def _kept(task: Task, part: str, before: Card | None, weights: Path, folder: Path) -> _Part | None:
    """A part as the card that lies there has it, else lvcine's own; None of a missing ensemble member."""
    recipe = task.recipes[task.parts[part]]
    names = [graph.file for graph in task.graphs(task.build(recipe), recipe, part)]
    for card, home in ((before, weights), (_own(task, part), WEIGHTS)):
        if card is None or any(name not in card.sha256 for name in names):
            continue
        if home != weights:
            for name in names:
                shutil.copyfile(home / name, folder / name)
        files = {name: card.sha256[name] for name in names}
        return _Part(recipe, files, card.training.get(part, {}), frozenset(card.split.get("training", ())))
    if task.ensemble:
        return None
    raise WeightsError(f"no net for part {part!r}", where=weights.name, advice=f"give --run {part}=RUN")


def _own(task: Task, part: str) -> Card | None:
    """Lvcine's own card, of a part that a card may take from it."""
    there = part in task.own and (WEIGHTS / f"{task.name}.toml").is_file()
    return read_card(task.name, WEIGHTS) if there else None


def _card(task: Task, parts: Mapping[str, _Part], results: Mapping[str, Any]) -> dict[str, Any]:
    text, main = task.card, next(iter(parts.values()))
    real = sorted(frozenset[str]().union(*(one.real for one in parts.values())))
    virtual = max(one.virtual for one in parts.values())
    sources_of_real = dict(text.data(real) if callable(text.data) else text.data) if real else {}
    data = {"virtual": f"{virtual} subjects of lvcine.systems.{task.name}.train.data, side training"}
    split = {"training": real} if real or task.split else {}
    if task.split is not None:
        split |= {"choosing": list(task.split.choosing), "reporting": list(task.split.reporting)}
    return {
        "name": task.name,
        "first_line": text.first_line(virtual, real),
        "intended_use": text.intended_use,
        "known_failures": list(text.known_failures),
        "licence": "Apache-2.0",
        "code_version": lvcine.__version__,
        "files": {file: digest for one in parts.values() for file, digest in one.files.items()},
        "input": text.input(main.recipe),
        "labels": text.labels,
        "data": (data if virtual else {}) | sources_of_real,
        "split": split,
        "training": {part: one.training for part, one in parts.items()} if "" not in parts else main.training,
        "results": {"see": text.see, **text.results(main.recipe), **results},
    }


def _toml(table: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Text, numbers, lists and tables of them; JSON writes these as TOML does."""
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}\n"
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            here = f"{path}.{_key(key)}" if path else _key(key)
            yield f"\n[{here}]\n"
            yield from _toml(value, here)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)
