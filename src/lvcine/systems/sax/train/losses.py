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

AWAY = 0.85
"""Share of the largest cavity of a clip; above it a frame counts as ED."""


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """:func:`partial_loss` of what the net gives, which is told whose border it is to draw."""
    logits = net(batch.images.to(memory_format=torch.channels_last), batch.clips, drawn_by_readers(batch))
    return partial_loss(logits, batch.labels)


def drawn_by_readers(batch: Batch) -> Tensor:
    """1 for the frames (clips * frames,) of real scans away from ED, 0 for the others.

    At ED readers and the virtual hearts' labels agree. At ES the readers of the real scans go on drawing
    around all trabeculae, pressed together or not.
    """
    real = ((batch.labels >= REAL) & (batch.labels != UNLABELLED)).flatten(1).any(1)
    return (real & away_from_ed(batch.labels, batch.clips)).float()


def away_from_ed(labels: Tensor, clips: int) -> Tensor:
    """Frames (clips * frames,) whose labelled cavity is smaller than :data:`AWAY` of the largest of its clip.

    A single frame is away from ED where the endocardium alone was drawn.
    """
    frames = len(labels) // clips
    known = labels != UNLABELLED
    if frames == 1:
        return ((labels % REAL >= ENDO_ONLY) & known).flatten(1).any(1)
    cavity = (known & (labels % REAL % ENDO_ONLY == 1)).flatten(1).sum(1).reshape(clips, frames)
    return (cavity < AWAY * cavity.amax(1, keepdim=True)).flatten()


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
