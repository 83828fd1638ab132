"""Exact numbers of a virtual heart, from its closed form: never from a raster.

Shares no code with :mod:`lvcine.measure`, which is judged by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lvcine.phantom.beat import State
from lvcine.phantom.heart import MYOCARDIAL_DENSITY_G_ML, Heart

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Nodes:
    """How many points integrals take: around the axis, along the radius, along each piece of the axis."""

    around: int = 180
    radial: int = 8
    along: int = 24


FINE = Nodes()
"""For truth: 1e-4 of a scar's share, 1e-5 of a volume."""

QUICK = Nodes(64, 6, 16)
"""For drawing hearts by the thousand: 1e-3 and 5e-5, twenty times as fast."""


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


@dataclass(frozen=True)
class Timing:
    """Phases (0..1 from the R wave) at which the cavity is largest and smallest."""

    ed: float
    es: float


@dataclass(frozen=True)
class Function:
    """Global function of one heart over a full beat, in continuous time.

    Attributes
    ----------
    edv_ml, esv_ml : float
        Largest and smallest volume of the cavity, papillary muscles inside.
    mass_g : float
        Wall without papillary muscles.
    timing : Timing
    """

    edv_ml: float
    esv_ml: float
    mass_g: float
    timing: Timing

    @property
    def stroke_volume_ml(self) -> float:
        """EDV - ESV."""
        return self.edv_ml - self.esv_ml

    @property
    def ejection_fraction(self) -> float:
        """SV / EDV, 0..1; of the whole ventricle, scars and late wall included."""
        return self.stroke_volume_ml / self.edv_ml


def function(heart: Heart) -> Function:
    """EDV, ESV, SV, EF and mass.

    Examples
    --------
    >>> found = function(Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6, waist=0.0))
    >>> round(found.ejection_fraction, 4), found.timing.ed, round(found.timing.es, 3)
    (0.6, 0.0, 0.36)
    """
    moments = cavity_moments(heart)
    timing = find_timing(heart, moments)
    edv, esv = volume_ml(heart, heart.beat.at(np.array([timing.ed, timing.es])), moments)
    return Function(float(edv), float(esv), mass_g(heart), timing)


def find_timing(heart: Heart, moments: Moments | None = None) -> Timing:
    """True ED and ES of the volume curve; wall that lags moves them off the beat's own."""
    m = moments or cavity_moments(heart)

    def extreme(sign: float) -> float:
        at, step = 0.5, 1.0 / 512.0
        phases = np.arange(512) * step
        for _ in range(3):  # to 4e-9 of a cycle
            at = float(phases[np.argmax(sign * volume_ml(heart, heart.beat.at(phases), m))])
            step /= 256.0
            phases = at + np.arange(-256, 257) * step
        return at % 1.0

    return Timing(ed=extreme(1.0), es=extreme(-1.0))


def is_systole(heart: Heart, phases: ArrayLike, timing: Timing | None = None) -> NDArray[np.bool_]:
    """Whether each phase lies after ED and up to ES, round the cycle.

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> is_systole(heart, [0.0, 0.1, 0.35, 0.4])
    array([False,  True,  True, False])
    """
    t = timing or find_timing(heart)
    since = (np.asarray(phases, np.float64) - t.ed) % 1.0
    return np.asarray((since > 1e-9) & (since <= (t.es - t.ed) % 1.0 + 1e-9) & (since < 1.0 - 1e-9))


def cavity_moments(heart: Heart, nodes: Nodes = FINE) -> Moments:
    """By Gauss quadrature in level and radius, trapezoid around (spectral for smooth shapes)."""
    share, share_weight = _gauss(nodes.radial)
    cos, sin = (v[:, None, None] for v in _around(nodes.around))
    q = share[None, :, None]
    start = np.broadcast_to(heart.base_level(cos, sin, q), (nodes.around, nodes.radial, 1))
    u, u_weight = _cut_gauss(start, 1.0, (0.8,), nodes.along)
    weight = u_weight * (share_weight * share)[None, :, None] * (2.0 * np.pi / nodes.around)
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
    >>> round(float(1 - es / ed), 4)
    0.6
    """
    m = moments or cavity_moments(heart)
    pull = state.squeeze * m.moved + (state.late - state.squeeze) * m.late
    length = heart.length_mm - heart.base_mm(state)
    return np.asarray(length * (m.whole - heart.narrowing * pull) / 1000.0)


def wall_volume_ml(heart: Heart) -> float:
    """Volume of the wall; the same at every state, as the wall is incompressible."""
    cos, sin = (v[:, None] for v in _around(FINE.around))
    start = np.broadcast_to(heart.base_level(cos, sin, 1.0), (FINE.around, 1))
    u, weight = _cut_gauss(start, float(heart.end), (0.8, 1.0), FINE.along)
    total = (heart.area(u, cos, sin) * weight).sum() * 2.0 * np.pi / FINE.around
    return float(total * heart.length_mm / 2.0 / 1000.0)


def mass_g(heart: Heart) -> float:
    """Mass of the wall without papillary muscles."""
    return wall_volume_ml(heart) * MYOCARDIAL_DENSITY_G_ML


def _around(count: int) -> tuple[Array, Array]:
    angle = 2.0 * np.pi * (np.arange(count) + 0.5) / count
    return np.cos(angle), np.sin(angle)


def _gauss(n: int) -> tuple[Array, Array]:
    """Nodes in 0..1 and their weights."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1.0) / 2.0, weights / 2.0


def _cut_gauss(start: Array, end: float, cuts: tuple[float, ...], count: int) -> tuple[Array, Array]:
    """Nodes and weights from ``start`` (..., 1) over fixed cuts, where the shape has kinks, to ``end``."""
    t, w = _gauss(count)
    high = np.maximum(end, start)
    edges = [start, *(np.clip(c, start, high) for c in (0.0, *cuts)), high]
    nodes = [a + (b - a) * t for a, b in zip(edges[:-1], edges[1:], strict=True)]
    weights = [(b - a) * w for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return np.concatenate(nodes, -1), np.concatenate(weights, -1)
