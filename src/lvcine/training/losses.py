"""Losses that know what was not drawn."""

from __future__ import annotations

import torch
from torch import Tensor

from lvcine.training.sampler import REAL
from lvcine.training.sunnybrook import ENDO_ONLY, UNLABELLED


def merged_log_probabilities(logits: Tensor, labels: Tensor) -> Tensor:
    """Log-probabilities (N, 4, Y, X) in which classes that a frame does not tell apart are one.

    Where the RV was not drawn it is part of the background; where only the endocardium was
    drawn, so is the myocardium.
    """
    logp = torch.log_softmax(logits.float(), 1)
    no_rv = torch.logaddexp(logp[:, 0], logp[:, 3])
    no_wall = torch.logaddexp(no_rv, logp[:, 2])
    outside = torch.where(labels >= REAL, no_rv, logp[:, 0])
    outside = torch.where(labels >= REAL + ENDO_ONLY, no_wall, outside)
    return torch.cat([outside[:, None], logp[:, 1:]], 1)


def partial_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy plus Dice loss of cavity and of the whole LV, over what was drawn.

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
    """1 - Dice over the batch's frames; each frame with something drawn counts alike."""
    p, t = p * where, (truth & where).float()
    both, either = (p * t).sum((1, 2)), (p + t).sum((1, 2))
    per_frame = 1 - (2 * both + 20.0) / (either + 20.0)
    seen = where.any(2).any(1)
    return (per_frame * seen).sum() / seen.sum().clamp(min=1)
