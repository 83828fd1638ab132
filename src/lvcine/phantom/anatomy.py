"""A heart with its neighbours: which tissue lies at a point in space, at any state.

:func:`layers` is the only description of what there is. The MR scanner paints the layers
over one another, the ultrasound puts scatterers into them, and labels are their overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lvcine.phantom.arrays import Num
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart, Place
from lvcine.phantom.population import Random


@dataclass(frozen=True)
class Papillary:
    """A papillary muscle: direction of its foot, thickness at ED and gap to the wall (share of radius)."""

    cos: Num
    sin: Num
    radius_mm: Num
    gap: Num


@dataclass(frozen=True)
class Anatomy:
    """One heart and what touches it; lengths in mm, directions in the heart's frame.

    Attributes
    ----------
    heart : Heart
    rv_reach_mm : from the septum to the free wall of the RV at its widest
    rv_direction : (cos, sin) from the LV's axis to the middle of the septum
    rv_span : rad from there to either insertion
    rv_length : share of the LV's length
    rv_shortening : share of the reach lost at ES
    rv_wall_mm
    outflow_mm : (x, y, radius) of the RV's outflow tract at the base
    la_mm : (x, y, z of the middle; half axes x, y, z) of the left atrium at ED
    ra_mm : the same of the right atrium
    atrial_wall_mm
    aorta_mm : (x, y, radius) of the root at the base
    aorta_lean : (x, y) by which the aorta moves away per mm above the base
    papillary : tuple of Papillary
    trabeculae_mm : depth of the LV's trabecular layer half way to the apex; deeper beyond
    rv_trabeculae : share of the RV's reach that its trabeculae take
    web : wave vectors (rad/mm) and phases of the trabeculae's pattern
    fat_mm, pericardium_mm : around LV and RV
    closing : share of the papillary muscles' gap to the wall that closes until ES
    trabecular_reach : share of the cavity's radius that the trabecular layer takes at most
    trabecular_edge : exponent of how the layer's muscle grows from its inner rim to the wall: 1 evenly; near
        0 the layer stands dark against the blood, with teeth
    """

    heart: Heart
    rv_reach_mm: Num
    rv_direction: tuple[Num, Num]
    rv_span: Num
    rv_length: Num
    rv_shortening: Num
    rv_wall_mm: Num
    outflow_mm: tuple[Num, Num, Num]
    la_mm: tuple[Num, ...]
    ra_mm: tuple[Num, ...]
    atrial_wall_mm: Num
    aorta_mm: tuple[Num, Num, Num]
    aorta_lean: tuple[Num, Num]
    papillary: tuple[Papillary, ...]
    trabeculae_mm: Num
    rv_trabeculae: Num
    web: tuple[Num, ...]
    fat_mm: Num
    pericardium_mm: Num
    closing: Num = 0.0
    trabecular_reach: Num = 0.6
    trabecular_edge: Num = 1.0


@dataclass(frozen=True)
class Layer:
    """One tissue and how many mm inside it each point lies (negative: outside).

    Later layers lie over earlier ones. Depths are exact in sign, and near the surface in size.
    """

    tissue: str
    depth: Num


TISSUES = (
    "fat", "pericardium", "rv wall", "rv blood", "atrial wall", "ra blood", "la blood", "aortic wall",
    "aortic blood", "rv trabeculae", "myocardium", "lv blood", "papillary", "trabeculae",
)  # fmt: skip
"""Every tissue of the heart, in the order of :func:`layers`."""


def draw_anatomy(heart: Heart, rng: Random) -> Anatomy:
    """Neighbours of a heart, drawn from a seed; wider than life on purpose."""
    epi = float(heart.radius_mm + heart.wall_mm)
    radius = float(heart.radius_mm)
    side = rng.normal(np.pi, 0.2)
    wide, deep = radius * rng.uniform(0.65, 1.2), float(rng.uniform(18, 36))
    aorta_angle = rng.normal(-2.3, 0.35)
    root = float(rng.uniform(9, 15))
    off = 0.75 * radius + rng.uniform(-2, 8)
    muscles = [
        Papillary(float(np.cos(a)), float(np.sin(a)), float(r), float(g))
        for a, r, g in zip(
            rng.normal([-0.9, 0.9, -0.6, 0.6], 0.3),
            rng.uniform(2.5, 9.0, 4) * (rng.random(4) < [0.95, 0.95, 0.4, 0.4]),
            rng.uniform(0.0, 0.35, 4),
            strict=True,
        )
    ]
    return Anatomy(
        heart=heart,
        rv_reach_mm=float(rng.uniform(12, 48)),
        rv_direction=(float(np.cos(side)), float(np.sin(side))),
        rv_span=float(rng.uniform(0.75, 1.45)),
        rv_length=float(rng.uniform(0.7, 1.0)),
        rv_shortening=float(rng.uniform(0.1, 0.45)),
        rv_wall_mm=float(rng.uniform(1.5, 5.0)),
        outflow_mm=(
            float(-epi * rng.uniform(0.1, 0.7)), float(-epi - rng.uniform(2, 12)), float(rng.uniform(8, 16)),
        ),
        la_mm=(
            float(rng.normal(3, 4)), float(rng.normal(5, 4)), float(-deep * rng.uniform(0.55, 0.9)),
            float(wide), float(wide * rng.uniform(0.75, 1.2)), deep,
        ),
        ra_mm=(
            float(-epi - rng.uniform(2, 18)), float(rng.normal(8, 6)), float(rng.uniform(-30, -14)),
            float(rng.uniform(16, 30)), float(rng.uniform(18, 30)), float(rng.uniform(18, 30)),
        ),
        atrial_wall_mm=float(rng.choice([rng.uniform(0.8, 2.5), rng.uniform(2.0, 5.5)], p=[0.65, 0.35])),
        aorta_mm=(float(off * np.cos(aorta_angle)), float(off * np.sin(aorta_angle)), root),
        aorta_lean=(float(rng.normal(-0.35, 0.15)), float(rng.normal(-0.1, 0.15))),
        papillary=tuple(muscles),
        trabeculae_mm=float(rng.choice([0.0, rng.uniform(0.6, 3.8)], p=[0.08, 0.92])),
        rv_trabeculae=float(rng.uniform(0.0, 0.35)),
        web=draw_waves(rng, 6, (5.0, 22.0)),
        fat_mm=float(rng.choice([0.0, rng.uniform(0.5, 7)], p=[0.3, 0.7])),
        pericardium_mm=float(rng.uniform(0, 1.6)),
    )  # fmt: skip


def layers(anatomy: Anatomy, x: Num, y: Num, z: Num, state: State) -> tuple[list[Layer], Place]:
    """Tissues of the heart at points (mm, heart's frame) and a state, outermost first.

    Parameters
    ----------
    anatomy : Anatomy
        Of numbers, or of arrays that broadcast against the points.
    x, y, z : arrays of one shape
    state : State

    Returns
    -------
    list of Layer, Place
    """
    heart = anatomy.heart
    p = heart.locate(x, y, z, state)
    length = heart.length_mm
    up = -p.u * length  # mm above the mitral plane, of the tissue at ED
    across, down = p.radius * p.cos, p.radius * p.sin  # material frame: untwisted, axis straight
    rv = rv_depth(anatomy, p, state)
    outer = p.epi + np.clip(rv + anatomy.rv_wall_mm, 0.0, None)
    # Beyond the apex and above the base there is no rim.
    ends = np.minimum((heart.end - p.u) * length, 6.0 - up)
    # Fat lies in lumps, most of it around the RV and in the grooves.
    radius = anatomy.heart.radius_mm
    lumps = waves(anatomy.web, 0.3 * p.cos * radius, 0.3 * p.sin * radius, 0.2 * p.u * length)
    rim = anatomy.fat_mm * np.clip(0.8 + 0.6 * lumps, 0.0, 2.0) * np.clip(3.0 * (heart.end - p.u), 0.0, 1.0)
    fat = np.minimum(outer + rim - p.radius, ends + rim)
    sac = np.minimum(outer + anatomy.pericardium_mm - p.radius, ends + anatomy.pericardium_mm)
    rv_top = 4.0 - up
    rv_in = np.minimum(np.minimum(p.epi + rv - p.radius, rv), rv_top)
    rv_wall = np.minimum(
        np.minimum(p.epi + rv + anatomy.rv_wall_mm - p.radius, rv + anatomy.rv_wall_mm), rv_top
    )
    ox, oy, oradius = anatomy.outflow_mm
    tube = oradius - np.sqrt((across - ox - 0.3 * up) ** 2 + (down - oy - 0.1 * up) ** 2)
    tube = np.minimum(tube, np.minimum(up + 0.35 * length, 45.0 - up))
    fill = 1.0 + 0.08 * state.squeeze
    left, right = _blob(anatomy.la_mm, across, down, up, fill), _blob(anatomy.ra_mm, across, down, up, fill)
    ax, ay, root = anatomy.aorta_mm
    lean_x, lean_y = anatomy.aorta_lean
    vessel = root - np.sqrt((across - ax - lean_x * up) ** 2 + (down - ay - lean_y * up) ** 2)
    above = -p.below_base
    vessel = np.minimum(vessel, above + 1.0)
    # The mitral orifice: blood goes on above the basal plane whatever the atrium's shape.
    orifice = np.minimum(np.minimum(p.endo - p.radius, above), 14.0 - up)
    wall = anatomy.atrial_wall_mm
    # Beyond the apex both radii are 0, which would leave half a voxel of heart on the axis.
    blood_in = np.minimum(p.endo - p.radius, (1.0 - p.u) * length)
    trabeculae = p.radius - p.endo + _ridge(anatomy, p, trabecular_depth(anatomy, p.u, state))
    in_wall = np.minimum(p.epi - p.radius, (heart.end - p.u) * length)
    return [
        Layer("fat", fat),
        Layer("pericardium", sac),
        Layer("rv wall", np.maximum(rv_wall, tube + anatomy.rv_wall_mm)),
        Layer("rv blood", np.maximum(rv_in, tube)),
        Layer("atrial wall", np.maximum(np.maximum(left, right), orifice) + wall),
        Layer("ra blood", right),
        Layer("la blood", np.maximum(left, orifice)),
        Layer("aortic wall", vessel + 1.5),
        Layer("aortic blood", vessel),
        Layer("rv trabeculae", np.minimum(_rv_trabeculae(anatomy, p, rv), rv_in)),
        Layer("myocardium", np.minimum(in_wall, p.below_base)),
        Layer("lv blood", np.minimum(blood_in, p.below_base)),
        Layer("papillary", np.minimum(_papillary_depth(anatomy, p, state, across, down), blood_in)),
        Layer("trabeculae", np.minimum(np.minimum(trabeculae, blood_in), p.below_base)),
    ], p


def present(anatomy: Anatomy) -> Anatomy:
    """The same anatomy without scars and muscles that are not there: one subject alone draws faster.

    Batches keep them, as every heart of a batch has the same number.
    """
    heart = anatomy.heart
    scars = tuple(s for s in heart.scars if (s.akinesia, s.thinning, s.brightness) != (0.0, 0.0, 1.0))
    muscles = tuple(m for m in anatomy.papillary if m.radius_mm > 0)
    return replace(anatomy, heart=replace(heart, scars=scars), papillary=muscles)


def rv_depth(anatomy: Anatomy, p: Place, state: State) -> Num:
    """Thickness in mm of the RV's cavity beyond the LV's epicardium at a direction and level."""
    c, s = anatomy.rv_direction
    rim = np.cos(anatomy.rv_span)
    window = np.clip((p.cos * c + p.sin * s - rim) / (1.0 - rim), 0.0, 1.0)
    along = np.clip(1.0 - np.clip(p.u / anatomy.rv_length, 0.0, 1.0) ** 1.8, 0.0, 1.0)
    reach = anatomy.rv_reach_mm * (1.0 - anatomy.rv_shortening * state.squeeze)
    # Below zero outside the crescent, so that depths have a sign there too.
    return reach * (np.sqrt(window) * np.sqrt(along) * 1.12 - 0.12)


def _rv_trabeculae(anatomy: Anatomy, p: Place, rv: Num) -> Num:
    """Ridges on the free wall of the RV, and bands that cross it."""
    radius = 1.5 * anatomy.heart.radius_mm
    web = waves(anatomy.web, p.cos * radius, p.sin * radius, 0.7 * p.u * anatomy.heart.length_mm)
    ridge = rv * anatomy.rv_trabeculae * np.clip(web, 0.0, 2.0)
    return p.radius - (p.epi + rv - ridge)


def _blob(mm: tuple[Num, ...], x: Num, y: Num, up: Num, fill: Num) -> Num:
    cx, cy, cz, rx, ry, rz = mm
    r = np.sqrt(((x - cx) / (rx * fill)) ** 2 + ((y - cy) / (ry * fill)) ** 2 + ((up + cz) / rz) ** 2 + 1e-9)
    return (1.0 - r) * (rx + ry + rz) / 3.0


def _papillary_depth(anatomy: Anatomy, p: Place, state: State, across: Num, down: Num) -> Num:
    heart = anatomy.heart
    thick = np.sqrt(heart.stretch(state))
    share = np.clip((p.u - 0.12) / 0.68, 0.0, 1.0)
    window = (4.0 * share * (1.0 - share)) ** 0.25
    out: Num = -99.0 + 0.0 * p.u
    for muscle in anatomy.papillary:
        at = heart.endo(p.u, muscle.cos, muscle.sin, state)
        size = muscle.radius_mm * window * thick
        gap = muscle.gap * (1.0 - anatomy.closing * np.clip(state.squeeze, 0.0, 1.0))
        at = at * (1.0 - gap) - 0.6 * size
        far = np.sqrt((across - at * muscle.cos) ** 2 + (down - at * muscle.sin) ** 2 + 1e-9)
        # No size is no muscle, and not a dot of half a pixel.
        out = np.maximum(out, np.where(size > 0.1, size - far, -99.0 + 0.0 * far))
    return out


def trabecular_depth(anatomy: Anatomy, u: Num, state: State) -> Num:
    """Depth in mm of the trabecular layer on the endocardium; thicker towards the apex and at ES."""
    # Muscle keeps its volume on a circle that gets smaller.
    return anatomy.trabeculae_mm * (0.9 + 1.4 * np.clip(u, 0.0, 1.0)) * (1.0 + 0.6 * state.squeeze)


def trabecular_muscle(anatomy: Anatomy, p: Place, state: State, mesh: Num) -> Num:
    """Share of a voxel inside the endocardium that trabeculae fill.

    They are finer than a pixel; ``mesh`` is their share at the compact wall at ED, and at ES the blood
    is pressed out from between them. Their share of the layer grows from its inner rim to the wall.
    """
    deep = np.minimum(trabecular_depth(anatomy, p.u, state), anatomy.trabecular_reach * p.endo) + 1e-3
    share = np.clip((p.radius - p.endo + _ridge(anatomy, p, deep)) / deep, 0.0, 1.0)
    filled = mesh + (1.0 - mesh) * np.clip(state.squeeze, 0.0, 1.0)
    return filled * share**anatomy.trabecular_edge


def _ridge(anatomy: Anatomy, p: Place, deep: Num) -> Num:
    """Ridges along the wall: the pattern belongs to the tissue and moves with it."""
    radius = anatomy.heart.radius_mm
    web = waves(anatomy.web, p.cos * radius, p.sin * radius, 0.4 * p.u * anatomy.heart.length_mm)
    return deep * np.clip(0.9 + 0.5 * web, 0.1, 1.6)


def waves(terms: tuple[Num, ...], x: Num, y: Num, z: Num) -> Num:
    """Sum of cosines of unit variance; terms kx, ky, kz (rad/mm), phase, kx, ..."""
    count = len(terms) // 4
    out: Num = 0.0
    for i in range(count):
        kx, ky, kz, phase = terms[4 * i : 4 * i + 4]
        out = out + np.cos(kx * x + ky * y + kz * z + phase)
    return out * (2.0 / max(count, 1)) ** 0.5


def draw_waves(rng: Random, count: int, length_mm: tuple[float, float]) -> tuple[float, ...]:
    """Terms of :func:`waves` with wave lengths drawn from a range."""
    terms: list[float] = []
    for _ in range(count):
        k = rng.normal(0, 1, 3)
        k *= 2 * np.pi / (float(np.linalg.norm(k)) * rng.uniform(*length_mm))
        terms += [*(float(v) for v in k), float(rng.uniform(0, 2 * np.pi))]
    return tuple(terms)
