"""What a reader measures in a short-axis picture, exactly: areas, dimensions, wall thickness, phase.

From the closed-form outlines (:mod:`lvcine.phantom.contours`), never from a raster, and without
:mod:`lvcine.measure`, which is judged by it. The eleven indices and their order are those of the
LVQuan data (Xue 2017, doi:10.48550/arXiv.1706.01912); segments are those of the AHA
(Cerqueira 2002, doi:10.1161/hc0402.102975).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.beat import State
from lvcine.phantom.contours import Section, crossings_mm, polygon_centroid, section
from lvcine.phantom.segments import basal_level
from lvcine.phantom.truth import is_systole

Array = NDArray[np.float64]
Anchoring = Literal["insertion", "middle"]

SECTORS = ("IS", "I", "IL", "AL", "A", "AS")
"""Order of the six wall thicknesses: inferoseptal, inferior, inferolateral, anterolateral, ..."""

DIMENSIONS = ("IS-AL", "I-A", "IL-AS")
"""Order of the three dimensions: each joins the middles of two opposite sectors."""

AHA_OF_SECTOR = (3, 4, 5, 6, 1, 2)
"""AHA number in a basal slice of each of :data:`SECTORS`; mid slices add 6."""

_THIRD = np.pi / 3.0  # a sector, and from the anterior insertion to the middle of the septum
# From the middle of the septum towards anterior: start of each of SECTORS and of segments 13-16.
_STARTS = np.array([-1.0, -2.0, -3.0, 2.0, 1.0, 0.0]) * _THIRD
_APICAL_STARTS = np.array([1.0, -1.0, 5.0, 3.0]) * np.pi / 4.0
_NODES, _WEIGHTS = (v / 2.0 for v in np.polynomial.legendre.leggauss(16))
_HEIGHTS = 5  # levels per third of the ventricle at which AHA segments are taken


@dataclass(frozen=True)
class SliceIndices:
    """What one short-axis picture shows; lengths in mm, in the heart's frame.

    Attributes
    ----------
    cavity_area_mm2, wall_area_mm2 : float
        Papillary muscles count as cavity. Of what lies below the basal plane.
    dimensions_mm : ndarray, shape (3,)
        Chords through the cavity's centroid in the order of :data:`DIMENSIONS`.
    thickness_mm : ndarray, shape (6,)
        Mean over each 60-degree sector, in the order of :data:`SECTORS`, of the way between endo- and
        epicardium on rays from the cavity's centroid.
    mean_thickness_mm, max_thickness_mm : float
        Over all rays.
    phase : int
        1 in systole (after ED, up to ES), 0 in diastole.
    whole : bool
        The ring of wall is whole; elsewhere lengths are NaN.
    endo, epi : ndarray, shape (N, 2)
        x, y of the outlines; see :meth:`lvcine.phantom.contours.Section.endo`.
    centroid_mm : ndarray, shape (2,)
        Of the cavity.
    septum : float
        Angle in rad, from x to y, at which the middle of the septum lies, seen from the centroid.
    """

    cavity_area_mm2: float
    wall_area_mm2: float
    dimensions_mm: Array
    thickness_mm: Array
    mean_thickness_mm: float
    max_thickness_mm: float
    phase: int
    whole: bool
    endo: Array
    epi: Array
    centroid_mm: Array
    septum: float

    @property
    def lvquan(self) -> Array:
        """Areas (cavity, myocardium), dimensions and thicknesses in LVQuan's order, (11,)."""
        return np.concatenate(
            [[self.cavity_area_mm2, self.wall_area_mm2], self.dimensions_mm, self.thickness_mm]
        )


@dataclass(frozen=True)
class SegmentThickness:
    """Wall thickness in mm of the AHA's 17 segments, index 0 is segment 1.

    Attributes
    ----------
    ed_mm, es_mm : ndarray, shape (17,)
        Segment 17, the apex proper, along the axis.
    max_ed_mm : float
        Thickest sector of a basal or mid level at ED.
    """

    ed_mm: Array
    es_mm: Array
    max_ed_mm: float


def slice_indices(
    anatomy: Anatomy,
    z_mm: float,
    state: State,
    *,
    systole: bool = False,
    anchor: Anchoring = "insertion",
) -> SliceIndices:
    """Indices of the short-axis picture at a height and state.

    Parameters
    ----------
    anatomy : Anatomy
        Of one heart, of numbers.
    z_mm : float
        Height in the heart's frame; does not move with the tissue, as a scanner's slice does not.
    state : State
    systole : bool
        What the time says (:func:`lvcine.phantom.truth.is_systole`); a state does not know.
    anchor : "insertion" or "middle"
        Sectors begin at the anterior insertion of the RV, or lie evenly about the middle of the septum.

    Examples
    --------
    >>> from lvcine.phantom.anatomy import draw_anatomy
    >>> from lvcine.phantom.heart import Heart
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, waist=0.0)
    >>> anatomy = draw_anatomy(heart, np.random.default_rng(0))
    >>> found = slice_indices(anatomy, 0.01, heart.beat.at(0.0))
    >>> found.thickness_mm.round(2), found.dimensions_mm.round(2)
    (array([9., 9., 9., 9., 9., 9.]), array([50., 50., 50.]))
    """
    cut = section(anatomy.heart, z_mm, state)
    if cut is None:
        none = np.zeros((0, 2))
        nan3, nan6, nan2 = np.full(3, np.nan), np.full(6, np.nan), np.full(2, np.nan)
        return SliceIndices(0, 0, nan3, nan6, np.nan, np.nan, int(systole), False, none, none, nan2, np.nan)
    endo, epi = cut.endo(), cut.epi()
    cavity = cut.cavity_area_mm2
    centroid = polygon_centroid(endo if cavity > 0.0 else epi)
    septum = _septum(anatomy, cut, centroid, anchor)
    dimensions, rays = np.full(3, np.nan), np.full((6, len(_NODES)), np.nan)
    if cut.whole:
        ends = septum + _STARTS + _THIRD / 2.0
        reach = crossings_mm(endo, centroid, ends)
        dimensions = reach[:3] + reach[3:]
        rays = _on_rays(endo, epi, centroid, septum + _STARTS, _THIRD)
    sectors = rays @ _WEIGHTS
    return SliceIndices(
        cavity, cut.wall_area_mm2, dimensions, sectors, float(sectors.mean()), float(rays.max()),
        phase=int(systole), whole=cut.whole, endo=endo, epi=epi, centroid_mm=centroid, septum=septum,
    )  # fmt: skip


def cine_indices(
    anatomy: Anatomy, z_mm: float, phases: ArrayLike, *, anchor: Anchoring = "insertion"
) -> list[SliceIndices]:
    """Indices of every frame of a gated cine; ``phases`` (T,) in 0..1 of the heart's own beat."""
    heart = anatomy.heart
    p = np.atleast_1d(np.asarray(phases, np.float64))
    return [
        slice_indices(anatomy, z_mm, heart.beat.at(float(v)), systole=bool(s), anchor=anchor)
        for v, s in zip(p, is_systole(heart, p), strict=True)
    ]


def segment_thickness(
    anatomy: Anatomy, ed: State, es: State, *, anchor: Anchoring = "insertion"
) -> SegmentThickness:
    """Wall thickness of the AHA's 17 segments at two states.

    Basal, mid and apical are thirds of the tissue from the lowest point of the basal plane to the
    endocardial apex, the same tissue at both states. Each segment's value is the mean over its rays
    and over the levels of its third.
    """
    (ed_mm, widest), (es_mm, _) = (_segments(anatomy, s, anchor) for s in (ed, es))
    return SegmentThickness(ed_mm, es_mm, widest)


def _segments(anatomy: Anatomy, state: State, anchor: Anchoring) -> tuple[Array, float]:
    heart = anatomy.heart
    top = basal_level(heart) + 1e-6
    nodes, weights = np.polynomial.legendre.leggauss(_HEIGHTS)
    out = np.zeros(17)
    widest = 0.0
    for third in range(3):
        starts, width = (_APICAL_STARTS, np.pi / 2.0) if third == 2 else (_STARTS, _THIRD)
        numbers: Sequence[int] = (13, 14, 15, 16) if third == 2 else [n + 6 * third for n in AHA_OF_SECTOR]
        for node, weight in zip(nodes, weights, strict=True):
            u = top + (1.0 - top) * (third + (node + 1.0) / 2.0) / 3.0
            sectors = _at_level(anatomy, u, state, anchor, starts, width)
            out[np.array(numbers) - 1] += weight / 2.0 * sectors
            widest = max(widest, float(sectors.max())) if third < 2 else widest
    base = float(heart.base_mm(state))
    out[16] = heart.apex_wall_mm * (heart.length_mm - base) / heart.length_mm
    return out, widest


def _at_level(
    anatomy: Anatomy, u: float, state: State, anchor: Anchoring, starts: Array, width: float
) -> Array:
    cut = section(anatomy.heart, float(anatomy.heart.height(u, state)), state)
    if cut is None or not cut.whole:
        return np.full(len(starts), np.nan)
    endo, epi = cut.endo(), cut.epi()
    centroid = polygon_centroid(endo)
    septum = _septum(anatomy, cut, centroid, anchor)
    return np.asarray(_on_rays(endo, epi, centroid, septum + starts, width) @ _WEIGHTS)


def _on_rays(endo: Array, epi: Array, centroid: Array, starts: Array, width: float) -> Array:
    """Thickness (S, K) at the Gauss nodes of sectors that begin at ``starts`` (S,)."""
    angles = (starts[:, None] + width * (_NODES + 0.5)).ravel()
    gap = crossings_mm(epi, centroid, angles) - crossings_mm(endo, centroid, angles)
    return np.asarray(gap.reshape(len(starts), -1))


def _septum(anatomy: Anatomy, cut: Section, centroid: Array, anchor: Anchoring) -> float:
    """Angle of the septum's middle, seen from the centroid; angles grow towards anterior."""
    c, s = anatomy.rv_direction
    material = float(np.arctan2(s, c)) + (float(anatomy.rv_span) if anchor == "insertion" else 0.0)
    radius = float(np.interp(material % (2.0 * np.pi), cut.angles, cut.epi_mm))
    at = material + cut.turn
    point = cut.centre_mm + radius * np.array([np.cos(at), np.sin(at)]) - centroid
    seen = float(np.arctan2(point[1], point[0]))
    return seen - (_THIRD if anchor == "insertion" else 0.0)
