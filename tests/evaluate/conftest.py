"""Hearts of circles, as the files of labelled data sets, and a segmenter whose errors are known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from lvcine.engine import Card
from lvcine.study import CAVITY, MYOCARDIUM, Cine, Contour, Geometry, Mask, Segmentation, View
from lvcine.systems.sax.infer import SaxResult

ANGLES = np.linspace(0, 2 * np.pi, 180, endpoint=False)
RING = np.stack([np.sin(ANGLES), np.cos(ANGLES)], axis=1)
SIZE, SPACING_MM, STEP_MM, WALL_MM = 64, 1.5, 10.0, 9.0
ED, ES = 3, 1  # of four frames
SLICES, FRAMES = 6, 4
MIDDLE = (SIZE - 1) / 2
TO_APEX = np.array([2.0, -2.0, -1.0]) / 3  # left, forward, down, as a heart lies; slice 0 is the base


def radius_mm(z: int, t: int) -> float:
    """Slices 1 to 4 hold the ventricle; ES is 30 % narrower than ED."""
    beat = {ED: 1.0, ES: 0.7}.get(t, 0.85)
    return (24.0 - 2.0 * z) * beat if 1 <= z <= 4 else 0.0


def circle(radius: float, centre: tuple[float, float] = (MIDDLE, MIDDLE)) -> Contour:
    return Contour(np.asarray(centre) + RING * radius / SPACING_MM)


def cine(frames: tuple[int, ...] = tuple(range(FRAMES)), phases_only: bool = False) -> Cine:
    """Noise: every picture is another, which is all that matters here."""
    rows, columns = np.array([2.0, 1.0, 2.0]) / 3, np.array([1.0, 2.0, -2.0]) / 3
    origins = np.arange(SLICES)[:, None] * STEP_MM * TO_APEX
    geometry = Geometry(origins, SPACING_MM * rows, SPACING_MM * columns, thickness_mm=STEP_MM)
    pixels = np.random.default_rng(1).integers(1, 2000, (SLICES, FRAMES, SIZE, SIZE)).astype(np.uint16)
    times = np.tile(np.arange(len(frames)) * 225.0, (SLICES, 1))
    return Cine(
        pixels[:, list(frames)],
        geometry,
        times_ms=times,
        cycle_ms=np.full(SLICES, 900.0),
        view=View.SAX,
        phases_only=phases_only,
    )


def labels(frames: tuple[int, ...] = tuple(range(FRAMES))) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE] - MIDDLE
    r = SPACING_MM * np.hypot(y, x)
    out = np.zeros((SLICES, len(frames), SIZE, SIZE), np.uint8)
    for z, i in np.ndindex(out.shape[:2]):
        inner = radius_mm(z, frames[i])
        if inner:
            out[z, i][r < inner + WALL_MM] = MYOCARDIUM
            out[z, i][r < inner] = CAVITY
    return out


@dataclass
class KnownErrors:
    """Stands in for the net: the true contours, made larger, moved or lost as a test says."""

    scale: float = 1.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    lost: set[tuple[int, int]] = field(default_factory=set)
    added: dict[tuple[int, int], float] = field(default_factory=dict)
    frames: tuple[int, ...] = tuple(range(FRAMES))
    seen: list[Cine] = field(default_factory=list)

    def __call__(self, cine, runtime, *, stated=None, progress=None):
        self.seen.append(cine)
        endo, epi = ([[None] * cine.frames for _ in range(cine.slices)] for _ in range(2))
        mask = np.zeros(cine.pixels.shape, np.uint8)
        y, x = np.mgrid[: mask.shape[2], : mask.shape[3]]
        centre = MIDDLE + self.shift_px[0], MIDDLE + self.shift_px[1]
        r = SPACING_MM * np.hypot(y - centre[0], x - centre[1])
        heights = np.rint(cine.geometry.origins_mm @ TO_APEX / STEP_MM).astype(int)
        for at, i in np.ndindex(cine.pixels.shape[:2]):
            z, t = int(heights[at] - heights.min()), self.frames[i]
            inner = self.added.get((z, t), self.scale * radius_mm(z, t))
            if inner and (z, t) not in self.lost:
                endo[at][i], epi[at][i] = circle(inner, centre), circle(inner + WALL_MM, centre)
                mask[at, i][r < inner + WALL_MM] = MYOCARDIUM
                mask[at, i][r < inner] = CAVITY
        segmentation = Segmentation(Mask(mask), tuple(map(tuple, endo)), tuple(map(tuple, epi)))
        return SaxResult(segmentation, (), {"name": "circles", "sha256": "0" * 64, "engine": runtime.engine})


@pytest.fixture
def net(monkeypatch) -> KnownErrors:
    errors = KnownErrors()
    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", errors)
    card = Card("sax", "Circles.", {"sax.onnx": "0" * 64}, split={"training": ("SC-N-90",)})
    monkeypatch.setattr("lvcine.evaluate.results.read_card", lambda name, folder=None: card)
    return errors
