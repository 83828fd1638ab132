"""Batches of clips from a pack of real studies and a pool of virtual ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from lvcine.training.augment import random_grid, relight
from lvcine.training.packs import ENDO_ONLY, UNLABELLED, LabelledStudy

REAL = 32
"""Added to the labels of real scans: the RV is not drawn there, so it counts as background."""


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
        self._cache: dict[Path, NDArray[np.uint8]] = {}

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
            self._cache[file] = np.load(file)
        pixels, labels = self._cache[file]
        z = self._pick(pixels.shape[0])
        order = self._order(pixels.shape[1], frames)
        return self._three(pixels, z, order), labels[z, order]

    def _real_clip(self, frames: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        study = self.real[int(torch.multinomial(self._weights, 1, generator=self.rng))]
        drawn = np.flatnonzero((study.labels != UNLABELLED).any((1, 2, 3)))
        z = int(drawn[self._pick(len(drawn))])
        labelled = np.flatnonzero((study.labels[z] != UNLABELLED).any((1, 2)))
        first = int(labelled[self._pick(len(labelled))])
        order = self._order(study.pixels.shape[1], frames, first)
        labels = study.labels[z, order].copy()
        known = labels != UNLABELLED
        labels[known] += REAL
        return self._three(study.pixels, z, order), labels

    def _order(self, count: int, frames: int, first: int | None = None) -> NDArray[np.intp]:
        """``frames`` of ``count`` in the cycle's order, starting anywhere; ``first`` is among them."""
        start = self._pick(count) if first is None else first
        if frames <= count:
            gaps = torch.randperm(count - 1, generator=self.rng)[: frames - 1].sort()[0].numpy() + 1
            chosen = np.concatenate([[0], gaps])
        else:
            chosen = np.arange(frames) * count // frames
        return np.asarray(np.roll((start + chosen) % count, self._pick(frames)))

    def _three(self, pixels: NDArray[np.uint8], z: int, order: NDArray[np.intp]) -> NDArray[np.uint8]:
        blank = np.zeros_like(pixels[0, order])
        near = [pixels[z + d, order] if 0 <= z + d < len(pixels) else blank for d in (-1, 0, 1)]
        if self._uniform() < 0.5:  # stacks run from base to apex or back
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
