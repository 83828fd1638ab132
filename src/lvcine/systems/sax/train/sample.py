"""Batches of clips from real and virtual stacks, varied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lvcine.study import U8, Whole
from lvcine.systems.sax.prepare import normalise
from lvcine.systems.sax.recipe import Recipe
from lvcine.systems.sax.train.drawn_cavities import SUBJECT
from lvcine.training.augment import random_grid, relight
from lvcine.training.items import names_of, side_of, subject_of
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED, LabelledStudy

CLIP_FRAMES = (1, 2, 2, 4, 4, 6)
"""Frames per clip, taken in turn: stills, ED-ES pairs and parts of a cycle."""
REAL = 32
"""Added to the labels of real scans: the RV is not labelled there, so it counts as background."""
ENDS = 0.3
"""Share of virtual clips from slices that hold the LV in part of the cycle, or lie just above such ones:
most of what is outlined wrongly at ES lies there."""
UNSURE = 0.15
"""Share of clips whose slice above is taken for the one below: where a file does not say which end is the
base, the pictures decide, and they may mislead."""
DRAWN = 0.25
"""Share of the clips of made pictures that come from drawn cavities, where there are any."""
MOST_WEIGHT = 60.0
"""Labelled frames that a real subject counts for at most: a densely labelled cine (400 frames of one pig)
must not outweigh the others."""


def made(name: str) -> bool:
    """Whether the pictures of a real subject's item were made: nobody's convention but the labels' own."""
    return subject_of(name) == SUBJECT


class Batch(NamedTuple):
    """Pictures (clips * frames, 3, Y, X), labels with their codes (clips * frames, Y, X), number of clips."""

    images: Tensor
    labels: Tensor
    clips: int


class _Places(NamedTuple):
    """Of a virtual stack: frames of largest and smallest cavity, slices of :data:`ENDS`."""

    extremes: tuple[int, ...]
    ends: Whole


class Sampler:
    """Draws batches; all randomness from one torch generator. The items may become more meanwhile."""

    def __init__(self, items: Sequence[LabelledStudy], recipe: Recipe, seed: int) -> None:
        self.items, self.recipe = items, recipe
        self.rng = torch.Generator().manual_seed(seed)
        self._places: dict[str, _Places] = {}
        self._sort()

    def _sort(self) -> None:
        names = names_of(self.items)
        self._count = len(names)
        self._real = [k for k, name in enumerate(names) if side_of(name) is None and not made(name)]
        self._virtual = [k for k, name in enumerate(names) if side_of(name) is not None]
        self._drawn = [k for k, name in enumerate(names) if made(name)]
        frames = [float((self.items[k].labels != UNLABELLED).any((2, 3)).sum()) for k in self._real]
        self._weights = torch.tensor(frames, dtype=torch.float64).clamp(max=MOST_WEIGHT)

    def __call__(self, step: int) -> Batch:
        """As many frames in each clip of a batch, of :data:`CLIP_FRAMES`."""
        if len(self.items) != self._count:
            self._sort()
        frames, size = CLIP_FRAMES[step % len(CLIP_FRAMES)], self.recipe.size
        clips = max(1, self.recipe.frames_per_step // frames)
        images, labels = [], []
        for _ in range(clips):
            real = bool(self._real) and (
                self._uniform() < self.recipe.real_share or not (self._virtual or self._drawn)
            )
            image, label = self._crop(*(self._real_clip(frames) if real else self._virtual_clip(frames)))
            images.append(image)
            labels.append(label)
        x = relight(torch.stack(images), self.rng).numpy()
        x = np.stack([normalise(clip) for clip in x])
        return Batch(
            torch.from_numpy(x).reshape(-1, 3, size, size), torch.stack(labels).reshape(-1, size, size), clips
        )

    def _uniform(self) -> float:
        return float(torch.rand((), generator=self.rng))

    def _pick(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.rng))

    def _virtual_clip(self, frames: int) -> tuple[U8, U8]:
        drawn = bool(self._drawn) and (self._uniform() < DRAWN or not self._virtual)
        among = self._drawn if drawn else self._virtual
        study = self.items[among[self._pick(len(among))]]
        if study.name not in self._places:
            self._places[study.name] = _Places(_extremes(study.labels), _ends(study.labels))
        extremes, ends = self._places[study.name]
        z = self._pick(len(study.pixels))
        if len(ends) and self._uniform() < ENDS:
            z = int(ends[self._pick(len(ends))])
        count = study.pixels.shape[1]
        order = self._order(count, frames, extremes if frames > 1 else (self._pick(count),))
        return self._three(study.pixels, z, order), study.labels[z, order]

    def _real_clip(self, frames: int) -> tuple[U8, U8]:
        study = self.items[self._real[int(torch.multinomial(self._weights, 1, generator=self.rng))]]
        slices = np.flatnonzero((study.labels != UNLABELLED).any((1, 2, 3)))
        z = int(slices[self._pick(len(slices))])
        labelled = np.flatnonzero((study.labels[z] != UNLABELLED).any((1, 2)))
        extremes = [int(labelled[k]) for k in _extremes(study.labels[z : z + 1, labelled] % ENDO_ONLY)]
        among = extremes if frames > 1 else [int(labelled[self._pick(len(labelled))])]
        order = self._order(study.pixels.shape[1], frames, among)
        labels = study.labels[z, order].copy()
        known = labels != UNLABELLED
        labels[known] += REAL
        return self._three(study.pixels, z, order), labels

    def _order(self, count: int, frames: int, among: Sequence[int]) -> Whole:
        """``frames`` of ``count`` in the cycle's order, starting anywhere.

        The frames ``among`` are in it, one of them where there is no room for more: every scan of more than
        one frame spans the beat, and nets that saw clips without ED or ES outline both nearer to their mean.
        """
        if frames > count:
            return np.asarray(np.roll(np.arange(frames) * count // frames, self._pick(frames)))
        wanted = list(among) if len(among) <= frames else [among[self._pick(len(among))]]
        others = np.setdiff1d(np.arange(count), wanted)
        taken = torch.randperm(len(others), generator=self.rng)[: frames - len(wanted)].numpy()
        chosen = np.sort(np.concatenate([np.asarray(wanted, np.intp), others[taken]]))
        return np.asarray(np.roll(chosen, self._pick(frames)))

    def _three(self, pixels: U8, z: int, order: Whole) -> U8:
        blank = np.zeros_like(pixels[0, order])
        near = [pixels[z + d, order] if 0 <= z + d < len(pixels) else blank for d in (-1, 0, 1)]
        if self._uniform() < UNSURE:
            near.reverse()
        for side in (0, 2):
            if self._uniform() < 0.12:
                near[side] = blank
        return np.stack(near, 1)

    def _crop(self, image: U8, label: U8) -> tuple[Tensor, Tensor]:
        centre = self._centre(label)
        grid = random_grid(self.recipe.size, label.shape[-2:], centre, self.rng)
        x = torch.from_numpy(np.ascontiguousarray(image)).float().div_(255).reshape(1, -1, *label.shape[-2:])
        x = F.grid_sample(x, grid, align_corners=True)[0].unflatten(0, image.shape[:2])
        # Nearest, offset so that 0 outside the picture means "no label" rather than background.
        y = torch.from_numpy(label.astype(np.float32) + 1)[None]
        y = F.grid_sample(y, grid, mode="nearest", align_corners=True)[0].round().long() - 1
        real = bool(((label >= REAL) & (label != UNLABELLED)).any())
        y[y < 0] = REAL if real else 0
        seen = torch.from_numpy((label != UNLABELLED).any((1, 2)))
        y[~seen] = UNLABELLED
        if real:
            endo_only = torch.from_numpy(((label >= REAL + ENDO_ONLY) & (label != UNLABELLED)).any((1, 2)))
            y[endo_only] = torch.where(y[endo_only] < REAL + ENDO_ONLY, REAL + ENDO_ONLY, y[endo_only])
        return x, y

    def _centre(self, label: U8) -> tuple[float, float]:
        """Around the LV mostly, sometimes anywhere, so that other organs are known too."""
        h, w = label.shape[-2:]
        lv = np.isin(label % REAL % ENDO_ONLY, (1, 2)) & (label != UNLABELLED)
        ys, xs = np.nonzero(lv.any(0))
        spread = 40.0 if self._uniform() < 0.25 else 8.0
        dy, dx = (torch.randn(2, generator=self.rng) * spread).tolist()
        y, x = (ys.mean(), xs.mean()) if len(ys) else (h / 2, w / 2)
        return float(np.clip(y + dy, 0, h - 1)), float(np.clip(x + dx, 0, w - 1))


def _extremes(labels: U8) -> tuple[int, ...]:
    """Frames of a study (Z, T, Y, X) with the largest and the smallest cavity."""
    size = (labels == 1).sum((0, 2, 3))
    return tuple({int(size.argmax()), int(size.argmin())})


def _ends(labels: U8) -> Whole:
    """Slices of a study, base first, with the LV in some frames only, and that above the first with any."""
    there = np.asarray(np.isin(labels, (1, 2)).any((2, 3)))
    part = there.any(1) & ~there.all(1)
    above = int(np.flatnonzero(there.any(1))[0]) - 1 if there.any() else -1
    return np.flatnonzero(part | (np.arange(part.shape[0]) == above))
