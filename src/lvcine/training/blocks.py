"""Layers that several nets share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class HalfInstanceNorm(nn.Module):
    """Instance norm of one half of the channels, batch norm of the other.

    The first half forgets each picture's own contrast, so that another scanner's looks the same;
    the second keeps it (IBN-Net: Pan et al. 2018, doi:10.1007/978-3-030-01225-0_29).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.half = channels // 2
        self.own = nn.InstanceNorm2d(self.half, affine=True)
        self.all = nn.BatchNorm2d(channels - self.half)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, Y, X), the same out."""
        return torch.cat([self.own(x[:, : self.half]), self.all(x[:, self.half :])], 1)


class ConvBlock(nn.Sequential):
    """Twice: convolution 3x3, norm, ReLU; batch norm, or first :class:`HalfInstanceNorm`."""

    def __init__(self, inputs: int, outputs: int, *, instance: bool = False) -> None:
        layers: list[nn.Module] = []
        for channels in (inputs, outputs):
            half = instance and not layers
            layers += [
                nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
                HalfInstanceNorm(outputs) if half else nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
        super().__init__(*layers)


class OverTheCycle(nn.Module):
    """Lets the frames of a clip know of each other; nothing depends on where the clip starts.

    A circular convolution over three neighbouring frames, and the mean and maximum over all
    frames (what the place looks like at ED and at ES); added to the input, so a clip of one
    frame passes too.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.near = nn.Conv2d(3 * channels, channels, 1, bias=False)
        self.whole = nn.Conv2d(2 * channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, clips: int) -> Tensor:
        _, c, h, w = x.shape  # (clips * frames, channels, rows, columns)
        frames = x.reshape(clips, -1, c, h, w)
        before = torch.cat([frames[:, -1:], frames[:, :-1]], 1)
        after = torch.cat([frames[:, 1:], frames[:, :1]], 1)
        near = torch.cat([before, frames, after], 2).reshape(-1, 3 * c, h, w)
        pooled = torch.cat([frames.mean(1), frames.amax(1)], 1)  # (clips, 2c, h, w)
        whole = self.whole(pooled).unsqueeze(1).expand(frames.shape).reshape(x.shape)
        return x + torch.relu(self.norm(self.near(near) + whole))
