"""Hearts as ultrasound shows them: thicker walls, muscles near them, right hearts of every size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random, solved
from lvcine.phantom.truth import volume_ml

SEEN = {
    "normal": 0.42, "dilated": 0.18, "infarcted": 0.16, "hypertrophic": 0.08, "wide": 0.10,
    "hyperdynamic": 0.06,
}  # fmt: skip
"""Kinds that are seen."""
_CLOSING = 0.985


def thicker(heart: Heart, rng: Random) -> Heart:
    """The heart with the walls that ultrasound shows, of the same EDV and EF.

    Readers' walls are thicker than MR's by more than trabeculae, at the apex above all (11.8 mm at ED in
    CAMUS): the pericardium's echo melts into the epicardium's, and the beam is wide. Most apices close at ES.
    """
    more = float(rng.uniform(1.0, 1.45))
    wall = float(heart.wall_mm) * more
    shape = replace(
        heart,
        radius_mm=1.0,
        wall_mm=wall,
        apex_wall_mm=wall * float(rng.uniform(0.6, 1.15)),
        apical_gain=float(rng.uniform(-0.1, 0.7)),
    )
    rest, es = heart.beat.at(np.zeros(1)), heart.beat.at(np.full(1, float(heart.beat.systole)))
    edv, esv = (float(volume_ml(heart, state)[0]) for state in (rest, es))
    return solved(shape, edv, 1.0 - esv / edv, _CLOSING)


def close_muscles(anatomy: Anatomy, rng: Random) -> Anatomy:
    """Papillary muscles that stand near the wall, as in most apical views, where they melt into it."""
    muscles = (
        replace(m, gap=float(m.gap) * float(rng.choice([rng.uniform(0.0, 0.5), 1.0], p=[0.7, 0.3])))
        for m in anatomy.papillary
    )
    return replace(anatomy, papillary=tuple(muscles))


def with_right_heart(anatomy: Anatomy, rng: Random) -> Anatomy:
    """The right heart as wide as four-chamber views show it, from small to dilated.

    Basal diameter of the RV 25 to 41 mm and more when dilated, of the RA as the left's (Lang et al. 2015,
    doi:10.1016/j.echo.2014.10.003, table 8).
    """
    epi = float(anatomy.heart.radius_mm + anatomy.heart.wall_mm)
    reach = float(rng.uniform(20, 64))
    half = reach * float(rng.uniform(0.42, 0.62))
    beside = -epi - reach * float(rng.uniform(0.25, 0.55))
    deep = float(rng.uniform(16, 34))
    return replace(
        anatomy,
        rv_reach_mm=reach,
        rv_span=float(rng.uniform(0.95, 1.5)),
        rv_length=float(rng.uniform(0.78, 1.02)),
        rv_wall_mm=float(rng.uniform(1.5, 4.5)),
        rv_trabeculae=float(rng.uniform(0.0, 0.22)),
        ra_mm=(beside, float(rng.normal(2, 5)), -deep * float(rng.uniform(0.6, 1.0)), half, half, deep),
    )


def right_heavy_heart(anatomy: Anatomy, rng: Random) -> Anatomy:
    """The right ventricle as large as the left, its atrium wider, the left one narrower by up to a half."""
    reach = float(rng.uniform(1.3, 2.1)) * float(anatomy.heart.radius_mm)
    less, more = float(rng.uniform(0.5, 0.8)), float(rng.uniform(1.1, 1.4))
    la, ra = anatomy.la_mm, anatomy.ra_mm
    # Atria stay on their valves: the middle comes nearer as the half axis upwards shrinks.
    return replace(
        anatomy,
        rv_reach_mm=max(reach, float(anatomy.rv_reach_mm)),
        rv_length=max(0.92, float(anatomy.rv_length)),
        la_mm=(la[0], la[1], la[2] * less, *(less * axis for axis in la[3:])),
        ra_mm=(ra[0], ra[1], ra[2] * more, *(more * axis for axis in ra[3:])),
    )
