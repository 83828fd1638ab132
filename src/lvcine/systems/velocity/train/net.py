"""The 3D-EAR segmentor: 3D U-Net over magnitude and velocities, attention in the skips, an LSTM below."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.systems.velocity.recipe import CHANNELS, Recipe


class Conv3x3x3(nn.Conv2d):
    """A convolution over three rows, columns and frames; the first frame's neighbour is the last one.

    Written as one over the channels of three neighbouring frames, which is the same sum: 3D convolutions
    of few channels take several times as long on a processor.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(3 * inputs, outputs, 3, padding=1, bias=False)

    def forward(self, x: Tensor, clips: int) -> Tensor:
        """(clips * T, inputs, Y, X) -> (clips * T, outputs, Y, X)."""
        _, c, h, w = x.shape
        frames = x.reshape(clips, -1, c, h, w)
        before = torch.cat([frames[:, -1:], frames[:, :-1]], 1)
        after = torch.cat([frames[:, 1:], frames[:, :1]], 1)
        near = torch.cat([before, frames, after], 2).reshape(-1, 3 * c, h, w)
        return super().forward(near.contiguous(memory_format=torch.channels_last))


class Block(nn.Module):
    """Twice: convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList([Conv3x3x3(inputs, outputs), Conv3x3x3(outputs, outputs)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)])

    def forward(self, x: Tensor, clips: int) -> Tensor:
        """(clips * T, inputs, Y, X) -> (clips * T, outputs, Y, X)."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = torch.relu(norm(convolution(x, clips)))
        return x


class Attention(nn.Module):
    """softmax(F x conv(F)) . conv(F)' of every frame (eq. 1), added to F.

    Pixels attend to each other on a pooled grid: between all pixels of a picture the map does not fit
    into memory. What is added begins at a tenth of what was found, so that a net without training is
    about the plain U-Net; the paper does not say how F itself goes on.
    """

    def __init__(self, channels: int, step: int) -> None:
        super().__init__()
        self.step = step  # pixels of the grid's, whatever the picture's size
        self.conv = nn.Conv2d(channels, channels, 1)
        self.share = nn.Parameter(torch.tensor(0.1))

    def forward(self, x: Tensor) -> Tensor:
        """Frames (N, C, Y, X), the same out."""
        n, c, h, w = x.shape
        small = F.avg_pool2d(x, self.step) if self.step > 1 else x
        key = self.conv(small)  # (N, C, gy, gx)
        gy, gx = small.shape[-2:]
        f, k = small.reshape(n, c, -1), key.reshape(n, c, -1)
        weights = torch.softmax(f.transpose(1, 2).float() @ k.float() / c**0.5, -1)  # (N, pixels, pixels)
        seen = (k.float() @ weights.transpose(1, 2)).reshape(n, c, gy, gx)
        added = F.interpolate(seen, (h, w), mode="bilinear", align_corners=False)
        return x + self.share * added.to(x.dtype)


class OverFrames(nn.Module):
    """Reshape(LSTM(Reshape(x))) (eq. 2): every place at the bottom is a sequence over the frames.

    The paper does not say what one sequence holds. A frame's features in one, as drawn, would need
    four matrices of (C y x)^2 numbers, forty millions at 64 x 7 x 7: places share theirs here. The
    frames are gone through twice and the first round is forgotten, so that no frame is the first.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels, batch_first=True)

    def forward(self, x: Tensor, clips: int) -> Tensor:
        """(clips * T, C, y, x), the same out."""
        _, c, h, w = x.shape
        frames = x.reshape(clips, -1, c, h, w)
        t = frames.shape[1]
        places = frames.permute(0, 3, 4, 1, 2).reshape(clips * h * w, t, c).float()
        with torch.autocast(x.device.type, enabled=False):  # many processors have no LSTM in half precision
            found = self.lstm(torch.cat([places, places], 1))[0][:, t:].to(x.dtype)
        return x + found.reshape(clips, h, w, t, c).permute(0, 3, 4, 1, 2).reshape(x.shape)


class EarNet(nn.Module):
    """3D U-Net, + attention, + LSTM; nothing is pooled over time, which would shift curves."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        filters = recipe.filters
        inputs = CHANNELS if recipe.phase else 1
        self.down = nn.ModuleList(Block(a, b) for a, b in zip((inputs, *filters[:-1]), filters, strict=True))
        self.attention = nn.ModuleList(
            Attention(c, max(1, (recipe.size >> level) // recipe.attended))
            if recipe.attention
            else nn.Identity()
            for level, c in enumerate(filters[:-1])
        )
        self.bottom = OverFrames(filters[-1]) if recipe.memory else None
        pairs = list(zip(filters[:-1], filters[1:], strict=True))
        self.up = nn.ModuleList(Block(fine + coarse, fine) for fine, coarse in pairs)
        self.last = nn.Conv2d(filters[0], recipe.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, T, 4, Y, X) of closed cycles -> logits (N, T, classes, Y, X)."""
        clips, frames = x.shape[:2]
        x = x.flatten(0, 1) if self.recipe.phase else x[:, :, :1].flatten(0, 1)  # (N T, 4, Y, X)
        skips = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2), clips)
            skips.append(x)
        x = skips.pop()  # (N T, filters[-1], Y / 8, X / 8)
        if self.bottom is not None:
            x = self.bottom(x, clips)
        for level in reversed(range(len(skips))):
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.up[level](torch.cat([self.attention[level](skips[level]), x], 1), clips)
        found = self.last(x)
        return found.reshape(clips, frames, *found.shape[1:])
