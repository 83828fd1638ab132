"""Scatterers: drawn once in a slab about the picture's plane, with the echo of the tissue they lie in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy, layers, trabecular_depth, waves
from lvcine.phantom.arrays import Num, smoothstep
from lvcine.phantom.heart import Heart, Place
from lvcine.phantom.population import Random
from lvcine.phantom.ultrasound.beamform import Beamformer
from lvcine.phantom.ultrasound.motion import (
    ABOVE,
    AROUND,
    ATRIUM,
    INSIDE,
    LAYER,
    WALL,
    Tissue,
    at_rest,
    carried,
)
from lvcine.phantom.ultrasound.protocol import Echogenicity
from lvcine.phantom.views import Plane

Array = NDArray[np.float64]

BLOOD = ("rv blood", "la blood", "ra blood", "aortic blood", "lv blood")
_KIND = {
    "myocardium": WALL, "papillary": INSIDE, "trabeculae": LAYER,
    "atrial wall": ATRIUM, "aortic wall": ABOVE,
}  # fmt: skip
_PER_CELL = 14.0  # scatterers of one strength in a resolution cell: speckle is nearly fully developed
_REACH_MM, _REACH = 12.0, 0.10  # range and angle beyond the sector from which tissue may move in
_TRAVEL_MM = 6.0  # across the plane
_EDGE_MM = 0.7


@dataclass(frozen=True)
class Scatterers:
    """Tissue that echoes: N pieces and the amplitude of each, 1 for typical myocardium."""

    tissue: Tissue
    amplitude: NDArray[np.floating]


def draw_scatterers(rng: Random, anatomy: Anatomy, plane: Plane, beams: Beamformer) -> Scatterers:
    """Scatterers at ED of a full ventricle.

    Their density is even in range, angle and distance from the plane: each resolution cell holds
    equally many, and a uniform medium is uniformly bright, as time-gain compensation makes it.

    Parameters
    ----------
    rng : numpy.random.Generator
    anatomy : Anatomy
    plane : Plane
        Whose middle is the probe's face.
    beams : Beamformer
        Of the protocol: sets the slab, its density and the brightness of tissues.
    """
    p = beams.protocol
    half = beams.slab_mm(_TRAVEL_MM)
    spans = (p.depth_mm + _REACH_MM, p.angle + 2 * _REACH, 2 * half)
    density = beams.scatterer_density(_PER_CELL)
    count = int(np.prod(spans) * density)
    reach = rng.random(count) * spans[0]
    angle = (rng.random(count) - 0.5) * spans[1]
    off = (rng.random(count) - 0.5) * spans[2]
    strength = rng.integers(0, 2, count) * 2.0 - 1.0
    beam = plane.down[:, None] * np.cos(angle) + plane.across[:, None] * np.sin(angle)
    origin = plane.middle_mm - p.probe_mm * plane.down
    points = origin[:, None] + beam * (reach + p.probe_mm) + np.cross(plane.down, plane.across)[:, None] * off
    names, kind, distance, level = _echoes(anatomy, points, beam, beams)
    kept = ~np.isin(names, BLOOD) & (level > -60.0)
    side = np.abs(angle[kept]) / (0.5 * p.angle)
    amplitude = (
        strength[kept]
        * 10 ** (level[kept] / 20.0)
        * _slant(anatomy, points[:, kept], beam[:, kept], side, beams)
    )
    return Scatterers(
        carried(anatomy, points[:, kept], kind[kept], distance[kept]),
        amplitude / np.sqrt(density * beams.cell_volume),
    )


def _echoes(
    anatomy: Anatomy, points: Array, beam: Array, beams: Beamformer
) -> tuple[NDArray[np.str_], NDArray[np.int64], Array, Array]:
    """Tissue, kind of motion, distance from the heart and brightness in dB at points at ED."""
    echo = beams.protocol.echo
    stack, place = layers(anatomy, points[0], points[1], points[2], at_rest())
    names = np.full(points.shape[1], "around", dtype="<U16")
    distance = np.full(points.shape[1], np.inf)
    for layer in stack:
        names[layer.depth > 0.0] = layer.tissue
        distance = np.minimum(distance, -layer.depth)
    distance = np.maximum(distance, 0.0)
    up = -place.u * float(anatomy.heart.length_mm)
    kind = np.where(up > 6.0, ABOVE, AROUND)
    around = echo.lung_db + (echo.around_db - echo.lung_db) * np.exp(-distance / echo.decay_mm)
    level = np.where(names == "around", around, 0.0)
    for name in np.unique(names):
        here = names == name
        kind[here] = _KIND.get(str(name), kind[here])
        level[here] += echo.tissue_db.get(str(name), 0.0)
    patchy = waves(echo.patches, *points)
    level += echo.patchy_db * patchy * np.where(names == "around", 1.5, 1.0)
    level += np.where(
        names == "myocardium", 20.0 * echo.scar_power * np.log10(_scars(anatomy.heart, place)), 0.0
    )
    muscle = np.isin(names, ("myocardium", "trabeculae", "papillary"))
    level[muscle] += _across(anatomy, place, echo)[muscle]
    return names, kind, distance, level


def layer_mm(anatomy: Anatomy, u: Num, rest: Num) -> Num:
    """Depth in mm of the trabecular layer at ED at levels whose endocardial radius is ``rest``."""
    return np.minimum(trabecular_depth(anatomy, u, at_rest()), 0.6 * rest)


def _across(anatomy: Anatomy, p: Place, echo: Echogenicity) -> Array:
    """Brightness in dB from the inner rim of the trabecular layer to the epicardium, side by side."""
    if not echo.across_db:
        return np.zeros(np.shape(p.radius))
    inner = p.endo - layer_mm(anatomy, p.u, p.endo)
    share = np.clip((p.radius - inner) / np.maximum(p.epi - inner, 1e-3), 0.0, 1.0)
    septum, free, apex = (np.interp(share, np.linspace(0.0, 1.0, len(row)), row) for row in echo.across_db)
    side = smoothstep(0.5 - 0.8 * p.cos)
    tip = smoothstep((p.u - 0.7) / 0.3)
    return np.asarray((1.0 - tip) * (side * septum + (1.0 - side) * free) + tip * apex)


def _scars(heart: Heart, p: Place) -> Array:
    out = np.ones_like(p.radius)
    for scar in heart.scars:
        out = out * (1.0 + (float(scar.brightness) - 1.0) * scar.patch.weight(p.u, p.cos, p.sin))
    return out


def _slant(anatomy: Anatomy, points: Array, beam: Array, side: Array, beams: Beamformer) -> Array:
    """Factor of the angle between beam and wall: walls along the beam fade, above all at the sides.

    The cosine is how fast the depth below the tissue's surface grows along the beam.
    """
    p = beams.protocol
    here = _surface(anatomy, points)
    cosine = np.clip(np.abs(_surface(anatomy, points + beam) - here), 0.0, 1.0)
    share = p.anisotropy * (0.25 + 0.75 * np.clip(side, 0.0, 1.0))
    edge = (10 ** (p.edge_db / 20.0) - 1.0) * np.exp(-((here / _EDGE_MM) ** 2)) * cosine**6
    return np.asarray((1.0 - share + share * cosine**p.anisotropy_power) * (1.0 + edge))


def _surface(anatomy: Anatomy, points: Array) -> Array:
    """Depth below the surface of the uppermost tissue, signed so that it passes through the surface."""
    stack, _ = layers(anatomy, points[0], points[1], points[2], at_rest())
    depth = np.asarray(stack[0].depth, np.float64)
    for layer in stack[1:]:
        if layer.tissue in ("papillary", "trabeculae"):
            continue
        depth = np.where(np.abs(layer.depth) < np.abs(depth), layer.depth, depth)
    return depth
