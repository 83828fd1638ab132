"""Batch norms of a net that goes on from another: counted once, then held (``EchoNet.norms_held``).

Two clips a step, all the memory allows on two cores, are too few and too alike to count means and spreads on.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from lvcine.systems.echo.train.net import EchoNet

COUNTED = 12
"""Batches on which the memories' norms are counted."""


@torch.no_grad()
def count_norms(net: EchoNet, batches: Iterable[Tensor]) -> None:
    """Mean and spread of what the memories put out; the other norms keep theirs.

    Parameters
    ----------
    net : EchoNet
    batches : iterable of Tensor, shape (clips, frames, 1, Y, X)
        Not looked at where there is no memory.
    """
    net.eval()
    new = [block.norm for block in net.down if isinstance(block.norm, nn.BatchNorm2d)]
    for norm in new:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    if new:
        for x in batches:
            with torch.autocast(x.device.type, dtype=torch.bfloat16):
                net(x, torch.full((len(x),), 0.5, device=x.device))
    for norm in new:
        norm.momentum = 0.1
