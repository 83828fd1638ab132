"""How far a curve is from its target, and how often it runs the wrong way."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lvcine.systems.frames.recipe import Recipe
from lvcine.systems.frames.train.sample import Batch


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """Eq. 1: the regression loss and ``beta`` times the temporal structured loss."""
    found = net(batch.images, closed=batch.closed).float()
    off = regression_loss(found, batch.target, batch.known)
    wrong_way = temporal_structured_loss(found, batch.target, batch.known, closed=batch.closed)
    return off + recipe.beta * wrong_way


def regression_loss(found: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Mean squared difference over the frames that have a target; all (clips, frames)."""
    off = torch.where(known, found - target, torch.zeros_like(found))
    return (off**2).sum() / known.sum().clamp(min=1)


def temporal_structured_loss(found: Tensor, target: Tensor, known: Tensor, *, closed: bool) -> Tensor:
    """Half of what rises where it must fall and of what falls where it must rise (eq. 5 to 7).

    Parameters
    ----------
    found, target : Tensor, shape (clips, frames)
    known : Tensor of bool, shape (clips, frames)
        Where the target is one.
    closed : bool
        The last frame's neighbour is the first: that pair belongs to the sums of a gated cine.
    """
    step = torch.roll(found, -1, 1) - found
    must = torch.roll(target, -1, 1) - target
    both = known & torch.roll(known, -1, 1)
    if not closed:
        both = both & (torch.arange(found.shape[1], device=found.device) < found.shape[1] - 1)
    falling_back = torch.relu(-step) * (must > 0)
    rising_back = torch.relu(step) * (must < 0)
    wrong = torch.where(both, falling_back + rising_back, torch.zeros_like(found))
    return 0.5 * wrong.sum() / both.sum().clamp(min=1)
