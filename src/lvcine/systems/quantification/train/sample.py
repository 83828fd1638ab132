"""Batches of slices with what is to be told of their frames; varied, pictures and outlines together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from lvcine.measure.anchor import Anchor
from lvcine.measure.area import polygon_centroid
from lvcine.measure.lvquan_indices import AREAS, lvquan_indices, septum_of_insertion
from lvcine.measure.rays import ray_radii
from lvcine.study import Contour
from lvcine.systems.quantification.prepare import scaled, wrapped
from lvcine.systems.quantification.recipe import MAP, RAYS, SIZE, TOLD, Recipe
from lvcine.systems.quantification.train.data import STORED, OutlinedClip
from lvcine.training.augment import relight

Array = NDArray[np.float64]

WALL_RAYS = 48
"""On which the wall is measured in training: eight a sector."""
NUMBERS = TOLD + 2 + 2 * RAYS


@dataclass(frozen=True)
class Batch:
    """Frames (clips, told + kappa - 1, 80, 80) and, of the middle ones, what is known.

    Attributes
    ----------
    frames : Tensor
    numbers : Tensor, shape (clips, told, 61)
        11 indices, the septum's direction (y, x), radii of endo- and epicardium, as shares of the picture's
        side and square; NaN where not known.
    maps : Tensor, shape (clips, told, 2, 40, 40)
        Inside endo- and inside epicardium; NaN where not known.
    phase : Tensor of int64, shape (clips, told)
        1 systole, 0 diastole, -1 not known.
    """

    frames: Tensor
    numbers: Tensor
    maps: Tensor
    phase: Tensor


def numbers_of(endo: Array, epi: Array, insertion: Array) -> Array:
    """Indices, septum and radii (61,) of outlines in pixels of the 80 x 80 picture; NaN where none.

    Without an epicardium what the endocardium tells by itself.
    """
    if not (np.isfinite(endo).all() and np.isfinite(insertion).all()):
        return np.full(NUMBERS, np.nan)
    if not np.isfinite(epi).all():
        numbers = numbers_of(endo, endo, insertion)
        numbers[[1, *range(5, TOLD)]] = np.nan
        numbers[-RAYS:] = np.nan
        return numbers
    inner, outer = Contour(endo), Contour(epi)
    septum = septum_of_insertion(inner, insertion)
    told = lvquan_indices(inner, outer, septum, rays=WALL_RAYS) / SIZE
    told[AREAS] /= SIZE
    ways = Anchor(septum[None], 1).directions(0, np.linspace(0.0, 2 * np.pi, RAYS, endpoint=False))
    middle = polygon_centroid(endo)
    radii = [ray_radii(line, middle, ways) / SIZE for line in (endo, epi)]
    return np.concatenate([told, septum, *radii])


def maps_of(endo: Array, epi: Array) -> NDArray[np.float32]:
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
            border = np.interp(
                angle.ravel(), *_by_angle(np.arctan2(around[:, 0], around[:, 1]), np.hypot(*around.T)),
                period=2 * np.pi,
            )  # fmt: skip
            out[k] = np.clip((border.reshape(far.shape) - far) / wide + 0.5, 0.0, 1.0)
    return out


def _by_angle(angle: Array, radius: Array) -> tuple[Array, Array]:
    order = np.argsort(angle)
    return angle[order], radius[order]


def centred(clip: OutlinedClip) -> NDArray[np.uint8]:
    """The net's form of a stored clip: its middle, (T, 80, 80)."""
    a = (STORED - SIZE) // 2
    return clip.pixels[:, a : a + SIZE, a : a + SIZE]


def truth_of(clip: OutlinedClip) -> Array:
    """What a reader would tell of each frame of :func:`centred`, (T, 61)."""
    endo, epi, insertion = (p - (STORED - SIZE) / 2.0 for p in (clip.endo, clip.epi, clip.insertion))
    truth = np.stack([numbers_of(endo[t], epi[t], insertion[t]) for t in range(len(clip.pixels))])
    if clip.told is not None:
        truth[:, :TOLD] = clip.told
    return truth


@dataclass
class Sampler:
    """Draws batches; all that is random comes from one generator."""

    clips: Sequence[OutlinedClip]
    recipe: Recipe
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._torch = torch.Generator().manual_seed(int(self.rng.integers(2**31)))
        self._still: dict[str, tuple[NDArray[np.float32], Array, NDArray[np.float32]]] = {}

    def batch(self) -> Batch:
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
        )

    def _clip(self) -> tuple[NDArray[np.float32], Array, NDArray[np.float32], NDArray[np.int8]]:
        clip = self.clips[int(self.rng.integers(len(self.clips)))]
        count, half = len(clip.pixels), self.recipe.kappa // 2
        length = self.recipe.told + 2 * half
        # Other scanners take fewer frames a beat: some are left out, evenly.
        step = float(self.rng.uniform(1.0, 1.6)) if self.recipe.varied and self.rng.random() < 0.5 else 1.0
        first = int(self.rng.integers(count))
        order = (first + np.floor(np.arange(length) * step).astype(int)) % count
        told = order[half : half + self.recipe.told]
        if not self.recipe.varied:
            frames, numbers, maps = self._as_stored(clip)
            return frames[order], numbers[told], maps[told], clip.phase[told]
        move = _Move.drawn(self.rng)
        endo, epi, insertion = (move.to_picture(p[told]) for p in (clip.endo, clip.epi, clip.insertion))
        drawn = range(len(told))
        numbers = np.stack([numbers_of(endo[k], epi[k], insertion[k]) for k in drawn])
        maps = np.stack([maps_of(endo[k], epi[k]) for k in drawn])
        return move.resample(clip.pixels[order]), numbers, maps, clip.phase[told]

    def _as_stored(self, clip: OutlinedClip) -> tuple[NDArray[np.float32], Array, NDArray[np.float32]]:
        if clip.name not in self._still:
            off = (STORED - SIZE) / 2.0
            pairs = zip(clip.endo - off, clip.epi - off, strict=True)
            maps = np.stack([maps_of(*pair) for pair in pairs])
            self._still[clip.name] = scaled(centred(clip)), truth_of(clip), maps
        return self._still[clip.name]


@dataclass(frozen=True)
class _Move:
    """How the picture is turned, scaled, sheared, shifted and bent against the stored one.

    A point p of the picture shows what is stored at middle + shape (p - centre) + bend(p).
    """

    shape: Array
    middle: Array
    waves: Array  # (n, 5): frequency (y, x), start, amplitude (y, x)

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> _Move:
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

    def resample(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
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
