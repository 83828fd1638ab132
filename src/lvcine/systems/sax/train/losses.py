"""Losses that know what was not labelled."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lvcine.systems.sax.recipe import Recipe
from lvcine.systems.sax.train.sample import REAL, Batch
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED

SMALL = 6.0
"""Pixels added to either side of a frame's Dice: a cavity of a few pixels, as at ES near the apex, counts
nearly like any other."""


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """:func:`partial_loss` of what the net gives; it gets a flag for whose border to draw."""
    logits = net(batch.images.to(memory_format=torch.channels_last), batch.clips, drawn_by_readers(batch))
    return partial_loss(logits, batch.labels)


def drawn_by_readers(batch: Batch) -> Tensor:
    """1 for the frames (clips * frames,) of real scans, 0 for virtual ones."""
    real = ((batch.labels >= REAL) & (batch.labels != UNLABELLED)).reshape(batch.clips, -1).any(1)
    return real.float().repeat_interleave(len(batch.labels) // batch.clips)


def merged_log_probabilities(logits: Tensor, labels: Tensor) -> Tensor:
    """Log-probabilities (N, 4, Y, X) in which classes that a frame's labels do not distinguish are one.

    Where the RV was not labelled it is part of the background; where only the endocardium was,
    so is the myocardium.
    """
    logp = torch.log_softmax(logits.float(), 1)
    no_rv = torch.logaddexp(logp[:, 0], logp[:, 3])
    no_wall = torch.logaddexp(no_rv, logp[:, 2])
    outside = torch.where(labels >= REAL, no_rv, logp[:, 0])
    outside = torch.where(labels >= REAL + ENDO_ONLY, no_wall, outside)
    return torch.cat([outside[:, None], logp[:, 1:]], 1)


def partial_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy plus Dice loss of cavity and of the whole LV, over what was labelled.

    Parameters
    ----------
    logits : Tensor, shape (N, 4, Y, X)
    labels : Tensor of int64, shape (N, Y, X)
        With the codes ``UNLABELLED``, ``ENDO_ONLY`` and ``REAL``.
    """
    logp = merged_log_probabilities(logits, labels)
    known = labels != UNLABELLED
    plain = torch.where(known, labels % REAL % ENDO_ONLY, 0)
    nll = -logp.gather(1, plain[:, None])[:, 0]
    cross = (nll * known).sum() / known.sum().clamp(min=1)
    p = torch.exp(logp)
    cavity = dice_loss(p[:, 1], plain == 1, known)
    walled = known & (labels % REAL < ENDO_ONLY)
    return cross + 0.5 * cavity + 0.5 * dice_loss(p[:, 2], plain == 2, walled)


def dice_loss(p: Tensor, truth: Tensor, where: Tensor) -> Tensor:
    """1 - Dice over the batch's frames; each frame with something labelled counts alike."""
    p, t = p * where, (truth & where).float()
    both, either = (p * t).sum((1, 2)), (p + t).sum((1, 2))
    per_frame = 1 - (2 * both + SMALL) / (either + SMALL)
    seen = where.any(2).any(1)
    return (per_frame * seen).sum() / seen.sum().clamp(min=1)
