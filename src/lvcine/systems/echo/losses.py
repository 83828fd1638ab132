"""Overlap with the labels, and steadiness from frame to frame."""

from __future__ import annotations

import torch
from torch import Tensor

LV_ONLY = 16
"""Added to the labels of frames in which the left ventricle alone was traced."""
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
        Frames of -1 are not labelled; in those of :data:`LV_ONLY` the ventricle alone counts.
    """
    known = (labels >= 0).all(-1).all(-1)
    plain = labels.clamp(min=0) % LV_ONLY
    truth = torch.nn.functional.one_hot(plain, p.shape[2]).permute(0, 1, 4, 2, 3)
    lost = 1 - overlap(p[:, :, 1:], truth[:, :, 1:].to(p.dtype))
    per_frame = torch.where(_lv_only(labels), lost[:, :, 0], lost.mean(-1))
    return (per_frame * known).sum() / known.sum().clamp(min=1)


def _lv_only(labels: Tensor) -> Tensor:
    """Frames (clips, frames) of which only the ventricle is known."""
    return (labels >= LV_ONLY).any(-1).any(-1)


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
    plain = labels.clamp(min=0) % LV_ONLY
    cross = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), plain.flatten(0, 1), reduction="none"
    ).unflatten(0, labels.shape[:2])
    ventricle = p[:, :, 1].clamp(1e-6, 1 - 1e-6)
    alone = -torch.where(plain == 1, ventricle, 1 - ventricle).log()
    cross = torch.where(_lv_only(labels)[..., None, None], alone, cross)
    cross = (cross * known).sum() / known.sum().clamp(min=1)
    steady = temporal * temporal_loss(p, cut) if temporal else p.new_zeros(())
    return dice * dice_loss(p, labels) + steady + 0.5 * cross
