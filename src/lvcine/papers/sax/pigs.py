"""The paper's cohort with exact truth: eight virtual pigs, each before and twice after an infarction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lvcine.papers.sax.circular import PAPER
from lvcine.papers.sax.clips import Scan
from lvcine.phantom.heart import Heart, Patch, Scar
from lvcine.phantom.labels import Reader
from lvcine.phantom.mr import Protocol, render
from lvcine.phantom.population import draw_heart
from lvcine.phantom.scene import draw_scene
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.views import short_axis
from lvcine.training.items import virtual_subject_name

PIGS, TIMES, SLICES, FRAMES = 8, 3, 6, 25
"""8 specimens x 3 time points x 6 slices x 25 frames = 3,600 pictures, as in the paper."""
OUTWARD_MM = 0.8
"""How far outside the compact wall these readers draw the endocardium, at every time."""
HEIGHTS = (0.20, 0.85)
"""First and last slice as shares of the LV's length; the mitral plane comes down to about 0.15."""


def infarcted(heart: Heart, rng: np.random.Generator) -> tuple[Heart, Heart, Heart]:
    """The heart before an infarction, soon after it and late: the wall stands still, then thins.

    Where the infarct lies and how it looks (darker, at first also brighter with oedema) is drawn;
    1 to 4 of the AHA's segments, towards the apex, as after an occlusion of the LAD.
    """
    angle = float(rng.normal(0.3, 1.2))
    patch = Patch(
        cos=float(np.cos(angle)), sin=float(np.sin(angle)),
        half_width=float(rng.uniform(0.5, 0.95)),
        u=float(rng.uniform(0.45, 0.85)), half_length=float(rng.uniform(0.22, 0.4)),
    )  # fmt: skip
    early = Scar(
        patch=patch, akinesia=float(rng.uniform(0.7, 1.1)), thinning=float(rng.uniform(0.0, 0.25)),
        brightness=float(np.exp(rng.normal(-0.1, 0.3))),
    )  # fmt: skip
    late = replace(
        early, thinning=float(rng.uniform(0.35, 0.65)), brightness=float(np.exp(rng.normal(-0.35, 0.25)))
    )
    before = replace(heart, scars=(Scar(), Scar()))
    return before, replace(before, scars=(early, Scar())), replace(before, scars=(late, Scar()))


def make(number: int, side: str) -> Iterator[Scan]:
    """All scans of a pig."""
    for when in range(TIMES):
        yield pig_scan(number, when, side)


def pig_scan(pig: int, when: int, side: str) -> Scan:
    """Scan of a virtual pig before its infarction (``when`` 0), soon after it (1) or late (2), at 1 mm.

    Every scan has a place of its own in the coil, slices of its own and noise of its own; the
    heart is the same.

    Parameters
    ----------
    pig : int
    when : int
    side : {"training", "choosing", "reporting"}
        Whose seeds; the tables' pigs are reporting's.
    """
    seed = seed_of("pigs", side, pig)
    own = np.random.default_rng(seed)
    hearts = infarcted(draw_heart(own, "pig"), own)
    heart = hearts[when]
    rng = np.random.default_rng([seed, when])
    scene = draw_scene(heart, rng)
    protocol = Protocol(
        size=PAPER.field,
        spacing_mm=1.0,
        thickness_mm=8.0,
        phases=tuple(float(p) for p in np.arange(FRAMES) / FRAMES),
        window=float(rng.uniform(0.02, 0.06)),
        kept=(float(rng.uniform(0.25, 0.55)), float(rng.uniform(0.3, 0.6))),
        noise=float(np.exp(rng.uniform(np.log(0.01), np.log(0.06)))),
        shift_mm=1.0,
        turn=float(rng.uniform(-np.pi, np.pi)),
        offset_mm=(float(rng.normal(0, 10)), float(rng.normal(0, 10))),
    )
    heights = np.linspace(*HEIGHTS, SLICES) * float(heart.length_mm)
    planes = tuple(short_axis(float(z), protocol.turn, protocol.offset_mm) for z in heights)
    stack = render(scene, planes, protocol, rng, reader=Reader(OUTWARD_MM))
    pixels = np.clip(stack.pixels * 120.0, 0, 255).astype(np.uint8)
    labels = np.where(stack.labels > 2, 0, stack.labels).astype(np.uint8)
    return Scan(f"{virtual_subject_name(side, pig)}~{when}", pixels, labels)
