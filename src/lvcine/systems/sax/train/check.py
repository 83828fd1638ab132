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


def check(net: nn.Module, studies: Sequence[LabelledStudy], recipe: Recipe) -> dict[str, float]:
    """Mean Dice per frame: endocardium and, where labelled, epicardium; lost frames count 0.

    Of the real stacks where there are any, of the virtual ones otherwise. Without real pictures in the
    training there are none in the choice of its weights either: no ``score`` then.
    """
    real = [study for study in studies if side_of(study.name) is None]
    scores: dict[str, list[float]] = {"endo": [], "epi": []}
    for study in real or studies:
        pixels, labels = crop(study, recipe.size)
        for z in range(len(pixels)):
            for found, reference in zip(predict(net, pixels, z), labels[z], strict=True):
                if (reference == UNLABELLED).all():
                    continue
                plain = reference % ENDO_ONLY
                scores["endo"].append(dice(found == 1, plain == 1))
                if reference.max() < ENDO_ONLY:
                    scores["epi"].append(dice(np.isin(found, (1, 2)), np.isin(plain, (1, 2))))
    means = {k: round(float(np.nanmean(v)), 4) for k, v in scores.items() if v}
    chooses = not real or recipe.real_share > 0
    return means | ({"score": float(np.mean(list(means.values())))} if means and chooses else {})


def crop(study: LabelledStudy, size: int) -> tuple[U8, U8]:
    """Pixels and labels cut to size x size around the middle of the labelled LV."""
    lv = (study.labels != UNLABELLED) & np.isin(study.labels % ENDO_ONLY, (1, 2))
    ys, xs = np.nonzero(lv.any((0, 1)))
    pad = [(0, 0), (0, 0), (size, size), (size, size)]
    y, x = int(ys.mean()) + size // 2, int(xs.mean()) + size // 2
    window = (..., slice(y, y + size), slice(x, x + size))
    return np.pad(study.pixels, pad)[window], np.pad(study.labels, pad)[window]


def predict(net: nn.Module, pixels: U8, z: int) -> U8:
    """Labels (T, Y, X) of slice z of a stack."""
    where = next(net.parameters()).device
    clip = torch.from_numpy(normalise(with_neighbours(pixels, z))).to(where)
    return np.asarray(net(clip, 1).argmax(1).byte().cpu().numpy())
