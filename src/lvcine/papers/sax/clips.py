"""Whole cycles cut around the LV, as the paper's net sees them: for its training and for its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lvcine.localise import find_by_motion
from lvcine.systems.sax.prepare import normalise
from lvcine.systems.sax.recipe import Paper

U8 = NDArray[np.uint8]
UNSURE = 0.9
"""A place with a rival this near to it is not taken: the middle of the picture is (operators put
the heart there)."""


@dataclass(frozen=True)
class Clip:
    """The cycle of one slice.

    Attributes
    ----------
    subject, name : str
    pixels, labels : ndarray of uint8, shape (T, size, size)
        Around the LV, with a margin for shifts; labels 0 background, 1 cavity, 2 myocardium.
    lost : int
        Pixels of the LV's truth, over all frames, that lie outside of this cut: they count as missed.
    """

    subject: str
    name: str
    pixels: U8
    labels: U8
    lost: int


def around_lv(subject: str, name: str, pixels: U8, labels: U8, paper: Paper, margin: int = 8) -> list[Clip]:
    """Centre crop, LV found by motion and circles, cut with a margin.

    Parameters
    ----------
    subject, name : str
    pixels, labels : ndarray, shape (Z, T, Y, X)
        At ``paper.spacing_mm``.
    paper : Paper
    margin : int
        Pixels around ``paper.size``.

    Returns
    -------
    list of Clip
        One per slice.
    """
    pixels, labels = (_cut(a, np.array(a.shape[2:]) / 2.0, paper.field) for a in (pixels, labels))
    middle = np.array(pixels.shape[2:]) / 2.0
    place = find_by_motion(pixels, (paper.spacing_mm, paper.spacing_mm))
    if place is not None and place.second_best < UNSURE:
        middle = np.array(place.centre)
    size = paper.size + 2 * margin
    return [
        Clip(
            subject,
            f"{name}-{z}",
            _cut(p, middle, size),
            cut := _cut(m, middle, size),
            int(_lv(m) - _lv(cut)),
        )
        for z, (p, m) in enumerate(zip(pixels, labels, strict=True))
    ]


def _lv(labels: U8) -> int:
    return int((labels > 0).sum())


def _cut(a: U8, middle: NDArray[np.float64], size: int) -> U8:
    """(..., Y, X) -> (..., size, size) around ``middle``; zeros beyond the picture."""
    padded = np.pad(a, [(0, 0)] * (a.ndim - 2) + [(size, size)] * 2)
    y, x = (int(round(float(m) - size / 2)) + size for m in middle)
    y, x = (min(max(v, 0), n - size) for v, n in zip((y, x), padded.shape[-2:], strict=True))
    return np.ascontiguousarray(padded[..., y : y + size, x : x + size])


def as_input(pixels: NDArray[np.generic]) -> Tensor:
    """Frames (T, Y, X) of one slice -> (T, 1, Y, X), scaled as for every net of this room."""
    return torch.from_numpy(normalise(pixels))[:, None]


@dataclass
class ClipSampler:
    """Draws batches of whole or partial cycles, turned, flipped, shifted and relit at random."""

    clips: Sequence[Clip]
    size: int
    rng: np.random.Generator

    def batch(self, count: int, frames: int) -> tuple[Tensor, Tensor]:
        """Images (count * frames, 1, size, size) and labels (count * frames, size, size).

        Frames follow each other round the cycle from any of them on.
        """
        images, labels = [], []
        for _ in range(count):
            clip = self.clips[int(self.rng.integers(len(self.clips)))]
            order = (int(self.rng.integers(len(clip.pixels))) + np.arange(frames)) % len(clip.pixels)
            y, x = self.rng.integers(0, clip.pixels.shape[1] - self.size + 1, 2)
            window = (order, slice(y, y + self.size), slice(x, x + self.size))
            quarter, flip = int(self.rng.integers(4)), bool(self.rng.random() < 0.5)
            image, label = (_turned(a[window], quarter, flip) for a in (clip.pixels, clip.labels))
            images.append(as_input((image / 255.0) ** float(np.exp(self.rng.normal(0, 0.25)))))
            labels.append(torch.from_numpy(label.astype(np.int64)))
        return torch.cat(images), torch.cat(labels)


def _turned(a: U8, quarter: int, flip: bool) -> U8:
    turned = np.rot90(a, quarter, (1, 2))
    return np.ascontiguousarray(turned[..., ::-1] if flip else turned)
