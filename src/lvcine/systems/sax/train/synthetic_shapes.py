"""Rings without anatomy: stacks of random closed shapes, mixed with virtual hearts for training.

A net that sees one renderer learns that renderer. These studies share nothing with it but what
makes a left ventricle in any picture: a bright cavity in a darker wall of any thickness, a crescent
beside it, blobs inside it, unknown things around it, and bright discs without a wall that are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from lvcine.phantom.seeds import RANGES, seed_of
from lvcine.study import U8, Array
from lvcine.training.items import virtual_subject_name
from lvcine.training.labelled import SPACING_MM, LabelledStudy

SIZE, FRAMES = 136, 6
FIRST = RANGES["shapes"].first
"""Numbers of a side from here on are synthetic shapes, below are virtual hearts."""


@dataclass(frozen=True)
class Outline:
    """A closed line around a middle, as a share of its mean radius at every angle.

    ``size`` and ``angle`` (4,): amplitude and phase of the harmonics 2 to 5.
    """

    size: Array
    angle: Array

    def at(self, theta: Array) -> Array:
        waves = zip(self.size, self.angle, strict=True)
        return 1.0 + np.sum([s * np.cos(k * theta + a) for k, (s, a) in enumerate(waves, 2)], 0)


@dataclass(frozen=True)
class Rings:
    """One study's shapes; lengths in mm, brightness relative to blood.

    Attributes
    ----------
    radius, ratio, wall : of the widest cavity at ED, its area at ES over that at ED, the wall there
    slices, above, below : slices with an LV, and beyond its ends
    muscle, rv, blobs, around : brightness of wall, RV blood, papillary muscles and the rim outside
    squeeze : (frames,) share of the way to ES
    septum : angle of the RV
    endo, thick, right : outlines of cavity, wall and RV
    chest : (Y, X) what lies around
    edge, noise, blur : width of borders, SD of the noise, of the blur in pixels
    """

    radius: float
    ratio: float
    wall: float
    slices: int
    above: int
    below: int
    muscle: float
    rv: float
    blobs: float
    around: float
    squeeze: Array
    septum: float
    endo: Outline
    thick: Outline
    right: Outline
    chest: Array
    edge: float
    noise: float
    blur: float


def draw_outline(rng: np.random.Generator, size: float) -> Outline:
    """An outline whose second harmonic has ``size`` / 2 as SD, the higher ones less."""
    return Outline(size * rng.normal(size=4) / np.arange(2, 6), rng.uniform(-np.pi, np.pi, 4))


def draw_rings(rng: np.random.Generator) -> Rings:
    """Shapes and brightness of one study, far wider than life."""
    return Rings(
        radius=float(np.exp(rng.uniform(np.log(13.0), np.log(38.0)))),
        ratio=rng.uniform(0.08, 0.85),
        wall=float(np.exp(rng.uniform(np.log(4.0), np.log(17.0)))),
        slices=int(rng.integers(5, 9)),
        above=int(rng.integers(0, 2)),
        below=int(rng.integers(0, 2)),
        muscle=rng.uniform(0.08, 0.7),
        rv=float(np.exp(0.15 * rng.normal())),
        blobs=rng.uniform(0.05, 0.7),
        around=rng.uniform(0.0, 1.5),
        squeeze=draw_squeeze(rng),
        septum=rng.uniform(-np.pi, np.pi),
        endo=draw_outline(rng, 0.13),
        thick=draw_outline(rng, 0.35),
        right=draw_outline(rng, 0.25),
        chest=draw_chest(rng),
        edge=float(rng.uniform(1.5, 5.0)),
        noise=float(np.exp(rng.uniform(np.log(0.005), np.log(0.09)))),
        blur=rng.uniform(0.0, 1.0),
    )


def draw_squeeze(rng: np.random.Generator) -> Array:
    """Share of the way to ES of every frame; the first is ED, one is ES."""
    systole = int(rng.integers(1, FRAMES - 1))
    up = np.linspace(0.0, 1.0, systole + 1)
    down = np.linspace(1.0, 0.0, FRAMES - systole + 1)[1:-1]
    return np.asarray(np.concatenate([up, down]) ** rng.uniform(0.6, 1.6))


def draw_chest(rng: np.random.Generator) -> Array:
    """Organs (Y, X): level sets of smooth random fields, each with a brightness and a grain of its own."""
    picture = np.full((SIZE, SIZE), rng.uniform(0.0, 0.6))
    for _ in range(rng.integers(3, 9)):
        field = gaussian_filter(rng.normal(size=(34, 34)), rng.uniform(1.5, 6.0), mode="wrap")
        field = zoom(field / field.std(), SIZE / 34, order=3)
        share = cover((field - rng.uniform(-0.3, 1.5)) * 10.0, rng.uniform(1.0, 6.0))
        grain = gaussian_filter(rng.normal(size=(SIZE, SIZE)), rng.uniform(0.7, 3.0))
        level = rng.choice([rng.uniform(0.0, 0.2), rng.uniform(0.1, 0.8), rng.uniform(0.6, 1.7)])
        picture += share * (level * (1.0 + 0.15 * grain / grain.std()) - picture)
    return np.clip(picture, 0.0, None)


def cover(depth_mm: Array, edge_mm: float) -> Array:
    """Share of a pixel inside a border, soft over ``edge_mm``."""
    return np.clip(depth_mm / edge_mm + 0.5, 0.0, 1.0)


def polar(middle: Array) -> tuple[Array, Array]:
    """Angle and distance in mm of every pixel (Y, X) from a point (y, x) in mm."""
    line = (np.arange(SIZE) - (SIZE - 1) / 2.0) * SPACING_MM
    y, x = np.meshgrid(line - middle[0], line - middle[1], indexing="ij")
    return np.arctan2(y, x), np.hypot(y, x)


def towards(middle: Array, angle: float, far: float) -> Array:
    """The point (y, x) ``far`` mm from another."""
    return middle + far * np.array([np.sin(angle), np.cos(angle)])


def draw_discs(rng: np.random.Generator, count: int, middle: Array, gap_mm: float) -> Array:
    """Share (Y, X) of bright discs at least ``gap_mm`` from the LV's middle: vessels, stomach, spine."""
    share = np.zeros((SIZE, SIZE))
    for _ in range(count):
        radius, angle = rng.uniform(4.0, 22.0), rng.uniform(-np.pi, np.pi)
        theta, r = polar(towards(middle, angle, gap_mm + radius + rng.uniform(0.0, 45.0)))
        line = radius * draw_outline(rng, 0.25).at(theta)
        share = np.maximum(share, cover(line - r, rng.uniform(1.5, 4.0)))
    return share


def draw_blobs(rng: np.random.Generator, radius: float) -> Array:
    """Papillary muscles (n, 3): angle, place as a share of the cavity's radius, own radius in mm."""
    n = int(rng.integers(0, 5))
    angles, places = rng.uniform(-np.pi, np.pi, n), rng.uniform(0.4, 1.0, n)
    return np.stack([angles, places, rng.uniform(0.06, 0.25, n) * max(radius, 8.0)], 1)


def shapes_study(number: int, side: str = "training") -> LabelledStudy:
    """Study ``number`` of the shapes of one side of the split (labels 0-3, RV included).

    Examples
    --------
    >>> study = shapes_study(0)
    >>> study.pixels.shape == study.labels.shape, int(study.labels.max())
    (True, 3)
    """
    rng = np.random.default_rng(seed_of("shapes", side, number))
    rings = draw_rings(rng)
    middle = rng.normal(0.0, 12.0, 2)
    slices = []
    for z in range(rings.above + rings.slices + rings.below):
        middle = middle + rng.normal(0.0, 1.5, 2)
        slices.append(draw_slice(rng, rings, middle, (z - rings.above + 0.5) / rings.slices))
    pixels, labels = (np.stack(part) for part in zip(*slices, strict=True))
    return LabelledStudy(f"{virtual_subject_name(side, FIRST + number)}~SAX", pixels, labels)


def draw_slice(rng: np.random.Generator, rings: Rings, middle: Array, place: float) -> tuple[U8, U8]:
    """Pixels and labels (T, Y, X) of the slice at ``place`` (0 base, 1 apex; outside: no LV)."""
    theta, r = polar(middle)
    down = max(place, 0.0)
    radius = rings.radius * float(np.sqrt(max(1.0 - down ** rng.uniform(1.6, 4.0), 0.0)))
    endo = rings.endo.at(theta) * (1.0 + 0.05 * np.cos(theta - rng.uniform(-np.pi, np.pi)))
    thick = np.clip(rings.thick.at(theta), 0.35, 1.9)
    outside = radius + rings.wall
    beats: list[Beat | None] = []
    for s in rings.squeeze:
        inner = radius * np.sqrt(1.0 - (1.0 - rings.ratio) * s)
        # Incompressible but for a shortening axis: the wall's area grows by up to a quarter.
        area = (outside**2 - radius**2) * (1.0 + 0.25 * s)
        cavity = inner * endo - r
        heart = inner * endo + (np.sqrt(inner**2 + area) - inner) * thick - r
        beats.append(Beat(cavity, heart, inner) if 0.0 <= place <= 1.0 else None)
    return paint_slice(rng, rings, middle, beats, radius, down)


@dataclass(frozen=True)
class Beat:
    """One frame of a slice: mm inside the cavity and inside cavity and wall (Y, X), the cavity's radius."""

    cavity: Array
    heart: Array
    radius: float


def paint_slice(
    rng: np.random.Generator,
    rings: Rings,
    middle: Array,
    beats: Sequence[Beat | None],
    radius: float,
    down: float,
) -> tuple[U8, U8]:
    """Pixels and labels (T, Y, X) of a slice whose LV lies around ``middle`` (None: no LV in that frame).

    ``radius`` is the cavity's at ED, ``down`` the share of the way to the apex.
    """
    discs = draw_discs(rng, int(rng.integers(0, 4)), middle, rings.radius + rings.wall + 4.0)
    still = rings.chest + discs * (rng.uniform(0.7, 1.2) - rings.chest)
    still = np.roll(still, rng.integers(-2, 3, 2), (0, 1))
    blobs = draw_blobs(rng, radius)
    fat, crescent = rng.uniform(0.0, 6.0), rng.uniform(0.5, 1.5) * (1.0 - 0.7 * down)
    outside = radius + rings.wall
    beside, away = polar(towards(middle, rings.septum, outside))
    pixels = np.zeros((FRAMES, SIZE, SIZE), np.uint8)
    labels = np.zeros_like(pixels)
    for t, (s, beat) in enumerate(zip(rings.squeeze, beats, strict=True)):
        picture = still.copy()
        if beat is not None:
            rv = outside * crescent * (1.0 - 0.25 * s) * rings.right.at(beside) - away
            rv = np.minimum(rv, -beat.heart)
            if fat > 2.0:
                rim = cover(np.maximum(beat.heart, rv + 3.0) + fat, rings.edge)
                picture += rim * (rings.around - picture)
            for depth, level in (
                (rv + 3.0, rings.muscle),
                (rv, rings.rv),
                (beat.heart, rings.muscle),
                (beat.cavity, 1.0),
            ):
                picture += cover(depth, rings.edge) * (level - picture)
            inside = cover(beat.cavity, rings.edge) * _within(blobs, middle, beat.radius, s, rings.edge)
            picture += inside * (rings.blobs - picture)
            for depth, name in ((rv, 3), (beat.heart, 2), (beat.cavity, 1)):
                labels[t][depth > 0] = name
        picture = gaussian_filter(picture, rings.blur)
        noise = rings.noise * rng.normal(size=(2, SIZE, SIZE))
        pixels[t] = np.clip(np.hypot(picture + noise[0], noise[1]) * 120.0, 0, 255)
    return pixels, labels


def _within(blobs: Array, middle: Array, radius: float, squeeze: float, edge: float) -> Array:
    """Share (Y, X) of papillary muscles, thicker the more the heart squeezes."""
    share = np.zeros((SIZE, SIZE))
    for angle, out, size in blobs:
        far = polar(towards(middle, angle, radius * out))[1]
        share = np.maximum(share, cover(size * (1.0 + 0.2 * squeeze) - far, edge))
    return share
