"""What lies around a heart in the chest: lung, liver, stomach, vessels, muscle, ribs and fat.

Not anatomy to be measured: smooth organs that differ from study to study, to be told apart
from the heart. They stand still while it beats. Positions in the heart's frame, mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.anatomy import draw_waves, waves
from lvcine.phantom.arrays import Num, soft
from lvcine.phantom.population import Random


@dataclass(frozen=True)
class Organ:
    """A smooth blob (stomach, bowel, spleen): middle, half axes, brightness, texture, rim."""

    middle_mm: tuple[Num, Num, Num]
    half_mm: tuple[Num, Num, Num]
    level: Num
    texture: Num
    rim_mm: Num


@dataclass(frozen=True)
class Vessel:
    """A tube: (x, y) at height 0, lean per mm of height, radius, wall, brightness.

    A bright disc in a short-axis picture, at times with a thin wall: not to be taken for the LV.
    """

    at_mm: tuple[Num, Num]
    lean: tuple[Num, Num]
    radius_mm: Num
    wall_mm: Num
    level: Num


@dataclass(frozen=True)
class Surroundings:
    """The chest around one heart.

    Attributes
    ----------
    warp_mm : by how much everything is bent
    warp, fine, coarse : waves of the bending and of two textures
    lung_vessels : how many bright specks the lung has (threshold in SD; large: none)
    liver : (top, tilt, curvature, edge, texture): below ``y = top + ...``
    organs, vessels
    chest : (x, y of the middle; half axes; turn; muscle and fat thickness in mm; texture)
    """

    warp_mm: Num
    warp: tuple[Num, ...]
    fine: tuple[Num, ...]
    coarse: tuple[Num, ...]
    lung_vessels: Num
    liver: tuple[Num, Num, Num, Num, Num]
    organs: tuple[Organ, ...]
    vessels: tuple[Vessel, ...]
    chest: tuple[Num, ...]


def draw_surroundings(rng: Random) -> Surroundings:
    """A chest from a seed."""
    return Surroundings(
        warp_mm=float(rng.uniform(2, 9)),
        warp=draw_waves(rng, 4, (45.0, 150.0)),
        fine=draw_waves(rng, 6, (6.0, 18.0)),
        coarse=draw_waves(rng, 5, (16.0, 45.0)),
        lung_vessels=float(rng.uniform(1.1, 2.6)),
        liver=(
            float(rng.choice([rng.uniform(26, 75), 200.0], p=[0.8, 0.2])),
            float(rng.uniform(-0.5, 0.5)), float(0.002 * rng.uniform(-1, 2)),
            float(rng.uniform(1.0, 4.0)), float(rng.uniform(0.03, 0.25)),
        ),
        organs=tuple(_organ(rng) for _ in range(3)),
        vessels=tuple(_vessel(rng, i) for i in range(4)),
        chest=(
            float(rng.uniform(-60, 0)), float(rng.uniform(5, 60)), float(rng.uniform(95, 170)),
            float(rng.uniform(70, 125)), float(rng.normal(0, 0.4)), float(rng.uniform(8, 22)),
            float(rng.uniform(6, 40)), float(rng.uniform(0.1, 0.5)),
        ),
    )  # fmt: skip


def _organ(rng: Random) -> Organ:
    angle, distance = rng.uniform(-0.3, np.pi), rng.uniform(62, 110)
    away = 0.0 if rng.random() < 0.6 else 1e4  # an organ that is not there lies elsewhere
    return Organ(
        (
            float(distance * np.cos(angle)),
            float(distance * np.sin(angle)),
            float(rng.uniform(-20, 110)) + away,
        ),
        tuple(float(v) for v in rng.uniform(10, 40, 3)),  # type: ignore[arg-type]
        float(rng.uniform(0.03, 1.5)),
        float(rng.uniform(0.0, 0.4)),
        float(rng.uniform(1.5, 4.0)),
    )


def _vessel(rng: Random, number: int) -> Vessel:
    """The first is the descending aorta, behind the heart; the others are anything."""
    angle = rng.normal(0.9, 0.4) if number == 0 else rng.uniform(-np.pi, np.pi)
    distance = rng.uniform(58, 110)
    there = float(number == 0 or rng.random() < 0.5)
    return Vessel(
        (float(distance * np.cos(angle)), float(distance * np.sin(angle))),
        (float(rng.normal(0, 0.15)), float(rng.normal(0, 0.15))),
        float((rng.uniform(8, 14) if number == 0 else rng.uniform(2, 14)) * there - 20.0 * (1.0 - there)),
        float(rng.choice([0.0, rng.uniform(0.8, 3)])),
        float(rng.uniform(0.6, 1.25)),
    )


@dataclass(frozen=True)
class Levels:
    """Brightness of the tissues around the heart, relative to blood."""

    lung: Num
    liver: Num
    muscle: Num
    fat: Num
    blood: Num


def paint(picture: Num, cover: Num, value: Num) -> Num:
    """``value`` laid over the picture where ``cover`` says, 0..1."""
    return picture + cover * (value - picture)


def chest_picture(s: Surroundings, level: Levels, x: Num, y: Num, z: Num, edge: Num) -> Num:
    """Brightness of the chest without the heart at points (mm); ``edge`` is a pixel in mm."""
    x, y = x + s.warp_mm * waves(s.warp, x, y, z), y + s.warp_mm * waves(s.warp, y, z, x)
    coarse = waves(s.coarse, x, y, z)
    # Waves bent by other waves: texture without stripes.
    fine = waves(s.fine, x + 7.0 * coarse, y + 7.0 * waves(s.coarse, y, z, x), z)
    picture = level.lung * np.clip(1.0 + 0.4 * fine, 0.0, None)
    specks = np.clip(1.5 * (fine + 0.5 * coarse - s.lung_vessels), 0.0, 0.8)
    picture = paint(picture, specks, 0.7 * level.blood)
    top, tilt, curve, blur, texture = s.liver
    tissue = level.liver * (1.0 + texture * fine)
    tissue = paint(tissue, np.clip(2.0 * coarse - 3.2, 0.0, 0.6), 0.8 * level.blood)
    picture = paint(picture, soft(y - top - tilt * x - curve * x * x, blur), tissue)
    for organ in s.organs:
        deep = _ellipsoid(organ, x, y, z)
        cover = soft(deep, edge)
        picture = paint(picture, cover, organ.level * np.clip(1.0 + organ.texture * coarse, 0.0, None))
        picture = paint(picture, cover * soft(organ.rim_mm - deep, edge), level.muscle)
    for vessel in s.vessels:
        (vx, vy), (lx, ly) = vessel.at_mm, vessel.lean
        deep = vessel.radius_mm - np.sqrt((x - vx - lx * z) ** 2 + (y - vy - ly * z) ** 2)
        picture = paint(picture, soft(deep + vessel.wall_mm, edge), level.muscle)
        picture = paint(picture, soft(deep, edge), level.blood * vessel.level)
    return _chest_wall(s, level, picture, x, y, fine, coarse, edge)


def _ellipsoid(organ: Organ, x: Num, y: Num, z: Num) -> Num:
    (ox, oy, oz), (rx, ry, rz) = organ.middle_mm, organ.half_mm
    r = np.sqrt(((x - ox) / rx) ** 2 + ((y - oy) / ry) ** 2 + ((z - oz) / rz) ** 2)
    return (1.0 - r) * (rx + ry + rz) / 3.0


def _chest_wall(
    s: Surroundings, level: Levels, picture: Num, x: Num, y: Num, fine: Num, coarse: Num, edge: Num
) -> Num:
    cx, cy, rx, ry, turn, muscle, fat, texture = s.chest
    c, si = np.cos(turn), np.sin(turn)
    a, b = (x - cx) * c + (y - cy) * si, (y - cy) * c - (x - cx) * si
    deep = (np.sqrt((a / rx) ** 2 + (b / ry) ** 2) - 1.0) * (rx + ry) / 2.0
    inside = soft(deep, edge)
    picture = paint(picture, inside, level.muscle * np.clip(1.0 + texture * fine, 0.0, None))
    picture = paint(picture, inside * np.clip(2.0 * coarse - 1.4, 0.0, 1.0), 0.6 * level.fat)
    picture = paint(picture, soft(deep - muscle, edge), level.fat * (1.0 + 0.1 * coarse))
    return paint(picture, soft(deep - muscle - fat, edge), 0.0 * level.fat)
