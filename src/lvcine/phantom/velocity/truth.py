"""Exact velocities of the wall, integrated over its closed form: never from a raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart
from lvcine.phantom.indices import SECTORS

Array = NDArray[np.float64]

COMPONENTS = ("longitudinal", "radial", "circumferential")
"""First axis of :class:`VelocityTruth`. Positive: base to apex; inwards; clockwise seen from the apex."""

_AROUND = 180
_ANGLES = 2.0 * np.pi * (np.arange(_AROUND) + 0.5) / _AROUND
_COS, _SIN = np.cos(_ANGLES)[:, None, None], np.sin(_ANGLES)[:, None, None]
_DEPTHS, _WEIGHTS = (v / 2.0 for v in np.polynomial.legendre.leggauss(6))
_FROM_INSERTION = tuple(("A", "AL", "IL", "I", "IS", "AS").index(name) for name in SECTORS)
_FINE = 480  # phases among which peaks are looked for


@dataclass(frozen=True, eq=False)
class Peaks:
    """Highest and lowest value of curves over the whole cycle, not only at the frames.

    Of the longitudinal and the radial component these are the systolic and the early diastolic peak.

    Attributes
    ----------
    highest_cm_s, lowest_cm_s : ndarray, shape (3, Z) or (3, Z, 6)
    highest_ms, lowest_ms : ndarray
        When they are reached.
    """

    highest_cm_s: Array
    lowest_cm_s: Array
    highest_ms: Array
    lowest_ms: Array


@dataclass(frozen=True, eq=False)
class VelocityTruth:
    """Mean velocities of the wall in the middle plane of every slice.

    Attributes
    ----------
    mean_cm_s : ndarray, shape (3, Z, T)
        Of :data:`COMPONENTS`, over the whole wall. NaN where the plane holds no wall.
    sector_cm_s : ndarray, shape (3, Z, 6, T)
        Over the sectors of :data:`lvcine.phantom.indices.SECTORS`.
    peaks, sector_peaks : Peaks
    z_mm : ndarray, shape (Z,)
        Height of the slices in the heart's frame, with the shift of the breath-hold.
    """

    mean_cm_s: Array
    sector_cm_s: Array
    peaks: Peaks
    sector_peaks: Peaks
    z_mm: Array


def velocity_truth(anatomy: Anatomy, z_mm: Array, phases: Array, cycle_ms: Array) -> VelocityTruth:
    """Curves and peaks of slices square to the axis.

    Parameters
    ----------
    anatomy : Anatomy
        Of one heart, of numbers.
    z_mm : ndarray, shape (Z,)
    phases : ndarray, shape (T,)
        Of the frames, 0..1 of the cycle.
    cycle_ms : ndarray, shape (Z,)
    """
    fine = np.arange(_FINE) / _FINE
    curves, searched = [], []
    for z, cycle in zip(z_mm, cycle_ms, strict=True):
        period = float(cycle) / 1000.0
        curves.append(wall_means(anatomy, float(z), anatomy.heart.beat.at(phases, period)))
        searched.append(wall_means(anatomy, float(z), anatomy.heart.beat.at(fine, period)))
    whole, sectors = (np.stack(c, axis=1) for c in zip(*curves, strict=True))
    peaks, sector_peaks = (_peaks(np.stack(c, axis=1), cycle_ms) for c in zip(*searched, strict=True))
    return VelocityTruth(whole, sectors, peaks, sector_peaks, np.asarray(z_mm, np.float64))


def wall_means(anatomy: Anatomy, z_mm: float, state: State) -> tuple[Array, Array]:
    """Velocity of the wall in a plane square to the axis, by quadrature over direction and depth.

    Radial and circumferential are about the centroid of the cavity in that plane. Sectors take 60
    degrees each as seen from there and begin at the RV's anterior insertion, as those of
    :func:`lvcine.phantom.indices.slice_indices`.

    Parameters
    ----------
    anatomy : Anatomy
    z_mm : float
        Height of the plane in the heart's frame.
    state : State
        Of arrays of shape (T,).

    Returns
    -------
    ndarray, shape (3, T), and ndarray, shape (3, 6, T)
        :data:`COMPONENTS` in cm/s: over the whole wall, and over each sector.

    Examples
    --------
    >>> from lvcine.phantom.anatomy import draw_anatomy
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> anatomy = draw_anatomy(heart, np.random.default_rng(0))
    >>> whole, _ = wall_means(anatomy, 40.0, heart.beat.at(np.array([0.15])))
    >>> bool((whole[:2] > 0).all()), bool(abs(whole[2, 0]) < 1e-9)  # shortens and contracts, no twist
    (True, True)
    """
    heart, state = anatomy.heart, _column(state)
    wall = _wall(heart, z_mm, state)
    parts = _about(wall, (0.0, 0.0))
    insertion = _insertion(anatomy, wall.u, wall.middle, state)
    sector = _sixths(np.arctan2(wall.dy, wall.dx) - insertion)
    return _mean(parts, wall.weight), _sector_means(parts, wall.weight, sector)


@dataclass(frozen=True, eq=False)
class _Wall:
    """Points of quadrature in a plane, (direction, T, depth): level, place about the cavity, mm/s, weight."""

    u: Array
    middle: tuple[Array, Array]
    dx: Array
    dy: Array
    velocity: tuple[Array, Array, Array]
    weight: Array


def _wall(heart: Heart, z_mm: float, state: State) -> _Wall:
    u = heart.level(z_mm + 0.0 * state.squeeze, state)
    there = (u >= heart.base_level(_COS, _SIN, 1.0)) & (u <= heart.end)
    (x, y, _), velocity = heart._path(u, _COS, _SIN, 0.5 + _DEPTHS, state)
    middle = _cavity_centroid(heart, u, state)
    weight = there * heart.area(u, _COS, _SIN) * _WEIGHTS
    return _Wall(u, middle, x - middle[0], y - middle[1], velocity, weight)


def _about(wall: _Wall, bulk: tuple[float | Array, float | Array]) -> Array:
    """:data:`COMPONENTS` in cm/s of the velocity less ``bulk`` (mm/s), (3, direction, T, depth)."""
    (vx, vy, vz), dx, dy = wall.velocity, wall.dx, wall.dy
    vx, vy, r = vx - bulk[0], vy - bulk[1], np.hypot(dx, dy)
    return 0.1 * np.stack([vz + 0.0 * r, -(vx * dx + vy * dy) / r, (vy * dx - vx * dy) / r])


def _sixths(from_insertion: Array) -> NDArray[np.intp]:
    return np.minimum((from_insertion % (2.0 * np.pi) / (np.pi / 3.0)).astype(int), 5)


def _sector_means(parts: Array, weight: Array, sector: NDArray[np.intp]) -> Array:
    return np.stack([_mean(parts, weight * (sector == k)) for k in _FROM_INSERTION], 1)


def _column(state: State) -> State:
    """Of shape (1, T, 1): directions come first, depths last."""
    return state.each(lambda v: np.asarray(v, np.float64).reshape(1, -1, 1))


def _cavity_centroid(heart: Heart, u: Array, state: State) -> tuple[Array, Array]:
    """Middle of the area inside the endocardium, (1, T, 1) each; on the axis where there is none."""
    endo, _ = heart.outline(u, _COS, _SIN, state)
    turn = heart.turn(u) * state.twist
    c, s = np.cos(turn), np.sin(turn)
    cx, cy = heart.centre(u, state)
    area = np.maximum((endo**2).sum(0, keepdims=True) / 2.0, 1e-9)
    out_x = (endo**3 * (_COS * c - _SIN * s)).sum(0, keepdims=True) / 3.0
    out_y = (endo**3 * (_SIN * c + _COS * s)).sum(0, keepdims=True) / 3.0
    return cx + out_x / area, cy + out_y / area


def _insertion(anatomy: Anatomy, u: Array, middle: tuple[Array, Array], state: State) -> Array:
    """Angle at which the RV's anterior insertion is seen from the middle of the cavity, (1, T, 1)."""
    at = float(np.arctan2(anatomy.rv_direction[1], anatomy.rv_direction[0])) + float(anatomy.rv_span)
    x, y, _ = anatomy.heart.position(u, np.cos(at), np.sin(at), 1.0, state)
    return np.asarray(np.arctan2(y - middle[1], x - middle[0]))


def _mean(parts: Array, weight: Array) -> Array:
    """Weighted mean over direction and depth, (3, T); NaN without weight."""
    total = weight.sum((0, 2))
    summed = (parts * weight).sum((1, 3))
    return np.where(total > 0.0, summed / np.where(total > 0.0, total, 1.0), np.nan)


def _peaks(curves: Array, cycle_ms: Array) -> Peaks:
    """Of curves (3, Z, ..., phases)."""
    cycle = np.reshape(cycle_ms, (1, -1) + (1,) * (curves.ndim - 3))
    step = cycle / curves.shape[-1]
    high, low = np.nan_to_num(curves, nan=-np.inf), np.nan_to_num(curves, nan=np.inf)
    top, bottom = (np.where(np.isfinite(v), v, np.nan) for v in (high.max(-1), low.min(-1)))
    return Peaks(top, bottom, high.argmax(-1) * step, low.argmin(-1) * step)
