"""Batches of clips from a pack of real studies and a pool of virtual ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from lvcine.training.augment import random_grid, relight
from lvcine.training.sunnybrook import ENDO_ONLY, UNLABELLED, LabelledStudy

REAL = 32
"""Added to the labels of real scans: the RV is not drawn there, so it counts as background."""

ENDS = 0.3
"""Share of virtual clips from slices that hold the LV in part of the cycle, or lie just above such ones:
most of what is drawn wrongly at ES lies there."""
UNSURE = 0.15
"""Share of clips whose slice above is taken for the one below: where a file does not say which end is the
base, the pictures decide, and they may mislead."""


class _Virtual(NamedTuple):
    """A study of the pool, its frames of largest and smallest cavity, its slices of :data:`ENDS`."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    extremes: tuple[int, ...]
    ends: NDArray[np.intp]


@dataclass
class Sampler:
    """Draws batches; all randomness from one torch generator.

    Parameters
    ----------
    real : list of LabelledStudy
    pool : Path
        Folder of :func:`lvcine.training.pool.fill_pool`; may grow while training.
    size : int
    normalise : callable
        The system's own preprocessing of a clip (T, 3, Y, X), numpy.
    """

    real: list[LabelledStudy]
    pool: Path
    size: int
    normalise: Callable[[NDArray[np.generic]], NDArray[np.float32]]
    rng: torch.Generator

    def __post_init__(self) -> None:
        weights = np.array([(s.labels != UNLABELLED).any((2, 3)).sum() for s in self.real], float)
        # A densely labelled cine (400 frames of one pig) must not outweigh the subjects.
        self._weights = torch.tensor(np.minimum(weights, 60.0)) if len(weights) else torch.zeros(0)
        self._files: list[Path] = []
        self._cache: dict[Path, _Virtual] = {}

    def refresh(self) -> int:
        """Look which virtual studies there are now."""
        self._files = sorted(self.pool.glob("*.npy"))
        return len(self._files)

    @property
    def virtual(self) -> int:
        """Virtual studies in the pool when last looked."""
        return len(self._files)

    def batch(self, clips: int, frames: int, real_share: float) -> tuple[Tensor, Tensor]:
        """Images (clips * frames, 3, Y, X) and labels (clips * frames, Y, X) with their codes."""
        images, labels = [], []
        for _ in range(clips):
            real = len(self.real) > 0 and self._uniform() < real_share
            image, label = self._crop(*(self._real_clip(frames) if real else self._virtual_clip(frames)))
            images.append(image)
            labels.append(label)
        x = relight(torch.stack(images), self.rng).numpy()
        x = np.stack([self.normalise(clip) for clip in x])
        y = torch.stack(labels).reshape(-1, self.size, self.size)
        return torch.from_numpy(x).reshape(-1, 3, self.size, self.size), y

    def _uniform(self) -> float:
        return float(torch.rand((), generator=self.rng))

    def _pick(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.rng))

    def _virtual_clip(self, frames: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        file = self._files[self._pick(len(self._files))]
        if file not in self._cache:
            stored = np.load(file)
            self._cache[file] = _Virtual(stored[0], stored[1], _extremes(stored[1]), _ends(stored[1]))
        pixels, labels, extremes, ends = self._cache[file]
        z = self._pick(len(pixels))
        if len(ends) and self._uniform() < ENDS:
            z = int(ends[self._pick(len(ends))])
        among = extremes if frames > 1 else (self._pick(pixels.shape[1]),)
        order = self._order(pixels.shape[1], frames, among)
        return self._three(pixels, z, order), labels[z, order]

    def _real_clip(self, frames: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        study = self.real[int(torch.multinomial(self._weights, 1, generator=self.rng))]
        drawn = np.flatnonzero((study.labels != UNLABELLED).any((1, 2, 3)))
        z = int(drawn[self._pick(len(drawn))])
        labelled = np.flatnonzero((study.labels[z] != UNLABELLED).any((1, 2)))
        extremes = [int(labelled[k]) for k in _extremes(study.labels[z : z + 1, labelled] % ENDO_ONLY)]
        among = extremes if frames > 1 else [int(labelled[self._pick(len(labelled))])]
        order = self._order(study.pixels.shape[1], frames, among)
        labels = study.labels[z, order].copy()
        known = labels != UNLABELLED
        labels[known] += REAL
        return self._three(study.pixels, z, order), labels

    def _order(self, count: int, frames: int, among: Sequence[int]) -> NDArray[np.intp]:
        """``frames`` of ``count`` in the cycle's order, starting anywhere.

        The frames ``among`` are in it, one of them where there is no room for more: every scan of more than
        one frame spans the beat, and a net that saw clips without ED or ES draws both nearer to their mean.
        """
        if frames > count:
            return np.asarray(np.roll(np.arange(frames) * count // frames, self._pick(frames)))
        wanted = list(among) if len(among) <= frames else [among[self._pick(len(among))]]
        others = np.setdiff1d(np.arange(count), wanted)
        drawn = torch.randperm(len(others), generator=self.rng)[: frames - len(wanted)].numpy()
        chosen = np.sort(np.concatenate([np.asarray(wanted, np.intp), others[drawn]]))
        return np.asarray(np.roll(chosen, self._pick(frames)))

    def _three(self, pixels: NDArray[np.uint8], z: int, order: NDArray[np.intp]) -> NDArray[np.uint8]:
        blank = np.zeros_like(pixels[0, order])
        near = [pixels[z + d, order] if 0 <= z + d < len(pixels) else blank for d in (-1, 0, 1)]
        if self._uniform() < UNSURE:
            near.reverse()
        for side in (0, 2):
            if self._uniform() < 0.12:
                near[side] = blank
        return np.stack(near, 1)

    def _crop(self, image: NDArray[np.uint8], label: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        centre = self._centre(label)
        grid = random_grid(self.size, label.shape[-2:], centre, self.rng)
        x = torch.from_numpy(np.ascontiguousarray(image)).float().div_(255).reshape(1, -1, *label.shape[-2:])
        x = F.grid_sample(x, grid, align_corners=True)[0].reshape(*image.shape[:2], self.size, self.size)
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

    def _centre(self, label: NDArray[np.uint8]) -> tuple[float, float]:
        """Around the LV mostly, sometimes anywhere, so that other organs are known too."""
        h, w = label.shape[-2:]
        lv = np.isin(label % REAL % ENDO_ONLY, (1, 2)) & (label != UNLABELLED)
        ys, xs = np.nonzero(lv.any(0))
        spread = 40.0 if self._uniform() < 0.25 else 8.0
        dy, dx = (torch.randn(2, generator=self.rng) * spread).tolist()
        y, x = (ys.mean(), xs.mean()) if len(ys) else (h / 2, w / 2)
        return float(np.clip(y + dy, 0, h - 1)), float(np.clip(x + dx, 0, w - 1))


def _extremes(labels: NDArray[np.uint8]) -> tuple[int, ...]:
    """Frames of a study (Z, T, Y, X) with the largest and the smallest cavity."""
    size = (labels == 1).sum((0, 2, 3))
    return tuple({int(size.argmax()), int(size.argmin())})


def _ends(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Slices of a study, base first, with the LV in some frames only, and that above the first with any."""
    there = np.asarray(np.isin(labels, (1, 2)).any((2, 3)))
    part = there.any(1) & ~there.all(1)
    above = int(np.flatnonzero(there.any(1))[0]) - 1 if there.any() else -1
    return np.flatnonzero(part | (np.arange(part.shape[0]) == above))
