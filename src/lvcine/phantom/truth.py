"""Exact numbers of a virtual heart, from its closed form: never from a raster.

Shares no code with :mod:`lvcine.measure`, which is judged by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.beat import State
from lvcine.phantom.heart import MYOCARDIAL_DENSITY_G_ML, Heart

Array = NDArray[np.float64]

_ANGLES = 2.0 * np.pi * (np.arange(180) + 0.5) / 180.0
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)


@dataclass(frozen=True)
class Moments:
    """The integrals over the cavity of which its volume at every state is a linear sum.

    Attributes
    ----------
    whole, moved, late : float
        Integrals in mm^2 over level and direction of the resting cross-section: all of it,
        weighted by how much the wall moves, and by how much of that comes late.
    """

    whole: float
    moved: float
    late: float


def cavity_moments(heart: Heart) -> Moments:
    """By Gauss quadrature in level and radius, trapezoid around (spectral for smooth shapes)."""
    share, share_weight = _gauss(0.0, 1.0, 12)
    cos, sin, q = _COS[:, None, None], _SIN[:, None, None], share[None, :, None]
    start = np.broadcast_to(heart.base_level(cos, sin, q), (len(_COS), len(share), 1))
    u, u_weight = _cut_gauss(start, 1.0)
    weight = u_weight * (share_weight * share)[None, :, None] * (2.0 * np.pi / len(_COS))
    moved = heart.amplitude(u, cos, sin)
    rest = heart.rest(u, cos, sin) ** 2 * weight
    late = heart.slow_share(u, cos, sin)
    return Moments(float(rest.sum()), float((rest * moved).sum()), float((rest * moved * late).sum()))


def volume_ml(heart: Heart, state: State, moments: Moments | None = None) -> Array:
    """Cavity volume, papillary muscles inside, below the basal plane.

    Parameters
    ----------
    heart : Heart
    state : State
        One state, or arrays of them.
    moments : Moments, optional
        Of this heart, if they are known already.

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> ed, es = volume_ml(heart, heart.beat.at(np.array([0.0, heart.beat.systole])))
    >>> round(1 - es / ed, 4)
    0.6
    """
    m = moments or cavity_moments(heart)
    pull = state.squeeze * m.moved + (state.late - state.squeeze) * m.late
    length = heart.length_mm - heart.base_mm(state)
    return np.asarray(length * (m.whole - heart.narrowing * pull) / 1000.0)


def wall_volume_ml(heart: Heart) -> float:
    """Volume of the wall; the same at every state, as the wall is incompressible."""
    cos, sin = _COS[:, None], _SIN[:, None]
    u, weight = _cut_gauss(heart.base_level(cos, sin, 1.0), float(heart.end), cuts=(0.8, 1.0))
    total = (heart.area(u, cos, sin) * weight).sum() * 2.0 * np.pi / len(_COS)
    return float(total * heart.length_mm / 2.0 / 1000.0)


def mass_g(heart: Heart) -> float:
    """Mass of the wall without papillary muscles."""
    return wall_volume_ml(heart) * MYOCARDIAL_DENSITY_G_ML


def _gauss(low: float, high: float, n: int) -> tuple[Array, Array]:
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return low + (nodes + 1.0) / 2.0 * (high - low), weights / 2.0 * (high - low)


def _cut_gauss(start: Array, end: float, cuts: tuple[float, ...] = (0.8,)) -> tuple[Array, Array]:
    """Nodes and weights from ``start`` (..., 1) over fixed cuts, where the shape has kinks, to ``end``."""
    t, w = _gauss(0.0, 1.0, 24)
    edges = [start, *(np.full_like(start, c) for c in (0.0, *cuts)), np.full_like(start, end)]
    edges = [np.maximum(e, start) for e in edges]
    nodes = [a + (b - a) * t for a, b in zip(edges[:-1], edges[1:], strict=True)]
    weights = [(b - a) * w for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return np.concatenate(nodes, -1), np.concatenate(weights, -1)
