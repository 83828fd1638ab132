"""The net of the paper: ResNet-56 features, circular ConvLSTM at two levels, deconvolution.

Zhang et al., "A multi-level convolutional LSTM model for the segmentation of left ventricle
myocardium in infarcted porcine cine MR images" (ISBI 2018, arXiv:1811.06051). One class
serves the three rows of its Table 1: without memory the CNN alone; memory at the low level; at both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from lvcine.training.convlstm import ConvLSTM


@dataclass(frozen=True)
class Paper:
    """The multi-level circular ConvLSTM of the paper, and what it leaves open.

    Attributes
    ----------
    filters : ResNet-56's own numbers at full, half and quarter resolution (He et al. 2016, section 4.2).
    units : residual units a stage; 6 * 9 + 2 = 56 layers.
    hidden : filters of the ConvLSTM at half and quarter resolution; not printed. Ours, because the
        recurrent part then costs a tenth of the ResNet.
    memory : 0 the CNN alone, 1 ConvLSTM at the low level alone, 2 at both.
    classes : background, cavity, myocardium; the paper has myocardium alone.
    spacing_mm : pixel; printed.
    field : rows and columns of the centre crop at that spacing; printed.
    size : rows and columns around the LV; the paper's "set margin" is not printed. Ours: 96 mm hold
        a pig's LV of up to 75 mm, and are a multiple of 16.
    frames : of a clip in training; printed (N = 25).
    """

    filters: tuple[int, int, int] = (16, 32, 64)
    units: int = 9
    hidden: tuple[int, int] = (8, 16)
    memory: int = 2
    classes: int = 3
    spacing_mm: float = 1.0
    field: int = 184
    size: int = 96
    frames: int = 25


PAPER = Paper()
PAPER_TINY = replace(PAPER, filters=(4, 4, 8), units=1, hidden=(4, 4), size=32, frames=5)
"""Learns a moving disc in seconds; for the tests."""


class Unit(nn.Module):
    """Residual building unit: twice convolution 3x3 and norm, the input added before the last ReLU."""

    def __init__(self, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, filters, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.second = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != filters:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.first(x)))
        return torch.relu(self.norm2(self.second(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """Convolution, then three stages of units; 9 units a stage make the 56 layers of ResNet-56.

    6 * 9 convolutions in units, one before them, and the classifier's, for which the deconvolutions
    stand here (He et al. 2016, doi:10.1109/CVPR.2016.90, section 4.2).
    """

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        full, half, quarter = paper.filters
        self.first = nn.Sequential(
            nn.Conv2d(1, full, 3, padding=1, bias=False), nn.BatchNorm2d(full), nn.ReLU()
        )
        self.stage1 = _stage(full, full, paper.units, stride=1)
        self.stage2 = _stage(full, half, paper.units, stride=2)
        self.stage3 = _stage(half, quarter, paper.units, stride=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, Y, X) -> features at 1/2 (N, 32, Y/2, X/2) and at 1/4 (N, 64, Y/4, X/4)."""
        high = self.stage2(self.stage1(self.first(x)))
        return high, self.stage3(high)


class CircularNet(nn.Module):
    """ResNet-56 with memory at the levels of ``paper.memory``.

    Examples
    --------
    >>> from lvcine.papers.sax.circular import PAPER_TINY
    >>> CircularNet(PAPER_TINY)(torch.zeros(2 * 5, 1, 16, 16), clips=2).shape
    torch.Size([10, 3, 16, 16])
    """

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self.held = False
        _, half, quarter = paper.filters
        high, low = paper.hidden
        self.memory_levels = paper.memory
        self.features = ResNet(paper)
        self.low_memory = ConvLSTM(quarter, low, circular=True) if paper.memory >= 1 else None
        self.high_memory = ConvLSTM(half, high, circular=True) if paper.memory == 2 else None
        low_out = low if paper.memory >= 1 else quarter
        # One level (Table 1, middle column): the low resolution is all that there is.
        high_out = {0: half, 1: 0, 2: high}[paper.memory]
        self.up_low = nn.ConvTranspose2d(low_out, half, 4, stride=2, padding=1)
        self.up_high = nn.ConvTranspose2d(half + high_out, paper.filters[0], 4, stride=2, padding=1)
        self.logits = nn.Conv2d(paper.filters[0], paper.classes, 1)

    def forward(self, x: Tensor, clips: int = 1) -> Tensor:
        """(clips * frames, 1, Y, X) -> logits (clips * frames, 3, Y, X); Y, X multiples of 4."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.held):
            high, low = self.features(x)
        return self.decode(high, low, clips)

    def hold_features(self) -> None:
        """Train no part of the ResNet any more, its norms' running means included."""
        self.features.requires_grad_(False)
        self.held = True
        self.train(self.training)

    def train(self, mode: bool = True) -> CircularNet:
        super().train(mode)
        if self.held:
            self.features.eval()
        return self

    def decode(self, high: Tensor, low: Tensor, clips: int) -> Tensor:
        """Features of the ResNet -> logits; what is trained when the ResNet stands still."""
        if self.low_memory is not None:
            low = _over_cycle(self.low_memory, low, clips)
        up = torch.relu(self.up_low(low))
        if self.memory_levels != 1:
            if self.high_memory is not None:
                high = _over_cycle(self.high_memory, high, clips)
            up = torch.cat([up, high], 1)
        return self.logits(torch.relu(self.up_high(up)))


def _stage(inputs: int, filters: int, units: int, stride: int) -> nn.Sequential:
    first = Unit(inputs, filters, stride)
    return nn.Sequential(first, *(Unit(filters, filters, 1) for _ in range(units - 1)))


def _over_cycle(memory: ConvLSTM, x: Tensor, clips: int) -> Tensor:
    return memory(x.unflatten(0, (clips, -1)))[0].flatten(0, 1)
