"""One virtual MR subject: heart, chest, how bright every tissue is and what the magnet adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.anatomy import Anatomy, draw_anatomy, draw_waves
from lvcine.phantom.arrays import Num
from lvcine.phantom.bssfp import TIMES, Relaxation, steady_state
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random
from lvcine.phantom.surroundings import Levels, Surroundings, draw_surroundings


@dataclass(frozen=True)
class Tissues:
    """Brightness of the heart's tissues, relative to blood of the LV.

    Attributes
    ----------
    lv, rv, la, ra, aorta : blood, fresh or saturated by its way through the slice
    myocardium, papillary, vessel_wall, fat, pericardium
    texture : of the myocardium
    mesh : share of muscle in the trabecular layer at ED, which is finer than a pixel; all of it at ES
    swirl : darkening of moving blood
    fade : share of its signal that the cavity loses until ES, where blood is slow and turbulent
    """

    lv: Num
    rv: Num
    la: Num
    ra: Num
    aorta: Num
    myocardium: Num
    papillary: Num
    vessel_wall: Num
    fat: Num
    pericardium: Num
    texture: Num
    mesh: Num
    swirl: Num
    fade: Num


@dataclass(frozen=True)
class Magnet:
    """What the scanner does to the signal, before noise.

    Attributes
    ----------
    repetition_ms, flip_rad : of the sequence
    blood, solid : relaxation of blood and of everything else, for the bands
    shading : log amplitude of the coils' sensitivity, and its waves
    field_hz : amplitude of the off-resonance, and its waves
    phase_rad : amplitude of the phase of the image, and its waves
    """

    repetition_ms: Num
    flip_rad: Num
    blood: Relaxation
    solid: Relaxation
    shading: Num
    shading_waves: tuple[Num, ...]
    field_hz: Num
    field_waves: tuple[Num, ...]
    phase_rad: Num
    phase_waves: tuple[Num, ...]


@dataclass(frozen=True)
class Scene:
    """Everything about one virtual MR subject.

    ``bend_mm`` and ``bend`` deform the whole picture smoothly: shapes beyond the closed form,
    for training only (0: the truth is exact).
    """

    anatomy: Anatomy
    around: Surroundings
    tissues: Tissues
    levels: Levels
    magnet: Magnet
    flow: tuple[Num, ...]
    bend_mm: Num
    bend: tuple[Num, ...]


def draw_scene(heart: Heart, rng: Random, *, spread: float = 1.0, bend_mm: float = 0.0) -> Scene:
    """A subject around a heart.

    Parameters
    ----------
    heart : Heart
    rng : numpy Generator
    spread : float
        How far tissues' brightness strays from the physics (0: not at all; 1: wider than life).
    bend_mm : float
        Upper end of the smooth deformation.
    """
    anatomy = draw_anatomy(heart, rng)
    around = draw_surroundings(rng)
    field = float(rng.choice([1.5, 3.0]))
    flip, repetition = float(np.radians(rng.uniform(35, 70))), float(rng.uniform(2.6, 4.2))
    times = TIMES[field]
    blood = float(steady_state(times["blood"], flip, repetition))

    def level(name: str, size: float) -> float:
        pure = float(steady_state(times[name], flip, repetition)) / blood
        return float(pure * np.exp(size * spread * rng.normal()))

    # Coils, fat suppression, contrast agents and the scanners' own filters move it about.
    myocardium = float(np.clip(1.25 * level("myocardium", 0.30), 0.12, 0.72))
    tissues = Tissues(
        lv=1.0,
        rv=float(np.exp(0.12 * spread * rng.normal())),
        la=float(np.exp(0.10 * spread * rng.normal())),
        ra=float(np.exp(0.12 * spread * rng.normal())),
        aorta=float(np.exp(0.12 * spread * rng.normal())),
        myocardium=myocardium,
        papillary=float(myocardium * rng.uniform(0.85, 1.35)),
        vessel_wall=float(myocardium * rng.uniform(0.7, 1.3)),
        fat=(1.0 + 0.2 * spread) * level("fat", 0.35),  # as bright as measured: docs/evidence/realism.md
        pericardium=float(rng.uniform(0.03, 0.5)),
        texture=float(rng.uniform(0.0, 0.24)),
        mesh=float(rng.uniform(0.6, 1.0)),
        swirl=float(rng.choice([0.0, rng.uniform(0.0, 0.35)], p=[0.25, 0.75])),
        fade=float(rng.uniform(0.0, 0.25)),
    )
    levels = Levels(
        lung=float(rng.uniform(0.02, 0.24)),
        liver=level("liver", 0.4),
        muscle=level("muscle", 0.3),
        fat=tissues.fat,
        blood=1.0,
    )
    magnet = Magnet(
        repetition, flip, times["blood"], times["myocardium"],
        float(0.5 * abs(rng.normal()) * spread), draw_waves(rng, 3, (180.0, 600.0)),
        float(rng.choice([0.0, rng.uniform(8, 38) * field / 1.5], p=[0.3, 0.7]) * spread),
        draw_waves(rng, 3, (90.0, 300.0)),
        float(rng.uniform(0, 1.5)), draw_waves(rng, 3, (120.0, 400.0)),
    )  # fmt: skip
    return Scene(
        anatomy, around, tissues, levels, magnet,
        flow=draw_waves(rng, 5, (14.0, 45.0)),
        bend_mm=float(rng.uniform(0.0, bend_mm)),
        bend=draw_waves(rng, 5, (40.0, 110.0)),
    )  # fmt: skip
