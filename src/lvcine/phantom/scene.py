"""What surrounds one ventricle and how bright everything is, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lvcine.phantom.heart import Heart
from lvcine.phantom.organs import Random


@dataclass(frozen=True)
class Scene:
    """Everything about one virtual study that is not the LV's own shape (mm, rad).

    The neighbours are given relative to the LV's axis with the septum towards -x.
    """

    level: dict[str, float]
    rv_reach: float
    rv_height: float
    rv_shift: float
    rv_shortening: float
    rv_wall: float
    atrium: tuple[float, float, float]
    aorta: tuple[float, float, float]
    papillary: tuple[tuple[float, float, float], ...]
    trabeculae: float
    fat_rim: float
    drift: tuple[float, float, float, float]
    pericardium: float
    atrial_wall: float


def draw_scene(heart: Heart, rng: Random, *, hard_base: bool = False) -> Scene:
    """Neighbours and signals of one study, drawn from a seed.

    ``hard_base`` gives a left atrium that follows on the ventricle almost like a part of it:
    as wide, on the same axis, with a wall of 2 to 6 mm, as partial volume makes it look at ES.
    """
    blood = 1.0
    level = {
        "blood": blood,
        "rv": blood * float(rng.uniform(0.75, 1.2)),
        "myo": float(rng.uniform(0.16, 0.62)),
        "fat": float(rng.uniform(0.5, 1.9)),
        "lung": float(rng.uniform(0.02, 0.16)),
        "liver": float(rng.uniform(0.12, 0.65)),
        "muscle": float(rng.uniform(0.1, 0.5)),
        "stomach": float(rng.uniform(0.1, 1.2)),
    }
    epi = heart.radius_mm + heart.wall_mm
    muscles = tuple(
        (float(rng.normal(a, 0.35)), float(rng.uniform(2.0, 9.0)), float(rng.uniform(0.0, 0.35)))
        for a in rng.choice([-1.0, 1.0, -0.7, 0.9], size=int(rng.integers(2, 5)), replace=False)
    )
    scene = Scene(
        level=level,
        rv_reach=float(rng.uniform(14, 46)),
        rv_height=float(epi * rng.uniform(0.85, 1.3)),
        rv_shift=float(rng.normal(0, 6)),
        rv_shortening=float(rng.uniform(0.1, 0.4)),
        rv_wall=float(rng.uniform(1.5, 5.0)),
        atrium=(float(rng.uniform(16, 30)), float(rng.uniform(-4, 12)), float(rng.uniform(-8, 14))),
        aorta=(float(rng.uniform(10, 17)), float(rng.uniform(8, 20)), float(rng.normal(-0.6, 0.3))),
        papillary=muscles,
        trabeculae=float(rng.uniform(0, 1)),
        fat_rim=float(rng.choice([0.0, rng.uniform(0.5, 6)], p=[0.35, 0.65])),
        drift=tuple(float(v) for v in rng.normal(0, [6, 6, 3, 3])),  # type: ignore[arg-type]
        pericardium=float(rng.uniform(0, 1.4)),
        atrial_wall=0.0,
    )
    return _with_hard_base(scene, heart, rng) if hard_base else scene


def _with_hard_base(scene: Scene, heart: Heart, rng: Random) -> Scene:
    radius = heart.radius_mm * float(rng.uniform(0.65, 1.15))
    y, x = (float(v) for v in rng.normal(0.0, 5.0, 2))
    root, _, angle = scene.aorta
    beside = (root, radius + root * float(rng.uniform(0.3, 1.0)), angle)
    wall = float(rng.uniform(2.0, 6.0))
    return replace(scene, atrium=(radius, y, x), aorta=beside, atrial_wall=wall)
