"""One beating left ventricle in closed form: its shape, its motion and its exact numbers.

Coordinates of the heart: ``zeta`` runs along the long axis in mm from the mitral plane at
ED (0) to the endocardial apex (``length_mm``), which stays nearly still; ``theta`` is the
angle around the axis with the middle of the septum at ``pi``. The wall is incompressible:
a material point keeps ``u`` (share of the way from base to apex) and ``theta``, so that
what the wall loses in length it gains in cross-section.

Ranges of the population: volumes, mass and EF span the healthy and diseased adults of
Petersen 2017 (doi:10.1186/s12968-017-0327-9) and Kawel-Boehm 2020
(doi:10.1186/s12968-020-00683-3), drawn wider than life so that a net meets the extremes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MYOCARDIAL_DENSITY_G_ML = 1.05  # Grothues 2002, doi:10.1016/S0002-9149(02)02381-0


def smoothstep(x: Array | float) -> Array:
    """0 before 0, 1 after 1, with flat ends."""
    c = np.clip(x, 0.0, 1.0)
    return np.asarray(c * c * (3.0 - 2.0 * c))


@dataclass(frozen=True)
class Beat:
    """Time course of contraction: 0 at ED, 1 at ES, in phase 0 (R wave) to 1.

    Attributes
    ----------
    systole : float
        Share of the cycle from ED to ES.
    rapid : float
        Share of the cycle that rapid filling lasts.
    early : float
        Share of the stroke that comes back in rapid filling; the atrium gives the rest.
    kick : float
        Phase at which the atrium starts.
    """

    systole: float = 0.36
    rapid: float = 0.22
    early: float = 0.72
    kick: float = 0.86

    def contraction(self, phase: Array | float) -> Array:
        """Share of the full contraction at each phase (cyclic)."""
        p = np.mod(np.asarray(phase, float), 1.0)
        ejection = smoothstep(p / self.systole)
        filling = self.early * smoothstep((p - self.systole) / self.rapid)
        atrial = (1.0 - self.early) * smoothstep((p - self.kick) / (1.0 - self.kick))
        return np.asarray(ejection - filling - atrial)


@dataclass(frozen=True)
class Scar:
    """A stretch of wall that moves less and is thinner (angles in rad, ``u`` along the axis)."""

    theta: float
    half_width: float
    u: float
    half_length: float
    akinesia: float
    thinning: float

    def weight(self, u: Array, theta: Array) -> Array:
        d = np.abs(np.mod(theta - self.theta + np.pi, 2 * np.pi) - np.pi)
        around = smoothstep(1.6 - d / self.half_width)
        return around * smoothstep(1.6 - np.abs(u - self.u) / self.half_length)


@dataclass(frozen=True)
class Heart:
    """Shape and motion of one left ventricle and its neighbours.

    Attributes
    ----------
    length_mm : float
        Mitral plane to endocardial apex at ED.
    radius_mm : float
        Endocardial radius at the base at ED.
    wall_mm : float
        Typical wall thickness at ED.
    ejection_fraction : float
        0..1, of the healthy part of the wall (a scar lowers the whole).
    shortening : float
        Share of its length that the long axis loses (about 0.10-0.20 in health).
    taper : float
        Exponent of the profile towards the apex (2: ellipsoid; larger: blunter).
    bulge : tuple of (order, amplitude, angle)
        Harmonics of the endocardial radius around the axis.
    wall_bulge : tuple of (order, amplitude, angle)
        The same for the wall's thickness.
    apex_wall_mm : float
    basal_tilt_mm, basal_tilt_angle
        The mitral-aortic plane is not square to the axis.
    scar : Scar or None
    beat : Beat

    Examples
    --------
    >>> h = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> v = h.volumes_ml([0.0, h.beat.systole])
    >>> round(float(1 - v[1] / v[0]), 3)
    0.6
    """

    length_mm: float
    radius_mm: float
    wall_mm: float
    ejection_fraction: float
    shortening: float = 0.15
    taper: float = 2.3
    bulge: tuple[tuple[int, float, float], ...] = ()
    wall_bulge: tuple[tuple[int, float, float], ...] = ()
    apex_wall_mm: float = 5.0
    basal_tilt_mm: float = 6.0
    basal_tilt_angle: float = 2.4
    scar: Scar | None = None
    beat: Beat = Beat()

    def base_mm(self, phase: Array | float) -> Array:
        """zeta of the mitral plane: it comes down towards the apex in systole."""
        return self.length_mm * self.shortening * self.beat.contraction(phase)

    def apex_epi_mm(self) -> float:
        return self.length_mm + self.apex_wall_mm

    def _harmonics(self, terms: tuple[tuple[int, float, float], ...], theta: Array) -> Array:
        out = np.ones_like(theta)
        for order, amplitude, angle in terms:
            out = out + amplitude * np.cos(order * (theta - angle))
        return out

    def _profile(self, u: Array) -> Array:
        """Endocardial radius over basal radius along the axis, 0 from the apex on."""
        cap = np.sqrt(np.clip(1.0 - np.clip(u, 0.0, 1.0) ** self.taper, 0.0, 1.0))
        return cap * (1.0 - 0.12 * np.clip(1.0 - u / 0.35, 0.0, 1.2) ** 2)

    def surfaces(self, zeta: Array | float, theta: Array, phase: float) -> tuple[Array, Array]:
        """Endo- and epicardial radius (mm) at height ``zeta`` and angles ``theta``."""
        s = float(self.beat.contraction(phase))
        base = self.length_mm * self.shortening * s
        u = (np.asarray(zeta, float) - base) / (self.length_mm - base)
        u, theta = np.broadcast_arrays(u, theta)
        weak = self.scar.weight(u, theta) if self.scar else np.zeros_like(theta)
        rest = self.radius_mm * self._profile(u) * self._harmonics(self.bulge, theta)
        narrowing = 1.0 - (1.0 - self.ejection_fraction) / (1.0 - self.shortening)
        kept = 1.0 - narrowing * s * (1.0 - weak * (self.scar.akinesia if self.scar else 0.0))
        endo_squared = rest**2 * np.clip(kept, 0.0, None)
        wall = self.wall_mm * self._harmonics(self.wall_bulge, theta)
        wall = wall * (1.0 - weak * (self.scar.thinning if self.scar else 0.0))
        thinner = 1.0 - 0.35 * smoothstep((u - 0.6) / 0.4)
        wall = wall * thinner
        end = 1.0 + self.apex_wall_mm / self.length_mm
        cap = np.clip((end - u) / (end - 0.8), 0.0, 1.0)
        area = wall * (2.0 * rest + wall) * np.sqrt(np.where(u > 0.8, cap, 1.0))
        epi_squared = endo_squared + area * self.length_mm / (self.length_mm - base)
        return np.sqrt(endo_squared), np.sqrt(epi_squared)

    def plane_mm(self, theta: Array, radius: Array | float, phase: float) -> Array:
        """zeta of the tilted basal plane at a point; ventricle lies beyond it."""
        tilt = self.basal_tilt_mm * np.cos(theta - self.basal_tilt_angle) * radius / self.radius_mm
        return self.base_mm(phase) + tilt

    def in_slice(self, zeta: float, phase: float) -> float:
        """Share of the circumference at ``zeta`` where the ventricle's wall stands (0..1)."""
        theta = np.linspace(-np.pi, np.pi, 180, endpoint=False)
        _, epi = self.surfaces(max(zeta, float(self.base_mm(phase))), theta, phase)
        share = float(np.mean(zeta > self.plane_mm(theta, epi, phase)))
        return share if zeta < self.apex_epi_mm() else 0.0

    def _integral(self, phase: float, *, wall: bool) -> float:
        """Volume in mL between the flat mitral plane and the apex by fine quadrature."""
        theta = np.linspace(-np.pi, np.pi, 720, endpoint=False)
        base, end = float(self.base_mm(phase)), self.apex_epi_mm()
        nodes, weights = np.polynomial.legendre.leggauss(160)
        zeta = base + (nodes + 1.0) / 2.0 * (end - base)
        endo, epi = self.surfaces(zeta[:, None], theta[None, :], phase)
        squared = epi**2 - endo**2 if wall else endo**2
        return float((squared.mean(axis=1) * np.pi * weights).sum() * (end - base) / 2.0 / 1000.0)

    def volumes_ml(self, phases: Array | list[float]) -> Array:
        """Cavity volume, papillary muscles inside, at each phase."""
        return np.array([self._integral(float(p), wall=False) for p in phases])

    def mass_g(self, phase: float = 0.0) -> float:
        return self._integral(phase, wall=True) * MYOCARDIAL_DENSITY_G_ML
