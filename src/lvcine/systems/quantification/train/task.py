"""How the net that predicts indices from pixels is trained and shipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from lvcine.systems.quantification.recipe import RECIPES, SIZE, Recipe
from lvcine.systems.quantification.train.data import OutlinedClip, make
from lvcine.systems.quantification.train.losses import loss
from lvcine.systems.quantification.train.net import build, standardise
from lvcine.systems.quantification.train.real import real_clips
from lvcine.systems.quantification.train.sample import Sampler
from lvcine.training.export import Exported
from lvcine.training.fit import Draws
from lvcine.training.loop import Schedule
from lvcine.training.split import SUNNYBROOK
from lvcine.training.task import CardText, Graph, Task


def graphs(net: nn.Module, recipe: Recipe, part: str) -> Iterator[Graph]:
    """One file, the numbers without the maps; a clip of any number of frames."""
    frames = torch.zeros(1, 9 + recipe.kappa - 1, SIZE, SIZE)
    axes = {name: {1: "frame"} for name in ("frames", "numbers")}
    numbers = Exported(net, lambda net, frames: net(frames)[0])
    yield Graph("quantification.onnx", numbers, {"frames": frames}, ("numbers",), axes)


def ready(net: Any, draws: Draws, recipe: Recipe, warm: bool) -> None:
    """A new net begins at the mean and spread of what it is to predict."""
    sampler = draws.sampler
    if not warm and isinstance(sampler, Sampler):
        standardise(net, sampler.mean.to(draws.where), sampler.spread.to(draws.where))


def optimiser(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer | None:
    """As printed, or AdamW."""
    if recipe.optimiser != "sgd":
        return None
    return torch.optim.SGD(net.parameters(), lr=recipe.learning_rate, momentum=0.5, weight_decay=recipe.decay)


def schedule(recipe: Recipe) -> Schedule:
    """A short run's weights have a short running mean."""
    ema = 0.99 if recipe.steps < 1000 else 0.997
    return Schedule(recipe.steps, recipe.learning_rate, recipe.decay, ema, warm_up=50)


def first_line(virtual: int, real: Sequence[str]) -> str:
    """What a reader of the numbers must know."""
    if not real:
        return "Trained on virtual hearts alone; on no real cine."
    return f"Trained on virtual hearts and on slices of {len(real)} real subjects."


TASK = Task(
    name="quantification",
    recipes=RECIPES,
    parts={"": "default"},
    item=OutlinedClip,
    make=make,
    real=real_clips,
    split=SUNNYBROOK,
    build=build,
    sampler=Sampler,
    loss=loss,
    schedule=schedule,
    ready=ready,
    optimiser=optimiser,
    fast=lambda r: r.width >= 16 and r.kind != "printed",
    graphs=graphs,
    card=CardText(
        first_line=first_line,
        intended_use="Research: direct regression of areas, dimensions, wall thickness beside contours.",
        known_failures=(
            "Slices whose ring of wall is open (base) or closes (apex): they are not read.",
            "Pictures in which the LV lies far from the middle or fills less than 0.4 or more than 0.8.",
        ),
        input=lambda recipe: {
            "axes": ["clip", "frame", "row", "column"],
            "size": [SIZE, SIZE],
            "normalisation": "lvcine.systems.quantification.prepare: septum left, percentiles 1, 99 to 0, 1",
        },
        data={"real": "Sunnybrook Cardiac Data and its preclinical EP set (Radau et al. 2009), CC0"},
        results=lambda r: {"kappa": r.kappa},
        see="docs/methods/quantification.md",
    ),
)
