"""Turn runs into the nets that are shipped, and write their card."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import lvcine
from lvcine.engine import read_card
from lvcine.errors import UsageError, WeightsError
from lvcine.output import write_whole
from lvcine.training.export import export_graph
from lvcine.training.fit import check_sides, runs_of, sources
from lvcine.training.loop import load_mean
from lvcine.training.task import CardText, Task

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
        Part of the card -> the run of :func:`lvcine.training.fit.learn`; those that it went on from are named
        in it. A part without a run stays what it is in ``weights``.
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
        A part has neither a run nor weights, and is no member of an ensemble.
    SplitError
        A run learned from a subject that is kept for choosing or reporting.
    """
    if not runs or (unknown := set(runs) - set(task.parts)):
        raise UsageError(
            f"no run for {task.name}" if not runs else f"{task.name} has no part {sorted(unknown)[0]!r}",
            advice="one of " + ", ".join(repr(part) for part in task.parts),
        )
    weights.mkdir(parents=True, exist_ok=True)
    before = read_card(task.name, weights) if (weights / f"{task.name}.toml").is_file() else None
    files: dict[str, str] = {}
    training: dict[str, Any] = {}
    real: set[str] = set()
    virtual = 0
    for part in task.parts:
        if part in runs:
            noted, all_runs = sources(runs[part]), runs_of(runs[part])
            check_sides(task, set(noted["real"]))
            real |= set(noted["real"])
            virtual = max(virtual, noted["virtual"])
            recipe = task.recipes[noted["recipe"]]
            net = load_mean(runs[part], task.build(recipe))
            for graph in task.graphs(net, recipe, part):
                files[graph.file] = export_graph(
                    graph.net, graph.inputs, graph.outputs, weights / graph.file, graph.dynamic,
                    bits=graph.bits, folded=graph.folded,
                )  # fmt: skip
            learned = {"recipe": noted["recipe"], "virtual": noted["virtual"], "numbers": noted["numbers"]}
            made = learned | {key: [r.get(key, {}) for r in all_runs] for key in ("steps", "minutes")}
            made |= {"choosing": all_runs[-1]["choosing"]} if "choosing" in all_runs[-1] else {}
        else:
            kept = dict(_kept(task, part, before, weights))
            if not kept:
                continue
            recipe = task.recipes[task.parts[part]]
            files |= kept
            made = dict(before.training.get(part, {})) if before else {}
            virtual = max(virtual, made.get("virtual", 0))
            real |= set(before.split.get("training", ())) if before else set()
        training |= {part: made} if part else made
    card = _card(task, recipe, virtual, sorted(real)) | {"files": files, "training": training}
    card["results"] = {"see": task.card.see, **task.card.results(recipe), **(results or {})}
    return write_whole(weights / f"{task.name}.toml", "".join(_toml(card)))


def _kept(task: Task, part: str, before: Any, weights: Path) -> Iterator[tuple[str, str]]:
    """The files of a part, as the card that lies there has them; of a missing member none."""
    recipe = task.recipes[task.parts[part]]
    names = [graph.file for graph in task.graphs(task.build(recipe), recipe, part)]
    missing = before is None or any(name not in before.sha256 for name in names)
    if missing and task.ensemble:
        return
    if missing:
        raise WeightsError(f"no net for part {part!r}", where=weights.name, advice=f"give --run {part}=RUN")
    yield from ((name, before.sha256[name]) for name in names)


def _card(task: Task, recipe: Any, virtual: int, real: Sequence[str]) -> dict[str, Any]:
    text = task.card
    made = f"{virtual} subjects of lvcine.systems.{task.name}.train.data, the side training"
    card: dict[str, Any] = {
        "name": task.name,
        "first_line": text.first_line(virtual, real),
        "intended_use": text.intended_use,
        "known_failures": list(text.known_failures),
        "licence": "Apache-2.0",
        "code_version": lvcine.__version__,
        "files": {},
        "input": dict(text.input(recipe)),
        "labels": dict(text.labels),
        "data": {**({"virtual": made} if virtual else {}), **(_real_data(text, real) if real else {})},
        "split": {"training": list(real)} if real or task.split else {},
    }
    if task.split is not None:
        card["split"] |= {side: list(getattr(task.split, side)) for side in ("choosing", "reporting")}
    return card


def _real_data(text: CardText, real: Sequence[str]) -> Mapping[str, str]:
    return text.data(real) if callable(text.data) else text.data


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
