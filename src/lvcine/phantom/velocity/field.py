"""How fast everything in and around a beating heart moves, at points in space.

In the wall it is the closed form of :class:`~lvcine.phantom.heart.Heart`. Blood, atria and RV have
none: they get a smooth field that fits it, so that a picture looks like a heart beyond the wall.
"""

from __future__ import annotations

import numpy as np

from lvcine.phantom.arrays import Num, smoothstep
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart, Place

Vector = tuple[Num, Num, Num]

_REACH_MM = 80.0  # beyond the epicardium, over which the motion of the neighbours fades
_FASTEST_MM_S = 1200.0  # blood through an open valve
_ATRIA = (-0.15, -0.95)  # u from which the motion of the atrial wall fades, and where it ends
_AORTA_MM_S = -900.0  # towards the head, valve wide open
_ATRIUM_MM_S = 300.0  # towards the mitral valve, wide open


def tissue_velocity(heart: Heart, place: Place, state: State) -> Vector:
    """(x, y, z) in cm/s in the heart's frame of the solid tissue at located points.

    Exact in the wall. Towards the axis the motion relative to it falls linearly to nothing, beyond
    the epicardium it fades.

    Parameters
    ----------
    heart : Heart
    place : Place
        Of :meth:`Heart.locate` at the same state.
    state : State

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> state = heart.beat.at(0.15)
    >>> x, y, z = tissue_velocity(heart, heart.locate(27.0, 0.0, 40.0, state), state)
    >>> bool(x < 0), bool(z > 0)  # inwards, and towards the apex
    (True, True)
    """
    span = np.clip(place.epi**2 - place.endo**2, 1e-6, None)
    w = np.clip((place.radius**2 - place.endo**2) / span, 0.0, 1.0)
    vx, vy, vz = heart.velocity(place.u, place.cos, place.sin, w, state)
    inner = np.clip(place.radius / np.clip(place.endo, 1e-6, None), 0.0, 1.0)
    fade = 1.0 - smoothstep((place.radius - place.epi) / _REACH_MM)
    swing_x, swing_y = (s * state.squeeze_rate for s in heart.swing_mm)
    vx, vy = swing_x + (vx - swing_x) * inner, swing_y + (vy - swing_y) * inner
    top, roof = _ATRIA
    base_rate = heart.length_mm * heart.shortening * state.squeeze_rate
    stretch = (1.0 - top) * np.clip((place.u - roof) / (top - roof), 0.0, 1.0)
    vz = np.where(place.u < top, base_rate * stretch, vz)
    share = 0.1 * fade  # mm/s to cm/s
    return vx * share, vy * share, vz * share


def blood_stream(heart: Heart, place: Place, state: State) -> dict[str, Num]:
    """Velocity along the axis in cm/s that blood has beyond that of the tissue around it.

    In the LV what passes a level fills or empties the cavity beyond it (of a profile that is flatter
    than a parabola, nothing at the wall), in the RV most of it; valves let it through elsewhere.

    Parameters
    ----------
    heart : Heart
    place : Place
    state : State

    Returns
    -------
    dict
        By the names of :data:`lvcine.phantom.anatomy.TISSUES` that are blood.
    """
    passing = _passing(heart, place, state)
    across = np.clip(place.radius / np.clip(place.endo, 1e-6, None), 0.0, 1.0)
    still = 0.0 * place.u
    return {
        "lv blood": np.clip(0.15 * passing * (1.0 - across**4), -0.1 * _FASTEST_MM_S, 0.1 * _FASTEST_MM_S),
        "rv blood": np.clip(0.06 * passing, -0.06 * _FASTEST_MM_S, 0.06 * _FASTEST_MM_S),
        "la blood": still + 0.1 * _ATRIUM_MM_S * state.mitral,
        "ra blood": still + 0.08 * _ATRIUM_MM_S * state.mitral,
        "aortic blood": still + 0.1 * _AORTA_MM_S * state.aortic,
    }


def _passing(heart: Heart, place: Place, state: State) -> Num:
    """Mean velocity in mm/s towards the apex relative to a level: d(volume beyond it)/dt over its area.

    The volume beyond u of a cavity whose section is 1 - u^taper, contracting evenly.
    """
    u = np.clip(place.u, 1e-6, 1.0)
    power = heart.taper + 1.0
    beyond = (1.0 - u) - (1.0 - u**power) / power
    base_rate = heart.length_mm * heart.shortening * state.squeeze_rate
    left = 1.0 - heart.narrowing * state.squeeze
    length = heart.length_mm - heart.base_mm(state)
    rate = -base_rate * left - length * heart.narrowing * state.squeeze_rate
    section = np.clip(heart.profile(place.u) ** 2 * left, 0.08, None)
    return rate * beyond / section
