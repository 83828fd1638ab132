"""How well a net does on the stacks that choose between nets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from lvcine.measure.agreement import dice
from lvcine.study import U8
from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.recipe import Recipe
from lvcine.training.items import side_of
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED, LabelledStudy

FEW = 10
"""Virtual stacks that choose: as many pictures as the real ones have, some 20 s on two cores."""


def check(net: nn.Module, studies: Sequence[LabelledStudy], recipe: Recipe) -> dict[str, float]:
    """Mean Dice per frame of endocardium and, where labelled, epicardium; a lost or false one counts 0.

    Real and virtual stacks apart, each drawn as its own readers do. Without real pictures in the training
    there are none in the choice of its weights either: ``score`` is of the virtual ones alone then.
    """
    kinds: dict[str, list[LabelledStudy]] = {"real": [], "virtual": []}
    for study in studies:
        kinds["real" if side_of(study.name) is None else "virtual"].append(study)
    kinds["virtual"] = kinds["virtual"][:FEW]
    found = {kind: _dice(net, some, recipe, real=kind == "real") for kind, some in kinds.items() if some}
    chosen = [of for kind, of in found.items() if kind == "virtual" or recipe.real_share > 0]
    score = {"score": float(np.mean([v for of in chosen for v in of.values()]))} if chosen else {}
    return {f"{kind}_{name}": value for kind, of in found.items() for name, value in of.items()} | score


def _dice(
    net: nn.Module, studies: Sequence[LabelledStudy], recipe: Recipe, *, real: bool
) -> dict[str, float]:
    scores: dict[str, list[float]] = {"endo": [], "epi": []}
    for study in studies:
        pixels, labels = crop(study, recipe.size)
        for z in range(len(pixels)):
            for found, reference in zip(predict(net, pixels, z, real=real), labels[z], strict=True):
                if (reference == UNLABELLED).all():
                    continue
                plain = reference % ENDO_ONLY
                scores["endo"].append(dice(found == 1, plain == 1))
                if reference.max() < ENDO_ONLY:
                    scores["epi"].append(dice(np.isin(found, (1, 2)), np.isin(plain, (1, 2))))
    return {k: round(float(np.nanmean(v)), 4) for k, v in scores.items() if v}


def crop(study: LabelledStudy, size: int) -> tuple[U8, U8]:
    """Pixels and labels cut to size x size around the middle of the labelled LV."""
    lv = (study.labels != UNLABELLED) & np.isin(study.labels % ENDO_ONLY, (1, 2))
    ys, xs = np.nonzero(lv.any((0, 1)))
    pad = [(0, 0), (0, 0), (size, size), (size, size)]
    y, x = int(ys.mean()) + size // 2, int(xs.mean()) + size // 2
    window = (..., slice(y, y + size), slice(x, x + size))
    return np.pad(study.pixels, pad)[window], np.pad(study.labels, pad)[window]


def predict(net: nn.Module, pixels: U8, z: int, *, real: bool = False) -> U8:
    """Labels (T, Y, X) of slice z of a stack, drawn as the readers of the real scans do where it is one."""
    where = next(net.parameters()).device
    clip = torch.from_numpy(normalise(with_neighbours(pixels, z))).to(where)
    readers = torch.ones(len(clip), device=where) if real else None
    return np.asarray(net(clip, 1, readers).argmax(1).byte().cpu().numpy())
