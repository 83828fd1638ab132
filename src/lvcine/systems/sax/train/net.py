"""2-D U-Net whose deep levels look over the heart cycle.

Input per frame: the slice with its two neighbours towards base and apex as channels, so the
net sees where the stack is; deep levels see all frames of the clip. Output: logits of
background, cavity, myocardium and RV cavity.

Readers draw the same border in different places. In training the net gets a flag where a frame was drawn by
the readers of the real scans, who draw the endocardium farther out than others; without it, it draws by the
convention of the virtual hearts (:func:`lvcine.phantom.labels.reader_labels`). In use it gets a share of that
flag for every frame (:func:`lvcine.systems.sax.convention.share_of`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lvcine.systems.sax.recipe import Recipe
from lvcine.training.blocks import ConvBlock, OverTheCycle


class SaxNet(nn.Module):
    """The net of :class:`~lvcine.systems.sax.recipe.Recipe`.

    Examples
    --------
    >>> from lvcine.systems.sax.recipe import TINY
    >>> SaxNet(TINY)(torch.zeros(4, 3, 32, 32), clips=2).shape
    torch.Size([4, 4, 32, 32])
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        widths = recipe.widths
        inputs = (recipe.neighbours, *widths[:-1])
        self.down = nn.ModuleList(
            ConvBlock(i, o, instance=level < recipe.instance_levels)
            for level, (i, o) in enumerate(zip(inputs, widths, strict=True))
        )
        self.cycle = nn.ModuleList(OverTheCycle(w) for w in widths[-2:])
        self.up = nn.ModuleList(
            ConvBlock(lo + hi, hi) for lo, hi in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        # What is added to a level's features for the readers of the real scans.
        self.readers = nn.ParameterList(
            nn.Parameter(torch.zeros(lo + hi)) for lo, hi in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], recipe.classes, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor, clips: int = 1, real: Tensor | None = None) -> Tensor:
        """(clips * frames, 3, Y, X) -> logits (clips * frames, 4, Y, X); Y, X multiples of 16.

        ``real`` (clips * frames,): 1 for frames to be drawn as the readers of the real scans do, 0 for the
        virtual hearts' convention, a share for what lies between; 0 where it is not given.
        """
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.pool(x))  # Y, X halve at each level
            from_bottom = len(self.down) - 1 - level
            if from_bottom < 2:
                x = self.cycle[1 - from_bottom](x, clips)
            skips.append(x)
        x = skips.pop()
        for block, readers in zip(self.up, self.readers, strict=True):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = torch.cat([x, skips.pop()], 1)
            if real is not None:
                x = x + real[:, None, None, None] * readers[:, None, None]
            x = block(x)
        return self.head(x)
