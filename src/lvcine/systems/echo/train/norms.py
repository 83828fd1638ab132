"""Batch norms of a net that goes on from another: counted once, then held (``EchoNet.norms_held``).

Two clips a step, all the memory allows on two cores, are too few and too alike to count means and spreads on.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from lvcine.systems.echo.train.net import EchoNet
from lvcine.training.fit import fast_half

COUNTED = 12
"""Batches on which norms of changed levels are counted."""


@torch.no_grad()
def count_norms(net: EchoNet, batches: Iterable[Tensor]) -> None:
    """Mean and spread of what the levels put out that changed; the other norms keep theirs.

    Parameters
    ----------
    net : EchoNet
    batches : iterable of Tensor, shape (clips, frames, 1, Y, X)
        Not looked at where no level changed.
    """
    net.eval()
    new = net.fresh
    for norm in new:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    if new:
        for x in batches:
            with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=fast_half(x.device.type)):
                net(x, torch.full((len(x),), 0.5, device=x.device))
    for norm in new:
        norm.momentum = 0.1
