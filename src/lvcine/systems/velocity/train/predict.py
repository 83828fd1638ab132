"""The wall that a net in training finds in a slice, and how well."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lvcine.localise.postprocess import keep_one
from lvcine.measure.agreement import dice
from lvcine.study import F32, Bools
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.systems.velocity.prepare import as_input, fitting
from lvcine.systems.velocity.recipe import Recipe
from lvcine.systems.velocity.train.data import SLICES, SPACING_MM, LabelledSlice


def check(net: nn.Module, slices: Sequence[LabelledSlice], recipe: Recipe) -> dict[str, float]:
    """Dice of the wall, mean over one slice of every subject."""
    chosen = [slices[k] for k in range(0, len(slices), SLICES)]
    return {"dice": float(np.mean([dice(find_wall(net, s, recipe), s.labels == MYOCARDIUM) for s in chosen]))}


def find_wall(net: nn.Module, one: LabelledSlice, recipe: Recipe, *, postprocessed: bool = True) -> Bools:
    """The wall (T, Y, X) by a net in eval mode, the connected heart alone where it is ``postprocessed``.

    A net of a recipe with ``reach`` is given the window that fits the true heart.
    """
    p = _likelihood(net, one, recipe)
    best = p.argmax(1)
    if p.shape[1] == 2:
        return np.asarray(best == 1)
    wall = best == MYOCARDIUM
    if not postprocessed:
        return np.asarray(wall)
    middle = ((wall.shape[1] - 1) / 2.0, (wall.shape[2] - 1) / 2.0)
    if recipe.reach:
        middle = float(one.heart[0]), float(one.heart[1])
    whole = [keep_one(frame[CAVITY], frame[MYOCARDIUM], middle, SPACING_MM) for frame in p]
    return np.asarray(wall & np.stack(whole))


def _likelihood(net: nn.Module, one: LabelledSlice, recipe: Recipe) -> F32:
    """Of the classes, (T, classes, Y, X)."""
    if not recipe.reach:
        return _through(net, one.magnitude, one.velocity_cm_s)
    y, x, radius = (float(v) for v in one.heart)
    window = fitting((y, x, radius), recipe.reach, recipe.size)
    p = _through(net, window.resample(one.magnitude), window.resample_nearest(one.velocity_cm_s))
    shape = (int(one.labels.shape[-2]), int(one.labels.shape[-1]))
    back = [window.resample_to_scan(q, shape, float(k == 0)) for frame in p for k, q in enumerate(frame)]
    return np.stack(back).reshape(*p.shape[:2], *shape)


@torch.no_grad()
def _through(net: nn.Module, magnitude: NDArray[np.generic], velocity_cm_s: NDArray[np.generic]) -> F32:
    pictures = torch.from_numpy(as_input(magnitude, velocity_cm_s))[None].to(next(net.parameters()).device)
    return np.asarray(net(pictures)[0].float().softmax(1).cpu().numpy())
