"""Batches of slices with what is to be predicted of their frames; varied, pictures and outlines together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from lvcine.measure.anchor import Anchor
from lvcine.measure.area import polygon_centroid
from lvcine.measure.lvquan_indices import AREAS, lvquan_indices, septum_of_insertion
from lvcine.measure.rays import ray_radii
from lvcine.study import F32, U8, Array, Contour
from lvcine.systems.quantification.prepare import scaled, wrapped
from lvcine.systems.quantification.recipe import MAP, N_INDICES, RAYS, SIZE, Recipe
from lvcine.systems.quantification.train.data import STORED, OutlinedClip
from lvcine.training.augment import relight
from lvcine.training.items import side_of

REAL_OFTEN = 3
"""A real slice is drawn as often as so many virtual ones."""
WALL_RAYS = 48
"""On which the wall is measured in training: eight a sector."""
NUMBERS = N_INDICES + 2 + 2 * RAYS


class Batch(NamedTuple):
    """Frames (clips, predicted + kappa - 1, 80, 80) and, of the middle ones, what is known.

    Attributes
    ----------
    frames : Tensor
    numbers : Tensor, shape (clips, predicted, 61)
        11 indices, the septum's direction (y, x), radii of endo- and epicardium, as shares of the picture's
        side and square; NaN where not known.
    maps : Tensor, shape (clips, predicted, 2, 40, 40)
        Inside endo- and inside epicardium; NaN where not known.
    phase : Tensor of int64, shape (clips, predicted)
        1 systole, 0 diastole, -1 not known.
    spread : Tensor, shape (61,)
        Standard deviation of each number over all that is learned from.
    """

    frames: Tensor
    numbers: Tensor
    maps: Tensor
    phase: Tensor
    spread: Tensor


def numbers_of(endo: Array, epi: Array, insertion: Array) -> Array:
    """Indices, septum and radii (61,) of outlines in pixels of the 80 x 80 picture; NaN where none.

    Without an epicardium those of the endocardium by itself.
    """
    if not (np.isfinite(endo).all() and np.isfinite(insertion).all()):
        return np.full(NUMBERS, np.nan)
    if not np.isfinite(epi).all():
        numbers = numbers_of(endo, endo, insertion)
        numbers[[1, *range(5, N_INDICES)]] = np.nan
        numbers[-RAYS:] = np.nan
        return numbers
    inner, outer = Contour(endo), Contour(epi)
    septum = septum_of_insertion(inner, insertion)
    indices = lvquan_indices(inner, outer, septum, rays=WALL_RAYS) / SIZE
    indices[AREAS] /= SIZE
    ways = Anchor(septum[None], 1).directions(0, np.linspace(0.0, 2 * np.pi, RAYS, endpoint=False))
    middle = polygon_centroid(endo)
    radii = [ray_radii(line, middle, ways) / SIZE for line in (endo, epi)]
    return np.concatenate([indices, septum, *radii])


def maps_of(endo: Array, epi: Array) -> F32:
    """Share of each pixel (2, 40, 40) inside the outlines, which are stars around the cavity's centroid."""
    out = np.full((2, MAP, MAP), np.nan, np.float32)
    if not np.isfinite(endo).all():
        return out
    middle = polygon_centroid(endo)
    wide = SIZE / MAP
    line = (np.arange(MAP) + 0.5) * wide - 0.5
    y, x = line[:, None] - middle[0], line[None] - middle[1]
    angle, far = np.arctan2(y, x), np.hypot(y, x)
    for k, points in enumerate((endo, epi)):
        if np.isfinite(points).all():
            around = points - middle
            at, radius = np.arctan2(around[:, 0], around[:, 1]), np.hypot(*around.T)
            border = np.interp(angle.ravel(), at, radius, period=2 * np.pi)
            out[k] = np.clip((border.reshape(far.shape) - far) / wide + 0.5, 0.0, 1.0)
    return out


def centred(clip: OutlinedClip) -> U8:
    """The net's form of a stored clip: its middle, (T, 80, 80)."""
    a = (STORED - SIZE) // 2
    return clip.pixels[:, a : a + SIZE, a : a + SIZE]


def truth_of(clip: OutlinedClip) -> Array:
    """What a reader would measure in each frame of :func:`centred`, (T, 61)."""
    endo, epi, insertion = (
        p.astype(float) - (STORED - SIZE) / 2.0 for p in (clip.endo, clip.epi, clip.insertion)
    )
    truth = np.stack([numbers_of(endo[t], epi[t], insertion[t]) for t in range(len(clip.pixels))])
    if clip.indices is not None:
        truth[:, :N_INDICES] = clip.indices
    return truth


class Sampler:
    """Draws batches; all that is random comes from one generator.

    Attributes
    ----------
    mean, spread : Tensor, shape (61,)
        Of the numbers that are predicted, over all that is learned from.
    """

    def __init__(self, clips: Sequence[OutlinedClip], recipe: Recipe, seed: int) -> None:
        virtual, real = ([c for c in clips if (side_of(c.name) is None) is kind] for kind in (False, True))
        self.clips, self.recipe, self.rng = virtual + real * REAL_OFTEN, recipe, np.random.default_rng(seed)
        self._torch = torch.Generator().manual_seed(int(self.rng.integers(2**31)))
        self._unvaried: dict[str, tuple[F32, Array, F32]] = {}
        numbers = np.concatenate([truth_of(clip)[::4] for clip in self.clips[:200]])
        numbers = numbers[np.isfinite(numbers).all(1)]
        self.mean, self.spread = (torch.from_numpy(v).float() for v in (numbers.mean(0), numbers.std(0)))

    def __call__(self, step: int) -> Batch:
        """The batch of a step; the number of the step plays no part."""
        parts = [self._clip() for _ in range(self.recipe.clips)]
        frames, numbers, maps, phase = (np.stack(part) for part in zip(*parts, strict=True))
        x = torch.from_numpy(frames)
        if self.recipe.varied:
            lit = relight(x[:, :, None], self._torch)[:, :, 0].numpy()
            x = torch.from_numpy(np.stack([scaled(clip) for clip in lit]))
        return Batch(
            x,
            torch.from_numpy(numbers).float(),
            torch.from_numpy(maps),
            torch.from_numpy(phase.astype(np.int64)),
            self.spread,
        )

    def _clip(self) -> tuple[F32, Array, F32, NDArray[np.int8]]:
        clip = self.clips[int(self.rng.integers(len(self.clips)))]
        count, half = len(clip.pixels), self.recipe.kappa // 2
        length = self.recipe.predicted + 2 * half
        # Other scanners take fewer frames a beat: some are left out, evenly.
        step = float(self.rng.uniform(1.0, 1.6)) if self.recipe.varied and self.rng.random() < 0.5 else 1.0
        first = int(self.rng.integers(count))
        order = (first + np.floor(np.arange(length) * step).astype(int)) % count
        middle = order[half : half + self.recipe.predicted]
        if not self.recipe.varied:
            frames, numbers, maps = self._as_stored(clip)
            return frames[order], numbers[middle], maps[middle], clip.phase[middle]
        move = _Move.random(self.rng)
        endo, epi, insertion = (
            move.to_picture(p[middle].astype(float)) for p in (clip.endo, clip.epi, clip.insertion)
        )
        each = range(len(middle))
        numbers = np.stack([numbers_of(endo[k], epi[k], insertion[k]) for k in each])
        maps = np.stack([maps_of(endo[k], epi[k]) for k in each])
        return move.resample(clip.pixels[order]), numbers, maps, clip.phase[middle]

    def _as_stored(self, clip: OutlinedClip) -> tuple[F32, Array, F32]:
        if clip.name not in self._unvaried:
            off = (STORED - SIZE) / 2.0
            pairs = zip(clip.endo.astype(float) - off, clip.epi.astype(float) - off, strict=True)
            maps = np.stack([maps_of(*pair) for pair in pairs])
            self._unvaried[clip.name] = scaled(centred(clip)), truth_of(clip), maps
        return self._unvaried[clip.name]


@dataclass(frozen=True)
class _Move:
    """How the picture is turned, scaled, sheared, shifted and bent against the stored one.

    A point p of the picture shows what is stored at middle + shape (p - centre) + bend(p).
    """

    shape: Array
    middle: Array
    waves: Array  # (n, 5): frequency (y, x), start, amplitude (y, x)

    @classmethod
    def random(cls, rng: np.random.Generator) -> _Move:
        angle, zoom = rng.normal(0.0, 0.2), np.exp(rng.uniform(-0.25, 0.25))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        stretch = np.exp(rng.normal(0.0, 0.05))
        shear = np.array([[stretch, rng.normal(0.0, 0.05)], [0.0, 1.0 / stretch]])
        waves = np.concatenate(
            [rng.normal(0, 0.06, (3, 2)), rng.uniform(0, 2 * np.pi, (3, 1)), rng.normal(0, 0.9, (3, 2))], 1
        )
        middle = (STORED - 1) / 2.0 + rng.normal(0.0, 3.0, 2)
        return cls(zoom * turn @ shear, middle, waves)

    def to_stored(self, points: Array) -> Array:
        return self.middle + (points - (SIZE - 1) / 2.0) @ self.shape.T + self._bend(points)

    def to_picture(self, stored: Array) -> Array:
        back = np.linalg.inv(self.shape).T
        points = (stored - self.middle) @ back + (SIZE - 1) / 2.0
        for _ in range(6):
            points = points + (stored - self.to_stored(points)) @ back
        return np.asarray(points)

    def resample(self, pixels: U8) -> F32:
        """Stored frames (T, 120, 120) -> (T, 80, 80), 0 to 1."""
        grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij"), -1).reshape(-1, 2)
        at = self.to_stored(grid.astype(float)).reshape(1, SIZE, SIZE, 2)[..., ::-1]
        at = torch.from_numpy(np.ascontiguousarray(2 * at / (STORED - 1) - 1, np.float32))
        x = torch.from_numpy(pixels).float().div_(255)[None]
        return np.asarray(F.grid_sample(x, at, align_corners=True)[0].numpy())

    def _bend(self, points: Array) -> Array:
        phase = points @ self.waves[:, :2].T + self.waves[:, 2]
        return np.asarray(np.sin(phase) @ self.waves[:, 3:])


def as_input(clip: OutlinedClip, kappa: int) -> Tensor:
    """A whole cycle as the net takes it, (1, T + kappa - 1, 80, 80)."""
    return torch.from_numpy(wrapped(scaled(centred(clip)), kappa))[None]
