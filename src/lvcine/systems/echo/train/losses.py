"""Overlap with the labels, and steadiness from frame to frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lvcine.systems.echo.recipe import Loss, Recipe
from lvcine.systems.echo.train.data import LV_ONLY
from lvcine.systems.echo.train.sample import Batch

SMOOTH = 1.0
"""Pixels; keeps the overlap of two empty structures at 1."""
SEEN = 50
"""Pixels of a ventricle that is in the picture."""
VIEW = 0.1
"""Weight of the view's cross-entropy."""


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """The loss of the labels, and the view's."""
    logits, view, _ = net(batch.images, batch.flag)
    views = batch.views.repeat_interleave(batch.images.shape[1])
    guess = nn.functional.cross_entropy(view.float().flatten(0, 1), views)
    return segmentation_loss(logits, batch.labels, recipe.loss) + VIEW * guess


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
    lost = 1 - overlap(p[:, :, 1:], _structures(labels, p))
    per_frame = torch.where(_lv_only(labels), lost[:, :, 0], lost.mean(-1))
    return (per_frame * known).sum() / known.sum().clamp(min=1)


def _lv_only(labels: Tensor) -> Tensor:
    """Frames (clips, frames) of which only the ventricle is known."""
    return (labels >= LV_ONLY).any(-1).any(-1)


def temporal_loss(p: Tensor, cut: float, labels: Tensor | None = None) -> Tensor:
    """Mean over consecutive frames of max(0, D - cut), D = 1 - Dice of their likelihoods.

    With the overlap itself for D, as printed, flicker would be rewarded. Where ``labels`` (clips, frames,
    Y, X) are given, frames may also change by as much as these do (ours): as printed, a strong beat costs as
    much as flicker does, and a net learns to predict it weaker than it is.
    """
    if p.shape[1] < 2:
        return p.new_zeros(())
    change = 1 - overlap(p[:, 1:, 1:], p[:, :-1, 1:])
    return (change - cut - (_true_change(labels, p) if labels is not None else 0.0)).clamp(min=0).mean()


def _true_change(labels: Tensor, p: Tensor) -> Tensor:
    """1 - Dice (clips, frames - 1, structures) of consecutive labels; 0 where one of them is not known."""
    truth = _structures(labels, p)
    known = (labels >= 0).all(-1).all(-1) & ~_lv_only(labels)
    return (1 - overlap(truth[:, 1:], truth[:, :-1])) * (known[:, 1:] & known[:, :-1])[..., None]


def area_loss(p: Tensor, labels: Tensor) -> Tensor:
    """|log(area / true area)| of the ventricle, mean over labelled frames in which it is seen (ours).

    A border in doubt is predicted where most hearts have it: small cavities too large, large ones too small,
    EF too low. Overlap hardly minds, as it does not know that all errors of a frame point one way.
    """
    here = (labels >= 0).all(-1).all(-1)
    truth = (labels.clamp(min=0) % LV_ONLY == 1).sum((-2, -1)).to(p.dtype)
    seen = here & (truth >= SEEN)
    predicted = p[:, :, 1].sum((-2, -1))
    off = (torch.log(predicted + SEEN) - torch.log(truth + SEEN)).abs()
    return (off * seen).sum() / seen.sum().clamp(min=1)


def _structures(labels: Tensor, p: Tensor) -> Tensor:
    """Labels as likelihoods (clips, frames, structures, Y, X), without background."""
    plain = labels.clamp(min=0) % LV_ONLY
    truth = nn.functional.one_hot(plain, p.shape[2]).permute(0, 1, 4, 2, 3)
    return truth[:, :, 1:].to(p.dtype)


def segmentation_loss(logits: Tensor, labels: Tensor, weights: Loss) -> Tensor:
    """The paper's loss, and half a cross-entropy (ours), which alone separates background from nothing.

    The temporal part weighs nothing for a net that sees single frames (``temporal`` 0).
    """
    p = logits.float().softmax(2)
    known = labels >= 0
    plain = labels.clamp(min=0) % LV_ONLY
    cross = nn.functional.cross_entropy(
        logits.float().flatten(0, 1), plain.flatten(0, 1), reduction="none"
    ).unflatten(0, labels.shape[:2])
    ventricle = p[:, :, 1].clamp(1e-6, 1 - 1e-6)
    alone = -torch.where(plain == 1, ventricle, 1 - ventricle).log()
    cross = torch.where(_lv_only(labels)[..., None, None], alone, cross)
    cross = (cross * known).sum() / known.sum().clamp(min=1)
    lost = weights.dice * dice_loss(p, labels) + 0.5 * cross
    if weights.temporal:
        lost = lost + weights.temporal * temporal_loss(p, weights.cut, labels if weights.moving else None)
    return lost + weights.area * area_loss(p, labels) if weights.area else lost
