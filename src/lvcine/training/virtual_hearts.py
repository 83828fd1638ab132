"""Virtual hearts for training with the setting of the scanner that sees them, each from its seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lvcine.phantom.heart import Heart
from lvcine.phantom.labels import Reader
from lvcine.phantom.mr import Protocol
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import Scene, draw_scene
from lvcine.training.labelled import SPACING_MM

FRAMES = 6
READER = Reader(opened_mm=1.6, pressed=0.4)
"""Who draws the labels. At ED the endocardium lies well outside the compact wall's inner border, as readers
draw it: virtual borders, 4.5 mm wide from 10 to 90 %, have 28 % of the signal there and 13 % 0.8 mm farther
out, and trabeculae that stand dark against the blood are cavity to them. At ES part of their layer is
wall: readers' own wall volume grows by 9 % from ED to ES, in hypertrophy by 14 %."""
SHARES = {
    "normal": 0.15, "dilated": 0.13, "hypertrophic": 0.10, "infarcted": 0.12, "pig": 0.03, "wide": 0.10,
    "thin": 0.07, "child": 0.05, "hyperdynamic": 0.10, "obliterating": 0.09, "apical-hypertrophic": 0.06,
}  # fmt: skip
"""Kinds of hearts to learn from: strong ones, whose cavity closes at ES, as often as weak ones."""
BEND_MM = 4.5
"""Upper end of the smooth deformation of image and labels: shapes beyond any closed form."""


def draw_protocol(rng: np.random.Generator, heart: Heart) -> Protocol:
    """A scanner's setting; ED and ES are always among the frames, the others are spread."""
    others = np.sort(rng.uniform(0.02, 0.98, FRAMES - 2))
    phases = np.sort(np.concatenate([[0.0, float(heart.beat.systole)], others]))
    step = float(rng.uniform(5.0, 11.0))
    return Protocol(
        size=136,
        spacing_mm=SPACING_MM,
        step_mm=step,
        thickness_mm=float(min(step, rng.uniform(4.0, 10.0))),
        phases=tuple(float(p) for p in phases),
        window=float(rng.uniform(0.01, 0.09)),
        slices_above=int(rng.integers(1, 4)),
        slices_below=int(rng.integers(0, 3)),
        # Half the nominal resolution and less: real borders are as wide as that (docs/evidence/realism.md).
        kept=(float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.35, 0.9))),
        noise=float(np.exp(rng.uniform(np.log(0.006), np.log(0.09)))),
        shift_mm=float(rng.choice([0.3, 1.0, 2.5])),
        offset_mm=(float(rng.normal(-8, 6)), float(rng.normal(0, 6))),
        drift_mm=(float(rng.normal(0, 7)), float(rng.normal(0, 7))),
    )


def virtual_subject(seed: int, *, strong: bool = True) -> tuple[Scene, Protocol, np.random.Generator]:
    """Scene, setting and the generator as it stands after them.

    ``strong``: of the kinds of :data:`SHARES`, with muscles and trabeculae that close; else of the population
    that a paper's table is made of.
    """
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values()))) if strong else None
    heart = draw_heart(rng, kind)
    scene = draw_scene(heart, rng, bend_mm=BEND_MM)
    if not strong:
        return scene, draw_protocol(rng, heart), rng
    # Muscles grow together with the wall at ES, and what lies between trabeculae with both.
    anatomy = replace(
        scene.anatomy,
        closing=float(rng.uniform(0.3, 1.0)),
        trabecular_reach=float(rng.uniform(0.5, 0.95)),
        trabecular_edge=float(rng.uniform(0.2, 1.0)),
    )
    return replace(scene, anatomy=anatomy), draw_protocol(rng, heart), rng
