"""Overlap with the labels, and steadiness from frame to frame."""

from __future__ import annotations

import torch
from torch import Tensor

SMOOTH = 1.0
"""Pixels; keeps the overlap of two empty structures at 1."""


def overlap(p: Tensor, q: Tensor) -> Tensor:
    """Soft Dice (...,) of two likelihoods (..., Y, X).

    Examples
    --------
    >>> round(float(overlap(torch.ones(4, 4), torch.ones(4, 4))), 3)
    1.0
    """
    both = 2 * (p * q).sum((-2, -1)) + SMOOTH
    return both / ((p * p).sum((-2, -1)) + (q * q).sum((-2, -1)) + SMOOTH)


def dice_loss(p: Tensor, labels: Tensor) -> Tensor:
    """1 - Dice, mean over clips, labelled frames and structures.

    Parameters
    ----------
    p : Tensor, shape (clips, frames, classes, Y, X)
    labels : Tensor of int64, shape (clips, frames, Y, X)
        Frames of -1 are not labelled.
    """
    known = (labels >= 0).all(-1).all(-1)
    truth = torch.nn.functional.one_hot(labels.clamp(min=0), p.shape[2]).permute(0, 1, 4, 2, 3)
    per_frame = (1 - overlap(p[:, :, 1:], truth[:, :, 1:].to(p.dtype))).mean(-1)
    return (per_frame * known).sum() / known.sum().clamp(min=1)


def temporal_loss(p: Tensor, cut: float) -> Tensor:
    """Mean over consecutive frames of max(0, D - cut), D = 1 - Dice of their likelihoods.

    With the overlap itself for D, as printed, flicker would be rewarded.
    """
    if p.shape[1] < 2:
        return p.new_zeros(())
    change = 1 - overlap(p[:, 1:, 1:], p[:, :-1, 1:])
    return (change - cut).clamp(min=0).mean()


def echo_loss(logits: Tensor, labels: Tensor, dice: float, temporal: float, cut: float) -> Tensor:
    """The paper's loss, and half a cross-entropy (ours), which alone tells background from nothing.

    The temporal part weighs nothing for a net that sees single frames (``temporal`` 0).
    """
    p = logits.float().softmax(2)
    known = labels >= 0
    cross = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), labels.clamp(min=0).flatten(0, 1), reduction="none"
    ).unflatten(0, labels.shape[:2])
    cross = (cross * known).sum() / known.sum().clamp(min=1)
    steady = temporal * temporal_loss(p, cut) if temporal else p.new_zeros(())
    return dice * dice_loss(p, labels) + steady + 0.5 * cross
