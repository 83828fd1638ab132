"""Stacks painted around cavities that a reader drew: real shapes at ED and ES in made pictures.

Of 335 patients of the Data Science Bowl 2015 the drawn cavities are known, not the pictures. Their sizes,
their shapes and in how many slices there is a cavity at either time are those of real hearts. All around is
painted as for synthetic shapes (:mod:`lvcine.systems.sax.train.synthetic_shapes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

from lvcine.read.datasets.sunnybrook import signed_depth
from lvcine.study import U8, Array, Bools
from lvcine.systems.sax.train.synthetic_shapes import (
    FRAMES,
    SIZE,
    Beat,
    Rings,
    cover,
    draw_rings,
    paint_slice,
    polar,
)
from lvcine.training.labelled import SPACING_MM, LabelledStudy

FILE = "dsb_cavity_masks.npz"
SUBJECT = "dsb-cavities"
"""All of them stand on one side of the split, under one name."""
FEWEST = 5
"""Slices with a cavity at ED; patients with fewer are left out."""


@dataclass(frozen=True)
class Drawn:
    """One patient's cavities.

    Attributes
    ----------
    patient : int
    depth : ndarray, shape (Z, 2, SIZE, SIZE)
        mm inside the cavity at ED and at ES on the grid that nets learn on; base first.
    there : ndarray of bool, shape (Z, 2)
        Whether a cavity was drawn.
    """

    patient: int
    depth: Array
    there: Bools


def drawn_cavities(data: Path) -> Iterator[LabelledStudy]:
    """A painted stack of every patient in :data:`FILE`; nothing where the file is not in the folder."""
    file = data / FILE
    if file.is_file():
        for drawn in read_drawn(file):
            yield painted(drawn, np.random.default_rng(drawn.patient))


def read_drawn(file: Path) -> Iterator[Drawn]:
    """Every patient whose cavity was drawn in at least :data:`FEWEST` slices."""
    with np.load(file) as stored:
        packed, shape = stored["packed"], tuple(int(n) for n in stored["shape"])
        patients, positions, frames = (stored[k] for k in ("patient", "position_mm", "frame"))
    for patient in np.unique(patients):
        heights = np.unique(positions[patients == patient])
        masks = np.zeros((len(heights), 2, *shape), bool)
        for i in np.flatnonzero(patients == patient):
            z = int(np.searchsorted(heights, positions[i]))
            masks[z, int(frames[i] > 1)] = np.unpackbits(packed[i])[: shape[0] * shape[1]].reshape(shape)
        drawn = _placed(int(patient), masks)
        if drawn is not None:
            yield drawn


def _placed(patient: int, masks: Bools) -> Drawn | None:
    """Cavities (Z, 2, Y, X) at 1 mm on the nets' grid, base first: it is the apex that tapers."""
    areas = masks.sum((2, 3))
    if (areas[:, 0] > 0).sum() < FEWEST or not areas[:, 1].any():
        return None
    ends = np.flatnonzero(areas[:, 0])
    if np.average(np.arange(len(areas)), weights=areas[:, 0]) > ends.mean():
        masks, areas = masks[::-1], areas[::-1]
    middle = np.argwhere(masks.any((0, 1))).mean(0)
    line = (np.arange(SIZE) - (SIZE - 1) / 2.0) * SPACING_MM
    grid = np.meshgrid(line + middle[0], line + middle[1], indexing="ij")
    depth = np.full((*areas.shape, SIZE, SIZE), -99.0)
    for z, t in np.argwhere(areas > 0):
        # The mask's own outer half pixel lies inside its border.
        depth[z, t] = map_coordinates(signed_depth(masks[z, t]), grid, order=1, mode="nearest")
    return Drawn(patient, depth, areas > 0)


def painted(drawn: Drawn, rng: np.random.Generator) -> LabelledStudy:
    """Pictures and labels (0-3) around a patient's cavities, from an empty slice above the base on."""
    ed = np.flatnonzero(drawn.there[:, 0])
    widest = float(np.sqrt((drawn.depth[:, 0] > 0).sum((1, 2)).max() * SPACING_MM**2 / np.pi))
    rings = replace(draw_rings(rng), radius=widest)
    leaves = float(rng.uniform(0.3, 0.9))  # share of the way to ES at which the base has come down
    slices = []
    for z in range(int(ed[0]), int(ed[-1]) + 1):
        down = (z - ed[0]) / max(len(ed) - 1, 1)
        slices.append(_slice(rng, rings, drawn, z, down, leaves))
    pixels, labels = (np.stack(part) for part in zip(*slices, strict=True))
    return LabelledStudy(f"{SUBJECT}~{drawn.patient:04d}", pixels, labels)


def _slice(
    rng: np.random.Generator, rings: Rings, drawn: Drawn, z: int, down: float, leaves: float
) -> tuple[U8, U8]:
    (first, last), (at_ed, at_es) = drawn.depth[z], drawn.there[z]
    shape = first if at_ed else last
    inside = np.argwhere(shape > 0)
    middle = (inside.mean(0) - (SIZE - 1) / 2.0) * SPACING_MM
    theta, _ = polar(middle)
    # The wall thins to the apex, as walls do.
    thick = rings.wall * np.clip(rings.thick.at(theta), 0.35, 1.9) * (1.0 - 0.4 * down)
    wall = _area(first + thick) - _area(first) if at_ed else _area(last + thick) - _area(last)
    radius = float(np.sqrt(_area(shape) / np.pi))
    base = not at_es and down < 0.5
    beats: list[Beat | None] = []
    for s in rings.squeeze:
        if base and s > leaves:
            beats.append(None)
            continue
        cavity = (1.0 - s) * first + s * last if at_ed and at_es else shape - _closing(shape, s, at_ed, base)
        heart = cavity + _grown(cavity, thick, wall * (1.0 + 0.25 * s)) * thick
        beats.append(Beat(cavity, heart, float(np.sqrt(max(_area(cavity), 1.0) / np.pi))))
    pixels, labels = paint_slice(rng, rings, middle, beats, radius, down)
    if base:
        _atrium(rng, rings, pixels, beats, shape)
    return pixels, labels


def _closing(shape: Array, squeeze: float, at_ed: bool, base: bool) -> float:
    """mm by which a cavity that is drawn at one time alone draws in."""
    far = squeeze if at_ed else 1.0 - squeeze
    return float((2.0 if base else shape.max() + 0.5) * far)


def _area(depth: Array) -> float:
    return float((depth > 0).sum()) * SPACING_MM**2


def _grown(cavity: Array, thick: Array, wall_mm2: float) -> float:
    """How many times ``thick`` the wall is, so that it has this area."""
    low, high = 0.2, 6.0
    for _ in range(12):
        middle = (low + high) / 2.0
        if _area(cavity + middle * thick) - _area(cavity) < wall_mm2:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _atrium(
    rng: np.random.Generator, rings: Rings, pixels: U8, beats: list[Beat | None], shape: Array
) -> None:
    """Where the base has come down: blood with a thin wall in the ventricle's place, into the pixels."""
    wide, wall = float(rng.uniform(-3.0, 5.0)), float(rng.uniform(0.5, 3.0))
    blood = float(rng.uniform(0.8, 1.1))
    for t in range(FRAMES):
        if beats[t] is None:
            picture = pixels[t] / 120.0
            for depth, level in ((shape + wide + wall, rings.muscle), (shape + wide, blood)):
                picture += cover(depth, rings.edge) * (level - picture)
            noise = rings.noise * rng.normal(size=picture.shape)
            pixels[t] = np.clip((picture + noise) * 120.0, 0, 255)
