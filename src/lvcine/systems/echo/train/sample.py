"""Batches of clips or of single frames, varied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lvcine.errors import UsageError
from lvcine.study import U8
from lvcine.systems.echo.recipe import VIEWS, Recipe
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.data import LV_ONLY, UNTRACED, LabelledClip
from lvcine.training.items import names_of

Picked = tuple[U8, U8, str]
"""Pixels and labels (frames, Y, X) of a clip and its view."""


class Batch(NamedTuple):
    """What a step learns from.

    Attributes
    ----------
    images : Tensor, shape (clips, frames, 1, Y, X)
        0 to 1.
    labels : Tensor of int64, shape (clips, frames, Y, X)
        -1 where nothing is known.
    views : Tensor of int64, shape (clips,)
        Index in :data:`~lvcine.systems.echo.recipe.VIEWS`.
    flag : Tensor, shape (clips,)
        What the net is given of the view: 1 for A3C, 0 for the others, 1/2 where it is not known.
    """

    images: Tensor
    labels: Tensor
    views: Tensor
    flag: Tensor


class Sampler:
    """Batches of what a net learns from: two clips with memory, eight single frames without.

    A clip begins at any frame and runs forwards or backwards, as whole clips are run; where it ends, its last
    frame stands still, as a still picture does. Nets that only saw clips forwards from their beginning took
    the first picture for a ventricle that is still rather full, and drew stills at ES too large.
    """

    def __init__(self, clips: Sequence[LabelledClip], recipe: Recipe, seed: int) -> None:
        self.clips, self.recipe = clips, recipe
        self.rng = torch.Generator().manual_seed(seed)
        self.shape = (2, recipe.frames // 2) if recipe.memory else (8, 1)
        if not any(name.rpartition("~")[2] in VIEWS for name in names_of(clips)):
            raise UsageError("no apical clip to learn from", advice="fill the pool with numbers from 0 on")

    def __call__(self, step: int) -> Batch:
        """The view's flag is unknown in two of five clips: a user need not say it."""
        batch = batch_of(self._picked(*self.shape), self.recipe.size, self.rng)
        unknown = torch.rand(batch.flag.shape, generator=self.rng) < 0.4
        return batch._replace(flag=torch.where(unknown, 0.5, batch.flag))

    def _picked(self, clips: int, frames: int) -> Iterator[Picked]:
        for _ in range(clips):
            clip = self._apical()
            count = len(clip.pixels)
            step = self.recipe.step[pick(len(self.recipe.step), self.rng)]
            step = min(step, max(1, count // frames))
            start = pick(count, self.rng)
            if frames == 1 and pick(5, self.rng) < 2:
                start = smallest(clip.labels)
            ahead = 1 if pick(2, self.rng) else -1
            order = np.clip(start + ahead * step * np.arange(frames), 0, count - 1)
            coarser = max(1, clip.pixels.shape[-1] // self.recipe.size)  # tiny nets see every k-th pixel
            seen = np.s_[order, coarser // 2 :: coarser, coarser // 2 :: coarser]
            yield clip.pixels[seen], clip.labels[seen], clip.view

    def _apical(self) -> LabelledClip:
        """One of the clips; what is no apical view is not segmented."""
        while (clip := self.clips[pick(len(self.clips), self.rng)]).view not in VIEWS:
            pass
        return clip


def batch_of(picked: Iterable[Picked], size: int, rng: torch.Generator) -> Batch:
    """Varied clips of as many frames each, ``size`` wide; a clip is varied before the next is picked."""
    images, labels, views = [], [], []
    for pixels, truth, view in picked:
        known = np.where(truth == UNTRACED, -1, truth.astype(np.int64))
        x, y = vary(torch.from_numpy(pixels).float() / 255, torch.from_numpy(known), size, rng)
        images.append(x)
        labels.append(y)
        views.append(VIEWS.index(view))
    seen = torch.tensor(views)
    flag = (seen == VIEWS.index("A3C")).float()
    return Batch(torch.stack(images)[:, :, None], torch.stack(labels), seen, flag)


def pick(count: int, rng: torch.Generator) -> int:
    """One of ``count``, all equally likely."""
    return int(torch.randint(count, (), generator=rng))


def smallest(labels: U8) -> int:
    """The frame, of labels (T, Y, X), whose ventricle is the smallest that is traced.

    Two of five pictures that single-frame nets learn from: few frames of a beat are near ES, and a net that
    sees them as seldom as they come predicts their cavities too large, EF too low.
    """
    areas = (labels % LV_ONLY == 1).sum((1, 2))
    return int(np.where(areas > 0, areas, areas.max() + 1).argmin())
