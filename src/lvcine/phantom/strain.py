"""Strain, rotation and torsion of the wall from the lengths of its own material lines.

Lagrangian (engineering) strain relative to ED, L(t) / L(ED) - 1 in percent: longitudinal and
circumferential shortening is negative, radial thickening positive (Voigt 2015,
doi:10.1093/ehjci/jeu184). Rotation is positive anticlockwise as seen from the apex, twist is that
of the apex less that of the base: positive in health (Young 2012, doi:10.1186/1532-429X-14-49).
The lines run through the tissue in space, so that shear by twist is in their length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lvcine.phantom.heart import Heart
from lvcine.phantom.segments import SEPTUM, basal_level, segment_of
from lvcine.phantom.truth import find_timing

Array = NDArray[np.float64]

_STEPS = 20  # of a material line per third of the long axis
_AROUND = 144  # directions: six and four sectors without remainder


@dataclass(frozen=True)
class Strain:
    """Deformation over time, T phases; strains in percent, per segment AHA 1..16 at index 0..15.

    Attributes
    ----------
    longitudinal, circumferential, radial : ndarray, shape (T,)
        Of all lines together: global strains.
    longitudinal_segments, circumferential_segments, radial_segments : ndarray, shape (T, 16)
    rotation_base_deg, rotation_apex_deg : ndarray, shape (T,)
        In the middle of the basal and of the apical third, since ED.
    twist_deg : ndarray, shape (T,)
    torsion_deg_cm : ndarray, shape (T,)
        Twist over the distance of the two levels at ED.
    """

    longitudinal: Array
    circumferential: Array
    radial: Array
    longitudinal_segments: Array
    circumferential_segments: Array
    radial_segments: Array
    rotation_base_deg: Array
    rotation_apex_deg: Array
    twist_deg: Array
    torsion_deg_cm: Array


def strain(
    heart: Heart, phases: ArrayLike, *, depth: float = 0.5, septum: tuple[float, float] = SEPTUM
) -> Strain:
    """Strain at phases of the heart's beat.

    Parameters
    ----------
    heart : Heart
    phases : array-like, shape (T,)
    depth : float
        How deep in the wall, by its area, the longitudinal and circumferential lines run: 0 the
        endocardium, 0.5 the middle, 1 the epicardium.
    septum : (cos, sin)
        Middle of the septum, from which segments are counted.

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> found = strain(heart, [0.0, heart.beat.systole])
    >>> bool(found.longitudinal[1] < 0 and found.circumferential[1] < 0 and found.radial[1] > 0)
    True
    """
    ed = find_timing(heart).ed
    lengths = [
        _lines(heart, float(p), depth, septum) for p in [ed, *np.atleast_1d(np.asarray(phases, float))]
    ]
    stacked = [np.stack(x) for x in zip(*lengths, strict=True)]
    local = [100.0 * (x[1:] / x[0] - 1.0) for x in stacked]
    whole = [100.0 * (x[1:].sum(1) / x[0].sum() - 1.0) for x in stacked]
    top = basal_level(heart)
    low, high = top + (1.0 - top) / 6.0, top + (1.0 - top) * 5.0 / 6.0
    twist = np.asarray(heart.beat.at(np.atleast_1d(np.asarray(phases, float))).twist)
    since = twist - float(heart.beat.at(ed).twist)
    # x to y is clockwise as seen from the apex.
    base, apex = (-np.degrees(float(heart.turn(np.float64(u)))) * since for u in (low, high))
    span_cm = (high - low) * float(heart.length_mm - heart.base_mm(heart.beat.at(ed))) / 10.0
    twist_deg = apex - base
    return Strain(
        whole[0], whole[1], whole[2], local[0], local[1], local[2], base, apex, twist_deg, twist_deg / span_cm
    )


def _lines(
    heart: Heart, phase: float, depth: float, septum: tuple[float, float]
) -> tuple[Array, Array, Array]:
    """Summed lengths (16,) of the longitudinal, circumferential and transmural lines of each segment."""
    state = heart.beat.at(phase)
    top = basal_level(heart)
    start = np.arctan2(septum[1], septum[0])
    steps = 3 * _STEPS
    edge = top + (1.0 - top) * np.arange(steps + 1) / steps
    middle = (edge[1:] + edge[:-1]) / 2.0
    ring = start + 2.0 * np.pi * np.arange(_AROUND + 1) / _AROUND
    ray = (ring[1:] + ring[:-1]) / 2.0

    def points(u: Array, angle: Array) -> Array:
        uu, aa = np.meshgrid(u, angle, indexing="ij")
        return np.stack(heart.position(uu, np.cos(aa), np.sin(aa), np.full_like(uu, depth), state))

    down = np.linalg.norm(np.diff(points(edge, ray), axis=1), axis=0)
    round_ = np.linalg.norm(np.diff(points(middle, ring), axis=2), axis=0)
    uu, aa = np.meshgrid(middle, ray, indexing="ij")
    cos, sin = np.cos(aa), np.sin(aa)
    endo, epi = heart.outline(uu, cos, sin, state)
    numbers = segment_of(heart, uu, cos, sin, septum).ravel() - 1

    def summed(values: Array) -> Array:
        return np.asarray(np.bincount(numbers, values.ravel(), 16), np.float64)

    return summed(down), summed(round_), summed(np.asarray(epi - endo))
