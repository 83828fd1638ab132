"""One beating left ventricle in closed form: where every piece of its wall is at every time.

Coordinates of the heart in mm: the origin lies on the long axis in the mitral plane at ED,
z runs along the axis to the endocardial apex (``length_mm``), x from the septum to the
lateral wall, y from the anterior to the inferior wall, as in a short-axis picture with the
septum on the left. (Seen from the apex this is left-handed, as in the body.)

A piece of wall is named by ``u`` (share of the way from base to apex), its direction
``(cos, sin)`` around the axis and ``w`` (0 on the endocardium, 1 on the epicardium, by area).
These never change. In time only a :class:`~lvcine.phantom.beat.State` enters::

    z  = base + u (L - base)                    the mitral plane comes down, the apex stays
    r2 = endo(u, direction, state)^2 + w * area(u, direction) * L / (L - base)
    direction turned by the twist, which grows from base to apex

The volume element of (u, direction, w) is area * L / 2 at every state: the wall is
incompressible exactly, and velocity is the derivative of these three lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.arrays import Num, smoothstep
from lvcine.phantom.beat import Beat, State

MYOCARDIAL_DENSITY_G_ML = 1.05  # Grothues 2002, doi:10.1016/S0002-9149(02)02381-0
_ATRIAL_REACH = 65.0  # mm above the mitral plane at which the atrial roof stays still
_BASE_ZONE = 14.0  # mm above the mitral plane to which a tilted base may reach


@dataclass(frozen=True)
class Patch:
    """A stretch of wall: directions around (cos, sin) and heights around ``u``.

    Attributes
    ----------
    cos, sin : direction of its middle
    half_width : rad
    u, half_length : shares of the long axis
    """

    cos: Num = 1.0
    sin: Num = 0.0
    half_width: Num = 0.8
    u: Num = 0.5
    half_length: Num = 0.3

    def weight(self, u: Num, cos: Num, sin: Num) -> Num:
        """1 inside, 0 from 1.6 half-widths on, smooth between."""
        near, far = np.cos(0.6 * self.half_width), np.cos(1.6 * self.half_width)
        around = smoothstep((cos * self.cos + sin * self.sin - far) / (near - far))
        return around * smoothstep(1.6 - np.abs(u - self.u) / self.half_length)


@dataclass(frozen=True)
class Scar:
    """A patch that moves less (``akinesia`` 1: not at all; above: bulges), is thinner and looks other."""

    patch: Patch = Patch()
    akinesia: Num = 0.0
    thinning: Num = 0.0
    brightness: Num = 1.0


@dataclass(frozen=True)
class Place:
    """Where points lie in the heart at a state; lengths in mm.

    Attributes
    ----------
    u, cos, sin : which level and direction of the wall they lie at (material)
    radius : distance from the axis
    endo, epi : radius of the endo- and epicardium there
    below_base : mm below the basal plane of the ventricle; negative in the atria
    """

    u: Num
    cos: Num
    sin: Num
    radius: Num
    endo: Num
    epi: Num
    below_base: Num


@dataclass(frozen=True)
class Heart:
    """Shape and motion of one left ventricle.

    Attributes
    ----------
    length_mm : mitral plane to endocardial apex at ED
    radius_mm : endocardial radius at the base at ED
    wall_mm : wall thickness at the base at ED; it thins a little towards the apex
    ejection_fraction : 0..1, of the healthy part of the wall (a scar lowers the whole)
    shortening : share of its length that the long axis loses (0.10-0.20 in health)
    taper : exponent of the profile towards the apex (2: ellipsoid; larger: blunter)
    waist : how much the cavity narrows from the widest level to the mitral plane
    bulge, wall_bulge : cosine and sine amplitudes of harmonics 1, 2, ... around the axis, of the
        endocardial radius and of the wall's thickness
    apex_wall_mm : thickness of the wall at the apex, along the axis
    apical_gain : how much more the apex contracts than the base
    tilt_mm : (cos, sin) height by which the basal plane rises towards a direction at the endocardium
    saddle_mm : height of the saddle of the mitral annulus
    twist_base, twist_apex : rotation at full twist in rad, positive from x to y: clockwise seen from
        the apex, as in the usual picture. A healthy apex turns the other way (below 0)
    bend_mm : (x, y) by which the axis bows between base and apex
    swing_mm : (x, y) by which the whole heart moves until ES
    scars : scarred patches
    thick, thickening : a patch whose wall is thicker, and by which share
    slow, slowness : a patch that lags, and the share of its motion that does
    beat : Beat

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> place = heart.locate(20.0, 0.0, 10.0, heart.beat.at(0.0))
    >>> bool(place.radius < place.endo)
    True
    """

    length_mm: Num
    radius_mm: Num
    wall_mm: Num
    ejection_fraction: Num
    shortening: Num = 0.15
    taper: Num = 2.3
    waist: Num = 0.12
    bulge: tuple[Num, ...] = ()
    wall_bulge: tuple[Num, ...] = ()
    apex_wall_mm: Num = 5.0
    apical_gain: Num = 0.0
    tilt_mm: tuple[Num, Num] = (0.0, 0.0)
    saddle_mm: Num = 0.0
    twist_base: Num = 0.0
    twist_apex: Num = 0.0
    bend_mm: tuple[Num, Num] = (0.0, 0.0)
    swing_mm: tuple[Num, Num] = (0.0, 0.0)
    scars: tuple[Scar, ...] = ()
    thick: Patch = Patch()
    thickening: Num = 0.0
    slow: Patch = Patch()
    slowness: Num = 0.0
    beat: Beat = Beat()

    # ---- along the axis ------------------------------------------------------------------------
    def base_mm(self, state: State) -> Num:
        """z of the mitral plane: it comes down towards the apex in systole."""
        return self.length_mm * self.shortening * state.squeeze

    @property
    def end(self) -> Num:
        """u of the epicardial apex."""
        return 1.0 + self.apex_wall_mm / self.length_mm

    def stretch(self, state: State) -> Num:
        """Cross-section of the wall over that at ED, so that its volume stays."""
        return self.length_mm / (self.length_mm - self.base_mm(state))

    def level(self, z: Num, state: State) -> Num:
        """u of the tissue at height z; the atria above stretch, the tissue below the apex stays."""
        base = self.base_mm(state)
        inside = (z - base) / (self.length_mm - base)
        top = -_BASE_ZONE / self.length_mm  # above it the atria take up the motion of the base
        roof = -(_BASE_ZONE + _ATRIAL_REACH)
        edge = base + top * (self.length_mm - base)
        above = (top * self.length_mm - roof) / (edge - roof) * (z - roof) + roof
        beyond = (z + base * (self.end - 1.0)) / self.length_mm
        out = np.where(z < edge, above / self.length_mm, inside)
        out = np.where(z < roof, z / self.length_mm, out)
        return np.where(inside > self.end, beyond, out)

    def height(self, u: Num, state: State) -> Num:
        """z of the ventricular tissue at level u (the inverse of :meth:`level` below the base)."""
        base = self.base_mm(state)
        return base + u * (self.length_mm - base)

    # ---- across it -----------------------------------------------------------------------------
    def profile(self, u: Num) -> Num:
        """Endocardial radius over basal radius along the axis, 0 from the apex on."""
        return self._cap(u) * self._waist(u)

    def _cap(self, u: Num) -> Num:
        return np.sqrt(np.clip(1.0 - np.clip(u, 1e-6, 1.0) ** self.taper, 0.0, 1.0))

    def _waist(self, u: Num) -> Num:
        return 1.0 - self.waist * np.clip(1.0 - u / 0.35, 0.0, 1.2) ** 2

    def rest(self, u: Num, cos: Num, sin: Num) -> Num:
        """Endocardial radius at ED."""
        return self.radius_mm * self.profile(u) * (1.0 + _harmonics(self.bulge, cos, sin))

    @property
    def narrowing(self) -> Num:
        """Share of the cavity's cross-section that healthy wall takes until ES."""
        return 1.0 - (1.0 - self.ejection_fraction) / (1.0 - self.shortening)

    def amplitude(self, u: Num, cos: Num, sin: Num) -> Num:
        """How much of the healthy motion the wall does."""
        out = 1.0 + self.apical_gain * (u - 0.5)
        for scar in self.scars:
            out = out * (1.0 - scar.akinesia * scar.patch.weight(u, cos, sin))
        return out

    def slow_share(self, u: Num, cos: Num, sin: Num) -> Num:
        """Share of the motion that comes late."""
        return self.slowness * self.slow.weight(u, cos, sin)

    def area(self, u: Num, cos: Num, sin: Num) -> Num:
        """Epi- minus endocardial radius squared at ED: the wall's cross-section over half an angle.

        The epicardium is as smooth as the endocardium, from the base to its own apex.
        """
        wall = self.wall_mm * (1.0 + _harmonics(self.wall_bulge, cos, sin))
        wall = wall * (1.0 + self.thickening * self.thick.weight(u, cos, sin))
        for scar in self.scars:
            wall = wall * (1.0 - scar.thinning * scar.patch.weight(u, cos, sin))
        inside = self.radius_mm * self._waist(u) * (1.0 + _harmonics(self.bulge, cos, sin))
        outside = (inside + np.clip(wall, 1.0, None)) * self._cap(u / self.end)
        return outside**2 - self.rest(u, cos, sin) ** 2

    def kept(self, u: Num, cos: Num, sin: Num, state: State) -> Num:
        """Share of the cavity's cross-section that is left at a state."""
        pull = state.squeeze + self.slow_share(u, cos, sin) * (state.late - state.squeeze)
        return 1.0 - self.narrowing * self.amplitude(u, cos, sin) * pull

    def endo(self, u: Num, cos: Num, sin: Num, state: State) -> Num:
        """Endocardial radius in mm at a level and direction."""
        return self.rest(u, cos, sin) * np.sqrt(np.clip(self.kept(u, cos, sin, state), 0.0, None))

    def outline(self, u: Num, cos: Num, sin: Num, state: State) -> tuple[Num, Num]:
        """Endo- and epicardial radius in mm of the wall at a level and direction."""
        endo = self.endo(u, cos, sin, state)
        return endo, np.sqrt(endo * endo + self.area(u, cos, sin) * self.stretch(state))

    def base_level(self, cos: Num, sin: Num, share: Num) -> Num:
        """u of the basal plane at a direction; ``share`` is radius over endocardial radius, 1 in the wall."""
        tilt = self.tilt_mm[0] * cos + self.tilt_mm[1] * sin
        return (share * tilt + share**2 * self.saddle_mm * (cos * cos - sin * sin)) / self.length_mm

    # ---- in space ------------------------------------------------------------------------------
    def centre(self, u: Num, state: State) -> tuple[Num, Num]:
        """(x, y) of the axis."""
        bow = u * (1.0 - u) * 4.0
        return (
            self.bend_mm[0] * bow + self.swing_mm[0] * state.squeeze,
            self.bend_mm[1] * bow + self.swing_mm[1] * state.squeeze,
        )

    def turn(self, u: Num) -> Num:
        """Rotation at full twist in rad."""
        return self.twist_base + (self.twist_apex - self.twist_base) * np.clip(u, -0.2, 1.1)

    def locate(self, x: Num, y: Num, z: Num, state: State) -> Place:
        """Where points in space lie in the heart at a state."""
        u = self.level(z, state)
        cx, cy = self.centre(u, state)
        dx, dy = x - cx, y - cy
        r = np.sqrt(dx * dx + dy * dy + 1e-12)
        angle = self.turn(u) * state.twist
        c, s = np.cos(angle), np.sin(angle)
        cos, sin = (dx * c + dy * s) / r, (dy * c - dx * s) / r
        endo, epi = self.outline(u, cos, sin, state)
        share = np.clip(r / np.clip(endo, 1e-6, None), 0.0, 1.0)
        below = (u - self.base_level(cos, sin, share)) * (self.length_mm - self.base_mm(state))
        return Place(u, cos, sin, r, endo, epi, below)

    def position(self, u: Num, cos: Num, sin: Num, w: Num, state: State) -> tuple[Num, Num, Num]:
        """(x, y, z) of a piece of wall at a state: the motion in closed form."""
        return self._path(u, cos, sin, w, state)[0]

    def velocity(self, u: Num, cos: Num, sin: Num, w: Num, state: State) -> tuple[Num, Num, Num]:
        """(x, y, z) velocity in mm/s of a piece of wall: the derivative of :meth:`position`."""
        return self._path(u, cos, sin, w, state)[1]

    def _path(
        self, u: Num, cos: Num, sin: Num, w: Num, state: State
    ) -> tuple[tuple[Num, Num, Num], tuple[Num, Num, Num]]:
        base = self.base_mm(state)
        base_rate = self.length_mm * self.shortening * state.squeeze_rate
        rest2, area = self.rest(u, cos, sin) ** 2, self.area(u, cos, sin)
        stretch = self.stretch(state)
        r = np.sqrt(rest2 * self.kept(u, cos, sin, state) + w * area * stretch)
        late = self.slow_share(u, cos, sin)
        pull_rate = state.squeeze_rate + late * (state.late_rate - state.squeeze_rate)
        squared = -rest2 * self.narrowing * self.amplitude(u, cos, sin) * pull_rate
        squared = squared + w * area * stretch * base_rate / (self.length_mm - base)
        r_rate = squared / (2.0 * np.clip(r, 1e-6, None))
        angle = self.turn(u) * state.twist
        turning = self.turn(u) * state.twist_rate
        c, s = np.cos(angle), np.sin(angle)
        ex, ey = cos * c - sin * s, sin * c + cos * s
        cx, cy = self.centre(u, state)
        here = (cx + r * ex, cy + r * ey, self.height(u, state))
        fast = (
            self.swing_mm[0] * state.squeeze_rate + r_rate * ex - r * turning * ey,
            self.swing_mm[1] * state.squeeze_rate + r_rate * ey + r * turning * ex,
            base_rate * (1.0 - u),
        )
        return here, fast


def _harmonics(terms: tuple[Num, ...], cos: Num, sin: Num) -> Num:
    """Sum of a_k cos(k theta) + b_k sin(k theta); terms a_1, b_1, a_2, b_2, ..."""
    out: Num = 0.0
    ck, sk = cos, sin
    for k in range(0, len(terms), 2):
        out = out + terms[k] * ck + terms[k + 1] * sk
        ck, sk = ck * cos - sk * sin, sk * cos + ck * sin
    return out
