"""What is learned from: short-axis slices of virtual hearts over the cycle, with their outlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lvcine.localise import Window
from lvcine.measure.area import polygon_area, polygon_centroid
from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.contours import crossings_mm
from lvcine.phantom.indices import SliceIndices, cine_indices
from lvcine.phantom.labels import EXACT, Reader
from lvcine.phantom.mr import Protocol, bent, render
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import Scene, draw_scene
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.views import Plane, short_axis
from lvcine.study import U8, Array
from lvcine.systems.quantification.prepare import side_of
from lvcine.systems.quantification.recipe import SIZE
from lvcine.training.items import virtual_subject_name
from lvcine.training.virtual_hearts import READER, virtual_subject

STORED = 120
"""Pixels of a stored picture; the middle :data:`SIZE` are the net's form, the rest is room to move it."""
POINTS = 96
"""Of a stored outline, evenly spaced around the cavity's centroid."""
LEAST_MM = 0.5
"""Radius of a cavity that a reader would draw as closed: outlines stay outlines."""
HEIGHTS = (0.2, 0.82)
"""Of the slices as shares of the LV's length, base to apex."""


@dataclass(frozen=True)
class OutlinedClip:
    """The cycle of one slice in the net's form, with a margin, and both outlines of every frame.

    Attributes
    ----------
    name : str
        ``SUBJECT~SLICE``.
    pixels : ndarray of uint8, shape (T, 120, 120)
        Septum on the left, anterior up.
    endo, epi : ndarray, shape (T, 96, 2)
        (y, x) in these pixels; NaN where nothing was drawn.
    insertion : ndarray, shape (T, 2)
        The RV's anterior insertion, (y, x).
    phase : ndarray of int8, shape (T,)
        1 systole, 0 diastole, -1 not known.
    pixel_mm : float
    indices : ndarray, shape (T, 11), or None
        As shares of the 80-pixel picture where a file gives them; they go before the outlines.
    """

    name: str
    pixels: U8
    endo: Array
    epi: Array
    insertion: Array
    phase: NDArray[np.int8]
    pixel_mm: float
    indices: Array | None = None


def make(number: int, side: str, slices: int = 3) -> Iterator[OutlinedClip]:
    """Slices of one heart's number whose ring is whole all the cycle, as varied as scans of patients are."""
    scene, protocol, rng = virtual_subject(seed_of("quantification", side, number))
    frames = int(rng.integers(18, 31))
    start = float(rng.integers(frames)) if rng.random() < 0.3 else 0.0
    protocol = replace(
        protocol, size=152, spacing_mm=1.3, shift_mm=0.0, drift_mm=(0.0, 0.0), turn=0.0,
        phases=tuple((np.arange(frames) + start) / frames % 1.0),
        window=float(rng.uniform(0.5, 1.1)) / frames,
    )  # fmt: skip
    heights = rng.uniform(*HEIGHTS, slices)
    subject = virtual_subject_name(side, number)
    yield from _rendered(subject, scene, protocol, heights, rng, READER)


def table_clip(number: int, side: str, frames: int = 20, use: str = "quantification") -> OutlinedClip:
    """The slice of a subject of the virtual LVQuan: mid-ventricular, its outlines exact.

    The wall has no trabeculae, so that there is one endocardium and the closed form is the whole truth.
    """
    rng = np.random.default_rng(seed_of(use, side, number))
    heart = draw_heart(rng)
    scene = draw_scene(heart, rng, spread=0.5)
    scene = replace(scene, anatomy=replace(scene.anatomy, trabeculae_mm=0.0))
    protocol = Protocol(
        size=152, spacing_mm=1.3, thickness_mm=8.0, phases=tuple(np.arange(frames) / frames),
        window=0.8 / frames, noise=float(rng.uniform(0.015, 0.04)), shift_mm=0.0,
        offset_mm=(float(rng.normal(-8, 4)), float(rng.normal(0, 4))),
    )  # fmt: skip
    subject = virtual_subject_name(side, number)
    for height in rng.uniform(0.35, 0.55, 8):
        for clip in _rendered(subject, scene, protocol, np.array([height]), rng, EXACT):
            return clip
    raise AssertionError(f"heart {number} of {side} has no whole ring")


def _rendered(
    subject: str,
    scene: Scene,
    protocol: Protocol,
    heights: Array,
    rng: np.random.Generator,
    reader: Reader,
) -> Iterator[OutlinedClip]:
    heart = scene.anatomy.heart
    for k, height in enumerate(heights):
        z = float(height * heart.length_mm)
        found = cine_indices(scene.anatomy, z, protocol.phases)
        if not all(f.whole for f in found):
            continue
        plane = short_axis(z, 0.0, protocol.offset_mm)
        read = partial(_read_mm, reader, scene.anatomy, z)
        outlines = [
            _outlines(scene, plane, protocol, f, partial(read, phase))
            for f, phase in zip(found, protocol.phases, strict=True)
        ]
        endo, epi, insertion = (np.stack(part) for part in zip(*outlines, strict=True))
        pixels = render(scene, (plane,), protocol, rng).pixels[0] * 120.0
        phase = np.array([f.phase for f in found], np.int8)
        clip = cut_out(f"{subject}~z{k}", pixels, endo, epi, insertion, phase, protocol.spacing_mm)
        # Outlines take less room so.
        yield replace(clip, endo=clip.endo.astype(np.float32), epi=clip.epi.astype(np.float32))


def _read_mm(reader: Reader, anatomy: Anatomy, z: float, phase: float, angles: Array) -> Array:
    """How far outside the cavity's border a reader draws it at a height and a phase, in directions (N,)."""
    heart = anatomy.heart
    state = heart.beat.at(np.float64(phase))
    u = heart.level(np.float64(z), state)
    turned = angles - heart.turn(u) * state.twist
    return np.asarray(reader.offset_mm(anatomy, u, np.cos(turned), np.sin(turned), state))


def _outlines(
    scene: Scene, plane: Plane, protocol: Protocol, found: SliceIndices, read_mm: Callable[[Array], Array]
) -> tuple[Array, Array, Array]:
    """Endo, epi (96, 2) and insertion (2,) of one frame in pixels (y, x) of the rendered picture."""
    angles = np.asarray(found.septum + np.arange(POINTS) * (2 * np.pi / POINTS), float)
    ways = np.stack([np.cos(angles), np.sin(angles)], 1)
    lines = []
    for points, more in ((found.endo, read_mm(angles)), (found.epi, np.zeros(POINTS))):
        reach = np.maximum(crossings_mm(points, found.centroid_mm, angles) + more, LEAST_MM)
        lines.append(found.centroid_mm + reach[:, None] * ways)
    # The anterior insertion lies 60 degrees from the septum's middle: a sixth of the points.
    lines.append(lines[1][POINTS // 6][None])
    placed = [_seen(scene, plane, protocol, line) for line in lines]
    return placed[0], placed[1], placed[2][0]


def _seen(scene: Scene, plane: Plane, protocol: Protocol, points_xy: Array) -> Array:
    """Points (N, 2) of the heart's frame where the bent picture shows them, (y, x) in pixels."""
    at = points_xy.copy()
    for _ in range(8):  # the bend's inverse: it moves slowly from place to place
        x, y = bent(scene, at[:, 0], at[:, 1], np.full(len(at), plane.middle_mm[2]))
        at += points_xy - np.stack([x, y], 1)
    return (at - plane.middle_mm[:2])[:, ::-1] / protocol.spacing_mm + (protocol.size - 1) / 2.0


def cut_out(
    name: str, pixels: NDArray[np.generic], endo: Array, epi: Array, insertion: Array,
    phase: NDArray[np.int8], pixel_mm: float,
) -> OutlinedClip:  # fmt: skip
    """Pixels (T, Y, X) of 0 to 255 with the septum on the left, cut around the LV with a margin."""
    drawn = [t for t in range(len(epi)) if np.isfinite(epi[t]).all()]
    widest = max(drawn, key=lambda t: polygon_area(epi[t]))
    middle = np.mean([polygon_centroid(epi[t]) for t in drawn], 0)
    step = side_of(epi[widest]) / SIZE
    window = Window((float(middle[0]), float(middle[1])), (STORED, STORED), (step, step))
    grey = np.clip(window.resample(pixels), 0, 255).astype(np.uint8)
    endo, epi, insertion = (
        window.to_window(part.reshape(-1, 2)).reshape(part.shape) for part in (endo, epi, insertion)
    )
    return OutlinedClip(name, grey, endo, epi, insertion, phase, pixel_mm * step)
