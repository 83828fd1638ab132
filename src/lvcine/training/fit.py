"""Train a system's net: the one way for every system, on a GPU where there is one."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lvcine import __version__
from lvcine.engine import read_card
from lvcine.errors import SplitError, UsageError
from lvcine.output import write_whole
from lvcine.training.items import Pool, side_of, subject_of, subjects_of
from lvcine.training.loop import LAST, load_mean, train
from lvcine.training.split import Split
from lvcine.training.task import Recipe, Sampler, Task

SOURCES = "sources.json"
"""File of a run: recipe, subjects and earlier runs, for the card."""
REFRESHED = 100
"""Steps after which a pool is looked at again: it may be filled while a net learns from it."""


def device() -> str:
    """Where nets are trained.

    Examples
    --------
    >>> device() in ("cuda", "cpu")
    True
    """
    return "cuda" if torch.cuda.is_available() else "cpu"


def fast_half(where: str) -> bool:
    """Whether bfloat16 pays on a device: a processor that has no instructions for it is ten times slower.

    Examples
    --------
    >>> fast_half("cuda")
    True
    """
    return where == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def fit(
    task: Task,
    recipe: Recipe,
    items: Sequence[Any],
    run: Path,
    *,
    choosing: Sequence[Any] = (),
    start: nn.Module | None = None,
    steps: int | None = None,
    rate: float | None = None,
    seconds: float = math.inf,
    seed: int = 0,
) -> nn.Module:
    """Train a net; resumes from ``run``, or begins with the weights of ``start``.

    Parameters
    ----------
    task : Task
    recipe : Recipe
        One of the task's, or like them.
    items : sequence
        To learn from.
    run : Path
        Gets checkpoints and a log.
    choosing : sequence
        Items of other subjects, for the task's check.
    start : Module, optional
    steps, rate : optional
        Instead of the recipe's.
    seconds : float
        The run ends after them at the latest.
    seed : int
        Of the weights and of the batches.

    Returns
    -------
    Module
        With the running mean of its weights, in eval mode, on the processor.

    Raises
    ------
    UsageError
        Nothing to learn from.
    SplitError
        A subject that is learned from chooses too.
    """
    something(task, items)
    Split(tuple(subjects_of(items)) if choosing else (), tuple(subjects_of(choosing)), ())
    torch.manual_seed(seed)
    fast, where = task.fast(recipe), device()
    net = task.build(recipe)
    if start is not None:
        task.begin(start, net)
    net = net.to(where)
    if fast:
        net = net.to(memory_format=torch.channels_last)
    draws = Draws(task.sampler(items, recipe, seed), where)
    if not (run / LAST).is_file():
        task.ready(net, draws, recipe, start is not None)

    def loss_of(model: nn.Module, step: int) -> Tensor:
        if isinstance(items, Pool) and step % REFRESHED == 0:
            items.refresh()
        batch = draws(step)
        with torch.autocast(where, dtype=torch.bfloat16, enabled=fast):
            return task.loss(model, batch, recipe)

    def check(model: nn.Module, step: int) -> dict[str, float]:
        if task.check is None or not choosing:
            return {}
        with torch.no_grad():
            return task.check(model.eval(), choosing, recipe)

    schedule = replace(task.schedule(recipe), seconds=seconds)
    schedule = replace(schedule, steps=steps or schedule.steps, learning_rate=rate or schedule.learning_rate)
    trained = train(
        net, loss_of, schedule, run, every=min(task.every(recipe), schedule.steps), check=check,
        optimiser=task.optimiser(net, recipe),
    )  # fmt: skip
    return trained.cpu().eval()


@dataclass(frozen=True)
class Draws:
    """A sampler whose batches lie on a device."""

    sampler: Sampler
    where: str

    def __call__(self, step: int) -> Any:
        batch = self.sampler(step)
        moved = [part.to(self.where) if isinstance(part, Tensor) else part for part in batch]
        return type(batch)(*moved) if hasattr(batch, "_fields") else tuple(moved)


def learn(
    task: Task,
    recipe: str,
    pool: Path,
    run: Path,
    *,
    start: Path | None = None,
    shipped: tuple[Path, str] | None = None,
    steps: int | None = None,
    rate: float | None = None,
    seconds: float = math.inf,
    seed: int = 0,
) -> nn.Module:
    """Train a net that is to be shipped, on a pool, and note what it learned from.

    Parameters
    ----------
    task : Task
    recipe : str
        Its name.
    pool : Path
        Items of the training side are learned from, those of the choosing side choose (:func:`sides`).
    run : Path
    start : Path, optional
        A run whose weights this one begins with.
    shipped : (Path, str), optional
        A folder of weights and the part of its card that this run begins with.
    steps, rate, seconds, seed
        As in :func:`fit`.

    Raises
    ------
    UsageError
        No such recipe; nothing in the pool; a shipped net that cannot be trained on.
    SplitError
        A real subject that is kept for reporting.
    """
    if recipe not in task.recipes:
        raise UsageError(f"no recipe is called {recipe!r}", advice=f"one of {', '.join(task.recipes)}")
    items, choosing = sides(task, recipe, pool)
    something(task, items)
    begun, before = None, []
    earlier: Mapping[str, Any] = {}
    if start is not None:
        earlier = sources(start)
        begun, before = load_mean(start, task.build(task.recipes[earlier["recipe"]])), runs_of(start)
    if shipped is not None:
        if task.shipped is None:
            raise UsageError(f"the shipped net of {task.name} cannot be trained on", advice="begin anew")
        begun, _ = task.shipped(*shipped)
        card = read_card(task.name, shipped[0])
        earlier = {**card.training.get(shipped[1], card.training), "real": card.split.get("training", ())}
    subjects = subjects_of(items)
    real = set(earlier.get("real", ()))
    real |= {name for name in subjects if side_of(name) is None}
    check_sides(task, real)
    virtual = [name for name in subjects if side_of(name)]
    run.mkdir(parents=True, exist_ok=True)
    noted = {
        "recipe": recipe, "virtual": max(len(virtual), earlier.get("virtual", 0)),
        "numbers": as_ranges(virtual), "real": sorted(real),
        "before": before, "code_version": __version__,
    }  # fmt: skip
    write_whole(run / SOURCES, json.dumps(noted, indent=1))
    return fit(
        task, task.recipes[recipe], items, run, choosing=choosing, start=begun, steps=steps, rate=rate,
        seconds=seconds, seed=seed,
    )  # fmt: skip


def something(task: Task, items: Sequence[Any]) -> None:
    """Refuse to learn from nothing."""
    if not len(items):
        raise UsageError("there is nothing to learn from", advice=f"lvcine train fill {task.name}")


def sides(task: Task, recipe: str, pool: Path) -> tuple[Pool[Any], Pool[Any]]:
    """What is learned from in a pool, and what chooses; real subjects by the task's split.

    Those of a task without a split are learned from.
    """
    kept = task.split.choosing if task.split else ()

    def learned(name: str) -> bool:
        real = side_of(name) is None
        training = subject_of(name) not in kept if real else side_of(name) == "training"
        return training and task.uses(task.recipes[recipe], real)

    def chooses(name: str) -> bool:
        return side_of(name) == "choosing" or subject_of(name) in kept

    return Pool(pool, task.item, learned), Pool(pool, task.item, chooses)


def check_sides(task: Task, real: set[str]) -> None:
    """Raise where a real subject is not one to learn from.

    Raises
    ------
    SplitError
        It stands on another side of the task's split, or on none.
    """
    if task.split is not None:
        task.split.only("training", real)
    elif kept := sorted(name for name in real if name.startswith(("choosing", "reporting"))):
        raise SplitError(f"not for training: {', '.join(kept[:5])}")


def sources(run: Path) -> dict[str, Any]:
    """What a run learned from.

    Raises
    ------
    UsageError
        No run of :func:`learn`.
    """
    file = run / SOURCES
    if not file.is_file():
        raise UsageError("no run of `lvcine train fit`", where=run.name, advice=f"it has no {SOURCES}")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def runs_of(run: Path) -> list[dict[str, Any]]:
    """A run and those that it went on from, in order: recipe, steps, minutes and the last check of each."""
    noted = sources(run)
    end = json.loads((run / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    checked = {k: v for k, v in end.items() if k not in ("step", "seconds", "loss", "score")}
    own = {"recipe": noted["recipe"], "steps": end["step"], "minutes": round(end["seconds"] / 60)}
    return [*noted["before"], own | ({"choosing": checked} if checked else {})]


def as_ranges(virtual: Sequence[str]) -> str:
    """The numbers of virtual subjects.

    Examples
    --------
    >>> as_ranges(["training-000001", "training-000002", "training-000007"])
    '1-2, 7-7'
    """
    numbers = sorted(int(name.rpartition("-")[2]) for name in virtual)
    starts = [n for n in numbers if n - 1 not in set(numbers)]
    ends = [n for n in numbers if n + 1 not in set(numbers)]
    return ", ".join(f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
