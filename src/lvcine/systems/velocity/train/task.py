"""How the two velocity nets are trained and shipped: one finds the heart, one segments its wall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from lvcine.errors import UsageError, WeightsError
from lvcine.systems.velocity.recipe import CHANNELS, RECIPES, Recipe
from lvcine.systems.velocity.train.data import LabelledSlice, make
from lvcine.systems.velocity.train.losses import loss
from lvcine.systems.velocity.train.net import EarNet
from lvcine.systems.velocity.train.predict import check
from lvcine.systems.velocity.train.sample import Sampler
from lvcine.training.export import parameters_of
from lvcine.training.loop import Schedule
from lvcine.training.task import CardText, Graph, Task

PARTS = {"find": "ear", "draw": "near"}
"""The nets of the card and the recipe of each."""


def file_of(part: str) -> str:
    """Name of a net's file."""
    return f"velocity-{part}.onnx"


def schedule(recipe: Recipe) -> Schedule:
    """As the recipe says; short runs of the paper's table warm up for a quarter of their steps."""
    return Schedule(recipe.steps, recipe.rate, 1e-4, recipe.ema, warm_up=min(50, max(1, recipe.steps // 4)))


def graphs(net: EarNet, recipe: Recipe, part: str) -> Iterator[Graph]:
    """One file a net, of any size and number of frames; not folded, so that training can go on from it."""
    pictures = torch.zeros(1, recipe.frames, CHANNELS, recipe.size, recipe.size)
    axes = dict.fromkeys(("pictures", "logits"), {1: "frame", 3: "row", 4: "column"})
    yield Graph(file_of(part), net, {"pictures": pictures}, ("logits",), axes, folded=False)


def shipped_net(weights: Path, part: str) -> tuple[EarNet, str]:
    """A shipped net as one that can be trained on, and its recipe's name.

    Raises
    ------
    UsageError
        No such net.
    WeightsError
        The file has not all the parameters of the recipe's net.
    """
    if part not in PARTS:
        raise UsageError(f"velocity has no net {part!r}", advice=f"one of {', '.join(PARTS)}")
    net = EarNet(RECIPES[PARTS[part]])
    found, own = parameters_of(weights / file_of(part)), net.state_dict()
    fits = {k: v for k, v in found.items() if k in own and own[k].shape == v.shape}
    if lost := [k for k in own if k not in fits and not k.endswith("num_batches_tracked")]:
        raise WeightsError(f"without {lost[0]}", where=file_of(part), advice="train the net anew")
    net.load_state_dict(own | fits)
    return net.eval(), PARTS[part]


TASK = Task(
    name="velocity",
    recipes=RECIPES,
    parts=PARTS,
    item=LabelledSlice,
    make=make,
    build=EarNet,
    sampler=Sampler,
    loss=loss,
    schedule=schedule,
    check=check,
    every=lambda recipe: 150,
    fast=lambda recipe: recipe.size > 32,
    shipped=shipped_net,
    graphs=graphs,
    card=CardText(
        first_line=lambda virtual, real: "Trained on virtual hearts alone; on no real scan.",
        intended_use="Research: the wall of the left ventricle in short-axis velocity-mapping MR.",
        known_failures=(
            "Slices above the mitral valve or beyond the apex; long axes.",
            "No real velocity-mapping scan was at hand to try it on: look at the contours.",
        ),
        input=lambda recipe: {
            "axes": ["clip", "frame", "channel", "row", "column"],
            "normalisation": "lvcine.systems.velocity.prepare: percentiles 1 and 99 to 0 and 1; "
            "velocities in 20 cm/s",
        },
        see="docs/methods/velocity.md",
    ),
)
