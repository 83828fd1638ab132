"""Numbers by slice, sector and AHA segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.measure.anchor import Anchor
from lvcine.measure.area import SliceAreas
from lvcine.measure.dimensions import cavity_dimensions_mm
from lvcine.measure.remembered import remembered
from lvcine.measure.segments import APICAL, NO_LEVEL, SEGMENTS_OF_LEVEL, ray_angles, slice_levels
from lvcine.measure.wall import is_whole_ring, segment_means, wall_thickness
from lvcine.study import Array, Bools, Contour, Finding, Geometry, Measurement, Segmentation

_SECTOR_METHOD = (
    "mean over rays from the cavity's centre; sector by AHA basal number (IS 3, I 4, IL 5, AL 6, A 1, AS 2)"
)
_AHA_METHOD = "AHA segment: mean over the rays of the level's slices"


@dataclass(frozen=True, eq=False)
class Walls:
    """Wall thickness on rays.

    Attributes
    ----------
    thickness : ndarray, shape (Z, T, R)
        mm (pixels where not calibrated); NaN where a contour is missing. Rays as
        :func:`lvcine.measure.segments.ray_angles`.
    ring : ndarray of bool, shape (Z, T)
        The myocardium goes all the way round.
    """

    thickness: Array
    ring: Bools


def measure_walls(segmentation: Segmentation, geometry: Geometry, anchor: Anchor) -> Walls:
    """Wall thickness of every slice and frame that has both contours."""
    shape = len(segmentation.endo), len(segmentation.endo[0])
    thickness = np.full((*shape, len(ray_angles())), np.nan)
    ring = np.zeros(shape, bool)
    for z, t in np.ndindex(*shape):
        endo, epi = segmentation.endo[z][t], segmentation.epi[z][t]
        if endo is not None and epi is not None:
            wall = _wall(endo, epi, geometry.pixel_spacing_mm, _septum(anchor, z))
            thickness[z, t], ring[z, t] = wall.thickness, wall.ring
    return Walls(thickness, ring)


Septum = tuple[float, float, int]
"""A slice's septum (y, x) and the sense in which anterior follows: an anchor that can be hashed."""


def _septum(anchor: Anchor, z: int) -> Septum:
    return float(anchor.septum[z, 0]), float(anchor.septum[z, 1]), anchor.sense


def _anchor(septum: Septum) -> Anchor:
    return Anchor(np.array([septum[:2]]), septum[2])


@dataclass(frozen=True, eq=False)
class _Wall:
    """Of one slice and frame: thickness on rays in mm, and whether the ring is whole."""

    thickness: Array
    ring: bool


@remembered
def _wall(endo: Contour, epi: Contour, spacing_mm: tuple[float, float], septum: Septum) -> _Wall:
    inner, outer = (c.scaled(spacing_mm) for c in (endo, epi))
    thickness = wall_thickness(inner, outer, _anchor(septum).directions(0, ray_angles()))
    return _Wall(thickness, is_whole_ring(thickness))


@remembered
def _dimensions(
    endo: Contour, spacing_mm: tuple[float, float], septum: Septum, length: str, z: int, t: int
) -> tuple[Measurement, ...]:
    """The cavity's dimensions in a slice and frame."""
    chords = cavity_dimensions_mm(endo.scaled(spacing_mm), _anchor(septum), 0)
    method = "chord through the cavity's centre"
    return tuple(
        Measurement(f"dimension_{chord}_{length}", value, length, method, z, t)
        for chord, value in chords.items()
    )


@remembered
def _sectors(
    endo: Contour, epi: Contour, spacing_mm: tuple[float, float], septum: Septum, length: str, z: int, t: int
) -> tuple[Measurement, ...]:
    """Wall thickness of the six sectors of a slice and frame."""
    means = segment_means(_wall(endo, epi, spacing_mm, septum).thickness)
    return tuple(
        Measurement(f"wall_thickness_{length}", value, length, _SECTOR_METHOD, z, t, segment)
        for segment, value in means.items()
    )


def slice_numbers(
    areas: SliceAreas, segmentation: Segmentation, geometry: Geometry, anchor: Anchor, walls: Walls
) -> list[Measurement]:
    """Areas, cavity dimensions and six wall thicknesses of every slice and frame.

    Areas are given everywhere (0 without LV), dimensions where there is a cavity, wall
    thickness where the ring of myocardium is whole. Without pixel spacing the names end in
    ``_px2`` and ``_px``.
    """
    length = "mm" if geometry.calibrated else "px"
    found: list[Measurement] = []
    for z, t in np.ndindex(*walls.ring.shape):
        for tissue, area in (("cavity", areas.cavity_mm2), ("myocardium", areas.myocardium_mm2)):
            name, unit = f"{tissue}_area_{length}2", f"{length}2"
            found.append(Measurement(name, float(area[z, t]), unit, "area inside the contours", z, t))
        endo, epi = segmentation.endo[z][t], segmentation.epi[z][t]
        where = (geometry.pixel_spacing_mm, _septum(anchor, z), length, z, t)
        if endo is not None:
            found += _dimensions(endo, *where)
            if walls.ring[z, t] and epi is not None:
                found += _sectors(endo, epi, *where)
    return found


def aha_numbers(
    walls: Walls, geometry: Geometry, apex_sign: int, ed: int, es: int
) -> tuple[list[Measurement], list[Finding]]:
    """Wall thickness of the AHA's 16 segments at ED and ES, and its thickening.

    The levels are the thirds of each phase's own whole rings: from ED to ES the base comes
    down by a slice or two, and each phase's own thirds follow the tissue where fixed
    slices would not.
    """
    length = "mm" if geometry.calibrated else "px"
    at_ed, at_es = (_segments_at(walls, geometry, apex_sign, frame) for frame in (ed, es))
    found = [
        Measurement(f"wall_thickness_{length}", value, length, _AHA_METHOD, frame=frame, segment=segment)
        for frame, segments in {ed: at_ed, es: at_es}.items()
        for segment, value in segments.items()
    ]
    for segment in sorted(at_ed.keys() & at_es.keys()):
        gain = 100 * (at_es[segment] / at_ed[segment] - 1) if at_ed[segment] > 0 else float("nan")
        method = "(ES - ED) / ED of the AHA segment's wall thickness"
        found.append(Measurement("wall_thickening_percent", gain, "%", method, segment=segment))
    return found + _thickest(walls, geometry, apex_sign, ed), _missing(at_ed, at_es)


def _segments_at(walls: Walls, geometry: Geometry, apex_sign: int, frame: int) -> dict[int, float]:
    levels = slice_levels(walls.ring[:, frame], geometry, apex_sign)
    means: dict[int, float] = {}
    for level in SEGMENTS_OF_LEVEL:
        if (levels == level).any():
            means |= segment_means(walls.thickness[levels == level, frame], level)
    return dict(sorted(means.items()))


def _thickest(walls: Walls, geometry: Geometry, apex_sign: int, ed: int) -> list[Measurement]:
    """The thickest sector at ED, apical slices left out: they cut the wall obliquely."""
    levels = slice_levels(walls.ring[:, ed], geometry, apex_sign)
    upper = (levels != NO_LEVEL) & (levels != APICAL)
    sectors = [max(segment_means(rays).values()) for rays in walls.thickness[upper, ed]]
    if not sectors:
        return []
    length = "mm" if geometry.calibrated else "px"
    method = "thickest 60-degree sector of a basal or mid slice at ED"
    return [Measurement(f"max_wall_thickness_ed_{length}", max(sectors), length, method)]


def _missing(at_ed: dict[int, float], at_es: dict[int, float]) -> list[Finding]:
    lost = sorted(set(range(1, 17)) - (at_ed.keys() & at_es.keys()))
    if not lost:
        return []
    text = f"AHA segments {', '.join(map(str, lost))} without a whole ring of myocardium at ED or ES"
    return [Finding("segments-missing", "info", text, "look at the coverage from base to apex")]
