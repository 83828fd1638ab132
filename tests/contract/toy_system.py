"""A sixth system, as small as one can be, from made-up pictures to card and table: a disc's radius."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lvcine.papers.experiment import Cohort, Experiment, Result, Trial, virtual_items
from lvcine.phantom.seeds import phantom_seed
from lvcine.training.fit import fit
from lvcine.training.items import subject_of, virtual_subject_name
from lvcine.training.loop import Schedule
from lvcine.training.split import Split
from lvcine.training.task import CardText, Graph, Task

SIZE = 16


# ---- recipe.py -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Recipe:
    """How the net is built and trained."""

    width: int = 8
    steps: int = 150
    rate: float = 2e-2


RECIPES = {"default": Recipe(), "tiny": Recipe(width=4, steps=100)}


# ---- train/data.py -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Disc:
    """A bright disc (Y, X) of uint8 and its radius in pixels."""

    name: str
    pixels: np.ndarray
    radius: float


def make(number: int, side: str) -> Iterator[Disc]:
    """Two discs of one virtual subject."""
    rng = np.random.default_rng(phantom_seed(side, number))
    for part in range(2):
        radius = float(rng.uniform(2, 7))
        y, x = np.indices((SIZE, SIZE)) - (SIZE - 1) / 2
        grey = 40 + 180 * np.clip(radius - np.hypot(y, x) + 0.5, 0, 1) + rng.normal(0, 4, y.shape)
        yield Disc(
            f"{virtual_subject_name(side, number)}~{part}", np.clip(grey, 0, 255).astype(np.uint8), radius
        )


def real(data: Path) -> Iterator[Disc]:
    """One disc for each name in a text file."""
    for name in (data / "names.txt").read_text().split():
        yield Disc(f"{name}~0", np.zeros((SIZE, SIZE), np.uint8), 1.0)


# ---- train/sample.py -----------------------------------------------------------------------------
class Batch(NamedTuple):
    """Pictures (N, 1, Y, X) and radii (N,)."""

    pictures: Tensor
    radii: Tensor


class Sampler:
    """Eight discs a step."""

    def __init__(self, items: Sequence[Disc], recipe: Recipe, seed: int) -> None:
        self.items, self.rng = items, np.random.default_rng(seed)

    def __call__(self, step: int) -> Batch:
        chosen = [self.items[int(k)] for k in self.rng.integers(len(self.items), size=8)]
        pictures = np.stack([c.pixels for c in chosen])[:, None] / 255
        return Batch(torch.from_numpy(pictures).float(), torch.tensor([c.radius for c in chosen]))


# ---- train/net.py --------------------------------------------------------------------------------
class Net(nn.Module):
    """Pictures (N, 1, Y, X) -> radii (N,)."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, recipe.width, 3, 2, 1), nn.ReLU(), nn.Conv2d(recipe.width, recipe.width, 3, 2, 1),
            nn.ReLU(), nn.Flatten(), nn.Linear(recipe.width * 16, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)[:, 0] + 4.5


# ---- train/losses.py -----------------------------------------------------------------------------
def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """Mean squared error."""
    return (net(batch.pictures).float() - batch.radii).square().mean()


# ---- train/task.py -------------------------------------------------------------------------------
def graphs(net: nn.Module, recipe: Recipe, part: str) -> Iterator[Graph]:
    """One file."""
    axes = {name: {0: "picture"} for name in ("pictures", "radii")}
    yield Graph("toy.onnx", net, {"pictures": torch.zeros(2, 1, SIZE, SIZE)}, ("radii",), axes)


def check(net: nn.Module, items: Sequence[Disc], recipe: Recipe) -> dict[str, float]:
    """Mean error in pixels."""
    off = float(np.mean([abs(predicted(net, item) - item.radius) for item in items]))
    return {"off": off, "score": -off}


@torch.no_grad()
def predicted(net: nn.Module, item: Disc) -> float:
    """A disc's radius as the net sees it."""
    return float(net.eval()(torch.from_numpy(item.pixels / np.float32(255))[None, None])[0])


TASK = Task(
    name="toy",
    recipes=RECIPES,
    parts={"": "default"},
    item=Disc,
    make=make,
    real=real,
    split=Split(("real-1", "real-2"), ("real-3",), ("real-4",)),
    build=Net,
    sampler=Sampler,
    loss=loss,
    schedule=lambda r: Schedule(r.steps, r.rate, 0.0, 0.9, warm_up=5),
    check=check,
    fast=lambda r: False,
    graphs=graphs,
    card=CardText(
        first_line=lambda virtual, real: f"Trained on {virtual} virtual discs and {len(real)} real ones.",
        intended_use="Tests.",
        known_failures=("Squares.",),
        input=lambda r: {"axes": ["picture", "channel", "row", "column"], "size": [SIZE, SIZE]},
        see="nowhere",
    ),
)


# ---- papers/toy/experiment.py --------------------------------------------------------------------
@dataclass(frozen=True)
class Preset:
    """How much is run."""

    text: str
    subjects: int
    folds: int
    steps: int


@dataclass(frozen=True)
class Scored:
    """One disc of one row."""

    row: str
    subject: str
    off: float


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """Virtual subjects of the reporting side."""
    return Cohort("discs", virtual_items(folder, make, Disc, "reporting", range(preset.subjects)))


def train(trial: Trial) -> nn.Module:
    """Both rows differ in their width."""
    return fit(
        TASK, RECIPES[trial.row], trial.items, trial.folder, start=trial.start, steps=trial.preset.steps
    )  # fmt: skip


def predict(preset: Preset, nets: Mapping[str, nn.Module], item: Disc) -> dict[str, float]:
    """The radius by each net."""
    return {row: predicted(net, item) for row, net in nets.items()}


def score(preset: Preset, row: str, found: float, item: Disc, fold: str) -> Iterator[Scored]:
    """The error in pixels."""
    yield Scored(row, subject_of(item.name), abs(found - item.radius))


def table(result: Result) -> str:
    """Mean error by row."""
    rows = dict.fromkeys(s.row for s in result.scored)
    means = {row: np.mean([s.off for s in result.scored if s.row == row]) for row in rows}
    return "\n".join(
        ["| net | off |", "| --- | --- |", *(f"| {k} | {v:.2f} |" for k, v in means.items()), ""]
    )


EXPERIMENT = Experiment(
    presets={"cpu": Preset("small", 6, 3, 60), "tiny": Preset("a trial", 4, 2, 20)},
    cohort=cohort,
    rows=lambda preset: list(RECIPES),
    train=train,
    predict=predict,
    score=score,
    table=table,
)
