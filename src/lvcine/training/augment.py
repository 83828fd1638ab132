"""Crops of labelled studies, turned, scaled, bent and re-lit at random (torch)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def random_grid(
    size: int, source: tuple[int, int], centre: tuple[float, float], rng: torch.Generator
) -> Tensor:
    """Sampling grid (1, size, size, 2) of ``grid_sample`` around ``centre`` (y, x) of the source."""
    u = lambda lo, hi: float(torch.empty(()).uniform_(lo, hi, generator=rng))  # noqa: E731
    angle, scale = u(-math.pi, math.pi), math.exp(u(-0.28, 0.28))
    stretch, shear, mirror = math.exp(u(-0.1, 0.1)), u(-0.12, 0.12), -1.0 if u(0, 1) < 0.5 else 1.0
    line = torch.arange(size) - (size - 1) / 2.0
    v, h = torch.meshgrid(line, line, indexing="ij")
    bend = F.interpolate(torch.randn(1, 2, 5, 5, generator=rng) * u(0, 3.5), (size, size), mode="bicubic")[0]
    h, v = h * mirror * stretch * scale + bend[0], (v / stretch + shear * h) * scale + bend[1]
    y = centre[0] + math.cos(angle) * v - math.sin(angle) * h
    x = centre[1] + math.sin(angle) * v + math.cos(angle) * h
    return torch.stack([2 * x / (source[1] - 1) - 1, 2 * y / (source[0] - 1) - 1], -1)[None]


def relight(x: Tensor, rng: torch.Generator) -> Tensor:
    """Change what another scanner would: contrast curve, shading, sharpness, noise, frame edges.

    ``x`` (clips, frames, slices, Y, X), 0..1 in and out (about).
    """
    b, t, c, h, w = x.shape
    u = lambda lo, hi, *s: torch.empty(s or (b, 1, 1, 1, 1)).uniform_(lo, hi, generator=rng)  # noqa: E731
    x = x.clamp(min=0) ** torch.exp(u(-0.55, 0.55))
    shade = F.interpolate(torch.randn(b, 1, 3, 3, generator=rng), (h, w), mode="bicubic")
    x = (
        x
        * torch.exp(shade[:, :, None] * u(0, 0.35))
        * u(0.85, 1.15, b, 1, c, 1, 1)
        * u(0.93, 1.07, b, t, 1, 1, 1)
    )
    blurred = F.avg_pool2d(F.pad(x.reshape(b * t, c, h, w), (1, 1, 1, 1), mode="replicate"), 3, 1).reshape(
        x.shape
    )
    x = torch.lerp(x, blurred, (u(-1.2, 1.0)).clamp(min=-0.5))
    grain = x.std((1, 2, 3, 4), keepdim=True) * u(0, 0.22)
    x = x + torch.randn(x.shape, generator=rng) * grain
    return _cut_edges(x, rng)


def _cut_edges(x: Tensor, rng: torch.Generator) -> Tensor:
    """Some scans end close to the heart: zeros beyond."""
    for clip in x:
        if float(torch.rand((), generator=rng)) < 0.2:
            side = int(torch.randint(4, (), generator=rng))
            depth = int(torch.randint(1, 30, (), generator=rng))
            edge = torch.rot90(clip, side, (-2, -1))
            edge[..., :depth, :] = 0
    return x
