"""What the spatio-temporal CNN is trained to make small."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.systems.quantification.recipe import N_INDICES, Recipe
from lvcine.systems.quantification.train.sample import Batch

PHASE = 1.0
"""Weight of the phase's cross-entropy beside standardised indices in our recipe."""
MAPS = 6.0
"""Weight of the maps' cross-entropy, a mean over all pixels of which few are near a border."""


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """The printed loss with the printed optimiser, else ours."""
    found, logits = net(batch.frames)
    if recipe.optimiser == "sgd":
        return printed_loss(found.float(), batch)
    return our_loss(found.float(), logits.float(), batch)


def printed_loss(found: Tensor, batch: Batch) -> Tensor:
    """Eq. 1 without the regulariser, which is the optimiser's weight decay."""
    parts = []
    for part in (slice(0, 2), slice(2, 5), slice(5, N_INDICES)):
        error = found[..., part] - batch.numbers[..., part]
        parts.append(error[error.isfinite()].square().mean())
    return torch.stack(parts).sum() + _phase_loss(found, batch)


def our_loss(found: Tensor, logits: Tensor, batch: Batch) -> Tensor:
    """Every index and radius over its own spread; large errors count by their size, not by their square.

    Of the net with maps also whether each pixel lies inside, and the septum's direction.
    """
    indices = (found[..., :N_INDICES] - batch.numbers[..., :N_INDICES]) / batch.spread[:N_INDICES]
    loss = _robust(indices) + PHASE * _phase_loss(found, batch)
    if not logits.numel():
        return loss
    rest = (found[..., N_INDICES + 2 :] - batch.numbers[..., N_INDICES:]) / torch.cat(
        [batch.spread.new_full((2,), 0.3), batch.spread[N_INDICES + 2 :]]
    )
    known = batch.maps.isfinite()
    inside = F.binary_cross_entropy_with_logits(logits[known], batch.maps[known])
    return loss + _robust(rest) + MAPS * inside


def _robust(error: Tensor) -> Tensor:
    known = error[error.isfinite()]
    return F.smooth_l1_loss(known, torch.zeros_like(known), beta=0.2)


def _phase_loss(found: Tensor, batch: Batch) -> Tensor:
    known = batch.phase >= 0
    if not known.any():
        return found.new_zeros(())
    return F.cross_entropy(found[..., N_INDICES : N_INDICES + 2][known], batch.phase[known])
