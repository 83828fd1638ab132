"""Cross-entropy, Dice and Dice-IoU by hand."""

import numpy as np
import pytest
import torch

from lvcine.errors import UsageError
from lvcine.systems.velocity.train.losses import SMOOTH, loss_of


def test_losses_are_those_of_the_paper():
    labels = torch.zeros(1, 1, 2, 2).long()
    labels[0, 0, 0] = 1
    likely = torch.tensor([[0.9, 0.9], [0.2, 0.2]])  # of class 1
    logits = torch.stack([torch.log(1 - likely), torch.log(likely)])[None, None]
    both, found, there = 1.8, 2.2, 2.0
    dice = 1 - (2 * both + SMOOTH) / (found + there + SMOOTH)
    iou = 1 - (both + SMOOTH) / (found + there - both + SMOOTH)
    entropy = -(2 * np.log(0.9) + 2 * np.log(0.8)) / 4
    assert float(loss_of("dice", logits, labels)) == pytest.approx(dice, abs=1e-5)
    assert float(loss_of("dice-iou", logits, labels)) == pytest.approx(dice * iou, abs=1e-5)
    assert float(loss_of("cross-entropy", logits, labels)) == pytest.approx(entropy, abs=1e-5)
    assert float(loss_of("both", logits, labels)) == pytest.approx(entropy + dice * iou, abs=1e-5)
    with pytest.raises(UsageError):
        loss_of("hinge", logits, labels)
