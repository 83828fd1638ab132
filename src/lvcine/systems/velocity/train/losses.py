"""Cross-entropy, Dice and Dice-IoU (eq. 3 to 6 of the paper), over the classes that are not background."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.errors import UsageError
from lvcine.systems.velocity.recipe import Recipe
from lvcine.systems.velocity.train.sample import Batch

SMOOTH = 1.0
"""Laplace's; its size is not printed."""


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """The recipe's loss of what a net predicts."""
    return loss_of(recipe.loss, net(batch.images).float(), batch.labels)


def loss_of(name: str, logits: Tensor, labels: Tensor) -> Tensor:
    """The loss of that name.

    Parameters
    ----------
    name : {"cross-entropy", "dice", "dice-iou", "both"}
    logits : Tensor, shape (N, T, classes, Y, X)
    labels : Tensor of int64, shape (N, T, Y, X)

    Raises
    ------
    UsageError
        No such loss.
    """
    entropy = F.cross_entropy(logits.flatten(0, 1), labels.flatten(0, 1))
    if name == "cross-entropy":
        return entropy
    if name == "dice":
        return overlaps(logits, labels)[0].mean()
    if name == "dice-iou":
        return dice_iou(logits, labels)
    if name == "both":
        return entropy + dice_iou(logits, labels)
    raise UsageError(f"no loss is called {name!r}", advice="one of cross-entropy, dice, dice-iou, both")


def dice_iou(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean of Dice loss times IoU loss (eq. 5); the IoU term is 1 - IoU, as eq. 6 writes it."""
    dice, iou = overlaps(logits, labels)
    return (dice * iou).mean()


def overlaps(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """1 - Dice and 1 - IoU, smoothed, of each clip and class but the background, (N, classes - 1) each."""
    p = torch.softmax(logits, 2)[:, :, 1:]
    truth = F.one_hot(labels, logits.shape[2]).movedim(-1, 2)[:, :, 1:].to(p.dtype)
    both, found, there = (v.sum((1, 3, 4)) for v in (p * truth, p, truth))
    dice = 1 - (2 * both + SMOOTH) / (found + there + SMOOTH)
    iou = 1 - (both + SMOOTH) / (found + there - both + SMOOTH)
    return dice, iou
