"""How the four members of the short-axis net are trained and shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from lvcine.study.reviewed import PREFIX
from lvcine.systems.sax.convention import CONVENTION
from lvcine.systems.sax.recipe import RECIPES, Recipe
from lvcine.systems.sax.train.check import check
from lvcine.systems.sax.train.data import make
from lvcine.systems.sax.train.drawn_cavities import SUBJECT
from lvcine.systems.sax.train.losses import loss
from lvcine.systems.sax.train.net import SaxNet
from lvcine.systems.sax.train.real import real_stacks, reviewed_stacks
from lvcine.systems.sax.train.sample import Sampler
from lvcine.systems.sax.train.shipped import ready, shipped
from lvcine.training.export import Exported
from lvcine.training.fit import device, fast_half
from lvcine.training.labelled import LabelledStudy
from lvcine.training.loop import Schedule
from lvcine.training.split import SUNNYBROOK
from lvcine.training.task import CardText, Graph, Task

MEMBERS = ("1", "2", "3", "4")
"""Parts of the card; their likelihoods are averaged."""


def graphs(net: SaxNet, recipe: Recipe, part: str) -> Iterator[Graph]:
    """The net on a clip of any length and size, with the share of the readers' convention of every frame."""
    axes = {0: "frames", 2: "rows", 3: "columns"}
    inputs = {
        "clip": torch.zeros(4, recipe.neighbours, recipe.size, recipe.size),
        CONVENTION: torch.zeros(4),
    }
    named = {"clip": axes, CONVENTION: {0: "frames"}, "logits": axes}
    one_clip = Exported(net, lambda net, clip, share: net(clip, 1, share))
    yield Graph(f"sax-{part}.onnx", one_clip, inputs, ("logits",), named, bits=8, folded=False)


def uses(recipe: Recipe, real: bool) -> bool:
    """Whether real, or virtual, stacks have a share in the clips."""
    return recipe.real_share > 0 if real else recipe.real_share < 1


def first_line(virtual: int, real: Sequence[str]) -> str:
    """What a reader of the numbers must know."""
    if not real:
        return "Trained on virtual hearts alone; on no real picture."
    people = sum(name.startswith("SC-") for name in real)
    of = [f"{people} Sunnybrook subjects"] if people else []
    of += ["one pig"] if any(name.startswith("pig") for name in real) else []
    of += ["drawn cavities without pictures"] if SUBJECT in real else []
    reviewed = sum(name.startswith(PREFIX) for name in real)
    of += [f"{reviewed} studies corrected by readers"] if reviewed else []
    of += ["virtual hearts"] if virtual else []
    joined = " and ".join(filter(None, [", ".join(of[:-1]), of[-1]]))
    end = "" if reviewed else "; on no other hospital"
    return f"Trained on {joined}{'' if virtual else ' alone'}{end}."


SOURCES = {
    "sunnybrook": (
        "Sunnybrook Cardiac Data, Radau et al. 2009, MIDAS Journal, CC0; masks shrunk by half a pixel"
    ),
    "pig": "Sunnybrook preclinical EP data set, CC0; automatic contours",
    SUBJECT: (
        "cavities of 335 patients of the Data Science Bowl 2015 as drawn by J. de Wit "
        "(juliandewit/kaggle_ndsb2, Apache-2.0), in made pictures"
    ),
    "reviewed": "studies corrected by readers with lvcine review, the user's own",
}
_NAMED = {"sunnybrook": "SC-", "pig": "pig", SUBJECT: SUBJECT, "reviewed": PREFIX}


def sources(real: Sequence[str]) -> Mapping[str, str]:
    """Where the real stacks are from, by their subjects' names."""
    there = (key for key, begins in _NAMED.items() if any(name.startswith(begins) for name in real))
    return {key: SOURCES[key] for key in there}


TASK = Task(
    name="sax",
    recipes=RECIPES,
    parts=dict.fromkeys(MEMBERS, "member"),
    ensemble=True,
    item=LabelledStudy,
    make=make,
    real=real_stacks,
    reviewed=reviewed_stacks,
    split=SUNNYBROOK,
    uses=uses,
    build=SaxNet,
    sampler=Sampler,
    loss=loss,
    check=check,
    schedule=lambda r: Schedule(r.steps, r.learning_rate, r.weight_decay, r.ema),
    fast=lambda r: r.size > 32 and fast_half(device()),
    graphs=graphs,
    shipped=shipped,
    ready=ready,
    card=CardText(
        first_line=first_line,
        intended_use=(
            "Research: LV cavity and myocardium in every frame of a short-axis bSSFP cine, any vendor."
        ),
        known_failures=(
            "Basal slices at end-systole, where the atrium has come down, may still be outlined.",
            "The last apical slice may be lost or kept against a reader's judgement.",
            "No dark-blood, late-enhancement, perfusion or velocity images.",
        ),
        input=lambda recipe: {
            "axes": ["frame", "channel", "row", "column"],
            "spacing_mm": recipe.spacing_mm,
            "size": [recipe.size, recipe.size],
            "channels": ["next slice towards the base", "the slice", "next slice towards the apex"],
            "normalisation": "lvcine.systems.sax.prepare: percentiles 1 and 99 of the clip to 0 and 1",
        },
        labels={
            "0": "background",
            "1": "cavity (papillary muscles inside)",
            "2": "myocardium",
            "3": "RV cavity (learned from virtual hearts only)",
        },
        data=sources,
        see="docs/evidence/results.md",
    ),
)
