"""How TempReg-Net is trained and shipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from lvcine.systems.frames.recipe import RECIPES, Recipe
from lvcine.systems.frames.train.data import LabelledClip, make
from lvcine.systems.frames.train.losses import loss
from lvcine.systems.frames.train.net import TempRegNet
from lvcine.systems.frames.train.real import real_clips
from lvcine.systems.frames.train.sample import Sampler
from lvcine.training.export import Exported
from lvcine.training.loop import Schedule
from lvcine.training.split import SUNNYBROOK
from lvcine.training.task import CardText, Graph, Task


def graphs(net: TempRegNet, recipe: Recipe, part: str) -> Iterator[Graph]:
    """Encoder and recurrence, each a file: a cycle's features are used in more than one round."""
    pictures, features = torch.zeros(3, recipe.size, recipe.size), torch.zeros(3, recipe.features)
    axes = {name: {0: "frame"} for name in ("frames", "features", "values")}
    encoder = Exported(net, lambda net, frames: net.features(frames[None])[0])
    # Not closed: who calls it goes round.
    over_time = Exported(net, lambda net, features: net.over_time(features[None], closed=False)[0])
    for file, module, takes, example, gives in (
        ("frames-encoder.onnx", encoder, "frames", pictures, "features"),
        ("frames-time.onnx", over_time, "features", features, "values"),
    ):
        yield Graph(file, module, {takes: example}, (gives,), {k: axes[k] for k in (takes, gives)})


def first_line(virtual: int, real: Sequence[str]) -> str:
    """What a reader of the numbers must know."""
    if not real:
        return "Trained on virtual hearts alone; on no real cine."
    return (
        f"Trained on virtual hearts and on short-axis cines of {len(real)} real subjects; on real long axes "
        "and ultrasound of none."
    )


TASK = Task(
    name="frames",
    recipes=RECIPES,
    parts={"": "light"},
    item=LabelledClip,
    make=make,
    real=real_clips,
    split=SUNNYBROOK,
    build=TempRegNet,
    sampler=Sampler,
    loss=loss,
    schedule=lambda r: Schedule(r.steps, r.learning_rate, r.alpha, 0.995, warm_up=50),
    fast=lambda r: r.size > 32,
    graphs=graphs,
    card=CardText(
        first_line=first_line,
        intended_use="Research: ED and ES from the pixels of short-axis, long-axis and apical cines.",
        known_failures=(
            "Views other than these; clips in which the LV leaves the picture.",
            "Cines that do not hold a whole beat.",
            "ED of cines that stand still before systole.",
        ),
        input=lambda recipe: {
            "axes": ["frame", "row", "column"],
            "size": [recipe.size, recipe.size],
            "normalisation": "lvcine.systems.frames.prepare: what moves cut out, percentiles 1 and 99 to 0 "
            "and 1",
        },
        data={"real": "Sunnybrook Cardiac Data and its preclinical EP set (Radau et al. 2009), CC0"},
        see="docs/methods/frames.md",
    ),
)
