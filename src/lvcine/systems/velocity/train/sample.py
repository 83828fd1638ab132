"""Batches for training: slices turned, scaled, mirrored and re-lit, their velocities with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lvcine.study.mask import MYOCARDIUM
from lvcine.systems.velocity.prepare import FASTEST, as_input, lit
from lvcine.systems.velocity.recipe import Recipe
from lvcine.systems.velocity.train.data import LabelledSlice
from lvcine.training.augment import relight

MIRRORED, BLANK = 0.5, 0.15
"""Share of the slices that are mirrored, as a stack seen from the base is, and that a channel is missing or
reversed in."""
AWAY_MM = 18.0
"""Standard deviation of the heart's place in the window."""

RELIT = 0.6
"""Share of the clips that are seen as another scanner would show them."""
MISSED = 0.12
"""Standard deviation of the place at which the heart is found, in its radii."""


class Batch(NamedTuple):
    """Pictures (clips, T, 4, Y, X) and labels (clips, T, Y, X); all clips have as many frames."""

    images: Tensor
    labels: Tensor


class Sampler:
    """Draws batches of closed cycles.

    ``varied=False`` turns them by quarter turns alone, as printed.
    """

    def __init__(
        self, slices: Sequence[LabelledSlice], recipe: Recipe, seed: int, varied: bool = True
    ) -> None:
        self.slices, self.recipe, self.varied = slices, recipe, varied
        self.rng = torch.Generator().manual_seed(seed)

    def __call__(self, step: int) -> Batch:
        """Slices at random, each from any frame on."""
        drawn = [self._one(self.slices[self._pick(len(self.slices))]) for _ in range(self.recipe.clips)]
        images, labels = (torch.stack(part) for part in zip(*drawn, strict=True))
        if self.varied:
            relit = torch.rand(len(images), generator=self.rng) < RELIT
            if relit.any():
                images[relit, :, :1] = relight(images[relit, :, :1], self.rng)
        return Batch(images, labels)

    def _one(self, one: LabelledSlice) -> tuple[Tensor, Tensor]:
        count, frames = len(one.labels), self.recipe.frames
        start = self._pick(count)
        order = (start + np.floor(np.arange(frames) * count / frames).astype(int)) % count
        x = torch.from_numpy(as_input(one.magnitude[order], one.velocity_cm_s[:, order]))
        labels = torch.from_numpy(one.labels[order].astype(np.int64))
        if self.recipe.classes == 2:
            labels = (labels == MYOCARDIUM).long()
        if not self.varied:
            return quarter_turned(x, labels, self._pick(4))
        angle = self._between(-math.pi, math.pi)
        mirror = -1.0 if self._between(0, 1) < MIRRORED else 1.0
        zoom, away = self._window(one)
        x, labels = moved(x, labels, angle, zoom, mirror, away, self.recipe.size)
        if self.recipe.reach:  # the grey of what is seen, as in use
            x[:, 0] = torch.from_numpy(lit(x[:, 0].numpy()))
        return self._noised(x), labels

    def _window(self, one: LabelledSlice) -> tuple[float, Tensor]:
        """Picture pixels per window pixel, and how far the window's middle lies from the picture's."""
        aside = torch.randn(2, generator=self.rng).clamp(-2, 2)
        if not self.recipe.reach:
            return math.exp(self._between(-0.22, 0.22)), AWAY_MM / self.recipe.spacing_mm * aside
        y, x, radius = (float(v) for v in one.heart)
        middle = [(n - 1) / 2.0 for n in one.labels.shape[-2:]]
        zoom = 2 * self.recipe.reach * radius / self.recipe.size
        away = torch.tensor([y - middle[0], x - middle[1]], dtype=torch.float32)
        return zoom * math.exp(self._between(-0.2, 0.2)), away + MISSED * radius * aside

    def _noised(self, x: Tensor) -> Tensor:
        """More noise in the velocities; now and then a channel is missing or its sign is wrong."""
        x = x.clone()
        grain = 0.15 * self._between(0, 1) ** 2
        x[:, 1:] = (x[:, 1:] + grain * torch.randn(x[:, 1:].shape, generator=self.rng)).clamp(
            -FASTEST, FASTEST
        )
        if self._between(0, 1) < BLANK:
            x[:, 1 + self._pick(3)] *= 0.0 if self._between(0, 1) < 0.5 else -1.0
        return x

    def _pick(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.rng))

    def _between(self, low: float, high: float) -> float:
        return float(torch.empty(()).uniform_(low, high, generator=self.rng))


def moved(
    x: Tensor, labels: Tensor, angle: float, zoom: float, mirror: float, away: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Pictures (T, 4, Y, X) and labels seen through a turned, scaled, mirrored window of ``size``.

    The in-plane velocities turn with the picture, at their own size; across it they stay. Velocities and
    labels are those of the nearest pixel: between both sides of a wrap there is nothing to interpolate.
    """
    rows, columns = x.shape[-2:]
    line = torch.arange(size, dtype=torch.float32) - (size - 1) / 2.0
    v, h = torch.meshgrid(line * zoom, line * (zoom * mirror), indexing="ij")
    c, s = math.cos(angle), math.sin(angle)
    # Where a pixel (h, v) of the window lies in the picture: turned by the angle.
    px, py = c * h - s * v + (columns - 1) / 2.0 + away[1], s * h + c * v + (rows - 1) / 2.0 + away[0]
    grid = torch.stack([2 * px / (columns - 1) - 1, 2 * py / (rows - 1) - 1], -1)[None].expand(
        len(x), -1, -1, -1
    )
    grey = F.grid_sample(x[:, :1], grid, align_corners=True)
    rest = torch.cat([x[:, 1:], labels[:, None].to(x.dtype)], 1)
    near = F.grid_sample(rest, grid, mode="nearest", align_corners=True)
    along_x, along_y = near[:, 0:1], near[:, 1:2]
    # A vector's components along the window's axes, which lie at the angle in the picture.
    turned_x, turned_y = mirror * (c * along_x + s * along_y), -s * along_x + c * along_y
    seen = torch.cat([grey, turned_x, turned_y, near[:, 2:3] * mirror], 1)
    return seen.clamp(-FASTEST, FASTEST), near[:, 3].round().long()


def quarter_turned(x: Tensor, labels: Tensor, quarters: int) -> tuple[Tensor, Tensor]:
    """Turned by 90 degrees so often, anticlockwise as shown; velocities turn with the picture.

    Examples
    --------
    >>> x = torch.zeros(1, 4, 2, 2); x[:, 1] = 1.0  # all moves to the right
    >>> quarter_turned(x, torch.zeros(1, 2, 2).long(), 1)[0][0, 1:3, 0, 0].tolist()  # now up
    [0.0, -1.0]
    """
    for _ in range(quarters):
        x = torch.rot90(x, 1, (-2, -1))
        # (right, down) becomes (down, left) seen after the turn: x' = y, y' = -x.
        x = torch.stack([x[:, 0], x[:, 2], -x[:, 1], x[:, 3]], 1)
        labels = torch.rot90(labels, 1, (-2, -1))
    return x, labels
