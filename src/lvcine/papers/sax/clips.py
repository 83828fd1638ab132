"""Whole cycles cut around the LV, as the paper's net sees them: for its training and for its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lvcine.localise import find_by_motion
from lvcine.papers.sax.circular import Paper
from lvcine.study import U8, Array
from lvcine.systems.sax.prepare import normalise
from lvcine.systems.sax.train.sample import Batch

UNSURE = 0.9
"""A place with a second best this near to it is not taken: the middle of the picture is (operators put
the heart there)."""


@dataclass(frozen=True)
class Scan:
    """One scan of a subject.

    Attributes
    ----------
    name : str
        ``SUBJECT~TIME``.
    pixels : ndarray of uint8, shape (Z, T, Y, X)
        At ``Paper.spacing_mm``.
    labels : ndarray of uint8, same shape
        0 background, 1 cavity, 2 myocardium.
    """

    name: str
    pixels: U8
    labels: U8


@dataclass(frozen=True)
class Clip:
    """The cycle of one slice.

    Attributes
    ----------
    name : str
        ``SUBJECT~TIME-SLICE``.
    pixels, labels : ndarray of uint8, shape (T, size, size)
        Around the LV, with a margin for shifts; labels 0 background, 1 cavity, 2 myocardium.
    lost : int
        Pixels of the LV's truth, over all frames, that lie outside of this cut: they count as missed.
    """

    name: str
    pixels: U8
    labels: U8
    lost: int

    def middle(self, size: int) -> tuple[U8, U8]:
        """Pixels and labels (T, size, size) without the margin."""
        margin = (self.pixels.shape[1] - size) // 2
        inside = slice(margin, margin + size)
        return self.pixels[:, inside, inside], self.labels[:, inside, inside]


def around_lv(scan: Scan, paper: Paper, margin: int = 8) -> Iterator[Clip]:
    """Centre crop, LV found by motion and circles, each slice cut to ``paper.size`` and a margin."""
    pixels, labels = (_cut(a, np.array(a.shape[2:]) / 2.0, paper.field) for a in (scan.pixels, scan.labels))
    middle = np.array(pixels.shape[2:]) / 2.0
    place = find_by_motion(pixels, (paper.spacing_mm, paper.spacing_mm))
    if place is not None and place.second_best < UNSURE:
        middle = np.array(place.centre)
    size = paper.size + 2 * margin
    for z, whole in enumerate(labels):
        cut = _cut(whole, middle, size)
        yield Clip(
            f"{scan.name}-{z}", _cut(pixels[z], middle, size), cut, int((whole > 0).sum() - (cut > 0).sum())
        )


def _cut(a: U8, middle: Array, size: int) -> U8:
    """(..., Y, X) -> (..., size, size) around ``middle``; zeros beyond the picture."""
    padded = np.pad(a, [(0, 0)] * (a.ndim - 2) + [(size, size)] * 2)
    y, x = (int(round(float(m) - size / 2)) + size for m in middle)
    y, x = (min(max(v, 0), n - size) for v, n in zip((y, x), padded.shape[-2:], strict=True))
    return np.ascontiguousarray(padded[..., y : y + size, x : x + size])


def as_input(pixels: NDArray[np.generic]) -> Tensor:
    """Frames (T, Y, X) of one slice -> (T, 1, Y, X), scaled as for every net of `sax`."""
    return torch.from_numpy(normalise(pixels))[:, None]


class ClipSampler:
    """Draws batches of whole or partial cycles, turned, flipped, shifted and relit at random.

    ``count`` clips of ``frames`` each, which follow each other round the cycle from any of them on.
    """

    def __init__(self, clips: Sequence[Clip], paper: Paper, seed: int, *, count: int, frames: int) -> None:
        self.clips, self.size, self.count, self.frames = clips, paper.size, count, frames
        self.rng = np.random.default_rng(seed)

    def __call__(self, step: int) -> Batch:
        """Images (count * frames, 1, size, size) and labels (count * frames, size, size)."""
        images, labels = [], []
        for _ in range(self.count):
            clip = self.clips[int(self.rng.integers(len(self.clips)))]
            order = (int(self.rng.integers(len(clip.pixels))) + np.arange(self.frames)) % len(clip.pixels)
            y, x = self.rng.integers(0, clip.pixels.shape[1] - self.size + 1, 2)
            window = (order, slice(y, y + self.size), slice(x, x + self.size))
            quarter, flip = int(self.rng.integers(4)), bool(self.rng.random() < 0.5)
            image, label = (_turned(a[window], quarter, flip) for a in (clip.pixels, clip.labels))
            images.append(as_input((image / 255.0) ** float(np.exp(self.rng.normal(0, 0.25)))))
            labels.append(torch.from_numpy(label.astype(np.int64)))
        return Batch(torch.cat(images), torch.cat(labels), self.count)


def _turned(a: U8, quarter: int, flip: bool) -> U8:
    turned = np.rot90(a, quarter, (1, 2))
    return np.ascontiguousarray(turned[..., ::-1] if flip else turned)
