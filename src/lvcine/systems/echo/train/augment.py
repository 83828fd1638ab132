"""What another machine or operator would change in a clip, at random (torch)."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

MIRRORED = 0.06
"""Share of clips with left and right exchanged, as few laboratories show them. Where both ventricles are
alike, the side alone tells which is the left one."""
ASIDE = 0.25
"""Share of clips turned far, with the ventricle far from the picture's middle."""


def vary(
    x: Tensor, y: Tensor, size: int, rng: torch.Generator, mirrored: float = MIRRORED
) -> tuple[Tensor, Tensor]:
    """One clip, everything varied that a machine, an operator or a file may change.

    Parameters
    ----------
    x : Tensor, shape (frames, Y, X)
        0 to 1.
    y : Tensor of int64, shape (frames, Y, X)
        Labels.
    size : int
        Rows and columns of what is given back.
    mirrored : float
        Share of clips that are mirrored.

    Returns
    -------
    Tensor, Tensor
        (frames, size, size); labels moved with the picture and left where a shadow hides the wall.
    """
    x, y = _placed(x, y, size, mirrored, rng)
    x = _graded(x, rng)
    x = _blurred(x, rng)
    for _ in range(int(_u(rng, 0, 2.6))):
        x = _shadowed(x, rng)
    if _u(rng, 0, 1) < 0.3:
        x = _hazed(x, rng)
    if _u(rng, 0, 1) < 0.35:
        x = _written_on(x, rng)
    if _u(rng, 0, 1) < 0.25:
        x = _blacked_out(x, rng)
    x = x + torch.randn(x.shape, generator=rng) * _u(rng, 0, 0.04) * (x > 0)
    return (_compressed(x, rng) if _u(rng, 0, 1) < 0.4 else x).clamp(0, 1), y


def _u(rng: torch.Generator, low: float, high: float) -> float:
    return float(torch.empty(()).uniform_(low, high, generator=rng))


def _placed(x: Tensor, y: Tensor, size: int, mirrored: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Turned by up to 12 degrees (printed 10; some by 30), shifted, mirrored, zoomed, stretched, cut (depth).

    Made smaller more than larger: ventricles are 0.5 of a real picture's side long, those of the pool 0.55 to
    0.68.
    """
    far = _u(rng, 0, 1) < ASIDE
    tilt, aside = (30.0, 0.3) if far else (12.0, 0.08)
    angle, zoom = math.radians(_u(rng, -tilt, tilt)), math.exp(_u(rng, -0.25, 0.4))
    stretch, mirror = math.exp(_u(rng, -0.22, 0.22)), -1.0 if _u(rng, 0, 1) < mirrored else 1.0
    line = torch.linspace(-1, 1, size)
    v, h = torch.meshgrid(line, line, indexing="ij")
    bend = F.interpolate(
        torch.randn(1, 2, 4, 4, generator=rng) * _u(rng, 0, 0.04), (size, size), mode="bicubic"
    )
    h, v = h * mirror * stretch * zoom + bend[0, 0], v / stretch * zoom + bend[0, 1]
    # Depth: the apex of the sector stays at the top edge while the bottom is cut down or filled up.
    v = v + (1 - zoom) * _u(rng, -1.0, 0.3)
    gx = math.cos(angle) * h - math.sin(angle) * v + _u(rng, -aside, aside)
    gy = math.sin(angle) * h + math.cos(angle) * v + _u(rng, -0.05, 0.05)
    grid = torch.stack([gx, gy], -1)[None]
    moved = F.grid_sample(x[None], grid, align_corners=True)[0]
    labels = F.grid_sample(y[None].float(), grid, mode="nearest", align_corners=True)[0].long()
    return moved, labels


def _graded(x: Tensor, rng: torch.Generator) -> Tensor:
    """Gamma, time-gain and lateral gain, dynamic range; saturation at either end."""
    size = x.shape[-1]
    x = x.clamp(min=0) ** math.exp(_u(rng, -0.7, 0.7))
    down = F.interpolate(torch.randn(1, 1, 5, generator=rng), size, mode="linear")[0, 0]
    side = F.interpolate(torch.randn(1, 1, 4, generator=rng), size, mode="linear")[0, 0]
    gain = torch.exp(down[:, None] * _u(rng, 0, 0.4) + side[None] * _u(rng, 0, 0.3))
    lost = _u(rng, -0.05, 0.2)
    return ((x * gain - lost) / (1 - lost) * _u(rng, 0.7, 1.4)).clamp(0, 1) * (x > 0)


def _blurred(x: Tensor, rng: torch.Generator) -> Tensor:
    """Coarser or smoother speckle: blur, or fewer pixels and back."""
    choice = _u(rng, 0, 1)
    if choice < 0.35:
        small = F.interpolate(x[:, None], scale_factor=_u(rng, 0.35, 0.9), mode="area")
        return F.interpolate(small, x.shape[-2:], mode="bilinear")[:, 0]
    if choice < 0.6:
        width = 2 * int(_u(rng, 1, 3.99)) + 1
        smooth = F.avg_pool2d(x[:, None], (width, 3), 1, (width // 2, 1))[:, 0]
        return torch.lerp(x, smooth, _u(rng, 0.3, 1))
    return x


def _spot(size: int, rng: torch.Generator, wide: tuple[float, float]) -> Tensor:
    line = torch.linspace(-1, 1, size)
    v, h = torch.meshgrid(line, line, indexing="ij")
    angle = _u(rng, 0, math.pi)
    h, v = h - _u(rng, -0.8, 0.8), v - _u(rng, -0.9, 0.9)
    a, b = _u(rng, *wide), _u(rng, *wide)
    along, across = math.cos(angle) * h + math.sin(angle) * v, math.cos(angle) * v - math.sin(angle) * h
    return torch.exp(-((along / a) ** 2) - (across / b) ** 2)


def _shadowed(x: Tensor, rng: torch.Generator) -> Tensor:
    """A Gaussian shadow (printed), still over the clip."""
    return x * (1 - _u(rng, 0.3, 0.98) * _spot(x.shape[-1], rng, (0.08, 0.7)))


def _hazed(x: Tensor, rng: torch.Generator) -> Tensor:
    """Near-field haze or clutter that does not move with the heart."""
    size = x.shape[-1]
    grain = F.interpolate(
        torch.rand(1, 1, size // 4, size // 4, generator=rng), (size, size), mode="bilinear"
    )
    return x + (x > 0) * _u(rng, 0.1, 0.5) * _spot(size, rng, (0.2, 0.8)) * grain[0, 0]


def _written_on(x: Tensor, rng: torch.Generator) -> Tensor:
    """Lines and specks as an ECG, a scale or letters leave them, anywhere outside of the middle."""
    x, size = x.clone(), x.shape[-1]
    for _ in range(int(_u(rng, 1, 5))):
        tall, wide = 1 + int(_u(rng, 0, size / 25)), 1 + int(_u(rng, 0, size / 6))
        row, column = int(_u(rng, 0, size - tall)), int(_u(rng, 0, size - wide))
        if size * 0.2 < row < size * 0.8 and size * 0.2 < column < size * 0.7:
            continue
        ink = (torch.rand(tall, wide, generator=rng) < _u(rng, 0.2, 1.0)).float() * _u(rng, 0.4, 1)
        x[:, row : row + tall, column : column + wide] = torch.maximum(
            x[:, row : row + tall, column : column + wide], ink
        )
    return x


def _blacked_out(x: Tensor, rng: torch.Generator) -> Tensor:
    """A black rectangle (printed), or a narrower sector."""
    x, size = x.clone(), x.shape[-1]
    tall, wide = int(_u(rng, 0.05, 0.3) * size), int(_u(rng, 0.05, 0.3) * size)
    row, column = int(_u(rng, 0, size - tall)), int(_u(rng, 0, size - wide))
    x[:, row : row + tall, column : column + wide] = 0
    return x


def _compressed(x: Tensor, rng: torch.Generator) -> Tensor:
    """Through JPEG at a quality of 15 to 80 (printed: quality varied)."""
    quality = int(_u(rng, 15, 80))
    out = []
    for frame in (x.clamp(0, 1) * 255).to(torch.uint8).numpy():
        buffer = BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=quality)
        out.append(np.asarray(Image.open(buffer)))
    return torch.from_numpy(np.stack(out)).float() / 255
