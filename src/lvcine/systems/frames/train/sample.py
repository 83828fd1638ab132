"""Batches of cycles and clips, varied, with the curve that the net is to find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lvcine.study import U8, Array, Whole
from lvcine.systems.frames.prepare import scaled
from lvcine.systems.frames.recipe import Recipe
from lvcine.systems.frames.target import target_curve, target_of_clip
from lvcine.systems.frames.train.data import LabelledClip
from lvcine.training.augment import relight
from lvcine.training.items import side_of

FRAMES = (12, 30)
"""Per clip in training, drawn for each batch."""
MISSING = 0.15
"""Share of the cycle that cines of prospective gating leave out at their end."""
HOLD, READ_AT = 0.1, 0.3
"""Real ventricles wait before they fill, up to this share of the cycle (isovolumic relaxation, 60 to 100 ms);
virtual ones begin to at once. Readers mark ES after this share of the wait: where they see it first."""
REAL_OFTEN = 3
"""A real cine is drawn as often as so many virtual ones; there are about thirty beside nine hundred."""


class Batch(NamedTuple):
    """Pictures (clips, frames, Y, X), target curves and where there are any (clips, frames)."""

    images: Tensor
    target: Tensor
    known: Tensor
    closed: bool


class Sampler:
    """Draws batches of closed cycles or of free-running clips, varied.

    ``fixed_frames`` gives every clip the recipe's number of frames and no wait at ES, as those of the paper's
    table have.
    """

    def __init__(
        self, clips: Sequence[LabelledClip], recipe: Recipe, seed: int, fixed_frames: bool = False
    ) -> None:
        self.recipe, self.rng, self.fixed_frames = recipe, np.random.default_rng(seed), fixed_frames
        often = [c for c in clips if side_of(c.name)]
        often += [c for c in clips if not side_of(c.name)] * REAL_OFTEN
        self._of = {kind: [c for c in often if c.closed is kind] for kind in (True, False)}
        self._torch = torch.Generator().manual_seed(int(self.rng.integers(2**31)))

    def __call__(self, step: int) -> Batch:
        """All clips of a batch have as many frames and are closed or not alike."""
        kinds = [kind for kind, clips in self._of.items() if clips]
        closed = kinds[0] if len(kinds) == 1 else bool(self.rng.random() < 0.65)
        fixed = self.fixed_frames or self.recipe.size <= 32
        frames = self.recipe.frames if fixed else int(self.rng.integers(FRAMES[0], FRAMES[1] + 1))
        images, curves = [], []
        for _ in range(self.recipe.clips):
            clip = self._of[closed][int(self.rng.integers(len(self._of[closed])))]
            order, curve = self._cycle(clip, frames) if closed else self._stretch(clip, frames)
            images.append(self._varied(clip.pixels[order]))
            curves.append(curve)
        target = torch.from_numpy(np.stack(curves)).float()
        return Batch(torch.stack(images), target.nan_to_num(0.0), ~target.isnan(), closed)

    def _cycle(self, clip: LabelledClip, frames: int) -> tuple[Whole, Array]:
        """``frames`` of a cycle from any start, and their curve; of some the end of diastole is missing."""
        count = len(clip.pixels)
        covered = 1.0 - (self.rng.uniform(0, MISSING) if self.rng.random() < 0.4 else 0.0)
        waits = not self.fixed_frames and self.rng.random() < 0.6
        hold = self.rng.uniform(0, HOLD) if waits else 0.0
        ed, systole = round(float(clip.eds[0])), float((clip.ess[0] - clip.eds[0]) % count) / count
        time = np.arange(frames) * covered / frames
        since_ed = np.floor(held(time, systole, hold) * count + 1e-9)
        # The nearest frame is taken: the curve of the frame that was, not of the one asked for.
        shown = when(since_ed / count, systole, hold)
        es = systole * (1 - hold)
        shown = np.where((time >= es) & (time < es + hold), time, shown)
        fine = 64 * count
        whole = target_curve(fine, 0.0, (es + READ_AT * hold) * fine)
        curve = whole[np.rint(shown * fine).astype(int) % fine]
        turn = int(self.rng.integers(frames))
        return np.roll((ed + since_ed.astype(int)) % count, turn), np.roll(curve, turn)

    def _stretch(self, clip: LabelledClip, frames: int) -> tuple[Whole, Array]:
        """``frames`` of a clip, every one, second or third; their curve, NaN outside of whole beats."""
        count = len(clip.pixels)
        step = int(self.rng.integers(1, max(1, min(3, count // frames)) + 1))
        start = int(self.rng.integers(max(1, count - step * (frames - 1))))
        order = np.minimum(start + step * np.arange(frames), count - 1)
        return order, target_of_clip(np.arange(count, dtype=float), clip.eds, clip.ess)[order]

    def _varied(self, pixels: U8) -> Tensor:
        x = torch.from_numpy(pixels.astype(np.float32) / 255)[None, :, None]
        x = relight(x, self._torch)[0, :, 0]
        angle, zoom = self.rng.uniform(-math.pi, math.pi), math.exp(self.rng.uniform(-0.3, 0.3))
        mirror = -1.0 if self.rng.random() < 0.5 else 1.0
        c, s = math.cos(angle) * zoom, math.sin(angle) * zoom
        shift = self.rng.normal(0, 0.12, 2)
        turn = torch.tensor([[[c * mirror, -s, shift[0]], [s * mirror, c, shift[1]]]], dtype=torch.float32)
        size = self.recipe.size
        grid = F.affine_grid(turn, [1, 1, size, size], align_corners=False)
        moved = F.grid_sample(x[None], grid, align_corners=False)[0]
        return torch.from_numpy(scaled(moved.numpy()))


def held(time: Array, systole: float, hold: float) -> Array:
    """Phases of a cycle at shares ``time`` of one that stands still at its ES for a share ``hold``.

    Examples
    --------
    >>> held(np.array([0.0, 0.2, 0.4, 0.45, 0.9]), 0.5, 0.2).round(3)
    array([0.   , 0.25 , 0.5  , 0.5  , 0.875])
    """
    es = systole * (1 - hold)
    return np.asarray(np.where(time < es, time, np.maximum(time - hold, es)) / (1 - hold))


def when(phase: Array, systole: float, hold: float) -> Array:
    """The inverse of :func:`held`: when such a cycle is at a phase; at ES, when it begins to fill.

    Examples
    --------
    >>> when(np.array([0.0, 0.25, 0.5, 0.875]), 0.5, 0.2).round(3)
    array([0. , 0.2, 0.6, 0.9])
    """
    return np.asarray(phase * (1 - hold) + np.where(phase < systole, 0.0, hold))
