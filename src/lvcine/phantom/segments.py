"""The AHA's 17 segments of the tissue itself: which piece of wall belongs to which.

Thirds of the long axis below the basal plane; six sectors of 60 degrees at the base and in the
middle, four of 90 degrees at the apex, about the middle of the septum; 17 is the apex beyond the
cavity (Cerqueira 2002, doi:10.1161/hc0402.102975). Pieces of wall keep their segment in time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.heart import Heart

Array = NDArray[np.float64]

SEPTUM = (-1.0, 0.0)
"""Direction (cos, sin) of the middle of the septum where no anatomy says otherwise."""

_LEAST_SHARE = 0.3  # of a segment's wall that a scar takes for it to count
# In turn, from the middle of the septum towards anterior and round the ventricle.
_SIX = np.array([2, 1, 6, 5, 4, 3])
_FOUR = np.array([14, 13, 16, 15])


def basal_level(heart: Heart) -> float:
    """u from which on the wall is whole: the lowest point of the basal plane, at least 0."""
    around = np.linspace(0.0, 2.0 * np.pi, 361)
    highest = np.max(heart.base_level(np.cos(around), np.sin(around), 1.0) + 0.0 * around)
    return max(float(highest), 0.0)


def segment_of(
    heart: Heart, u: Array, cos: Array, sin: Array, septum: tuple[float, float] = SEPTUM
) -> NDArray[np.intp]:
    """AHA number 1..17 of pieces of wall; arrays of one shape.

    Examples
    --------
    >>> heart = Heart(length_mm=90, radius_mm=25, wall_mm=9, ejection_fraction=0.6)
    >>> anterior = np.array([0.0, 0.0, 0.0]), np.array([-1.0, -1.0, -1.0])
    >>> segment_of(heart, np.array([0.1, 0.5, 0.9]), *anterior)
    array([ 1,  7, 13])
    """
    top = basal_level(heart)
    third = np.clip(np.floor(3.0 * (np.asarray(u) - top) / (1.0 - top)), 0, 2).astype(np.intp)
    turned = np.arctan2(sin, cos) - np.arctan2(septum[1], septum[0])
    share = (turned / (2.0 * np.pi)) % 1.0
    # On a border the sector that begins there is taken, whatever the rounding.
    six = _SIX[np.floor(share * 6.0 + 1e-9).astype(np.intp) % 6] + 6 * third
    four = _FOUR[np.floor(share * 4.0 + 0.5 + 1e-9).astype(np.intp) % 4]
    out = np.where(third == 2, four, six)
    return np.asarray(np.where(np.asarray(u) > 1.0, 17, out))


def scar_segments(heart: Heart, septum: tuple[float, float] = SEPTUM) -> tuple[tuple[int, ...], ...]:
    """AHA segments 1..16 that each scar of a heart takes: by more than half, over 30 % of the segment's wall.

    The segment that is scarred most always counts.

    Parameters
    ----------
    heart : Heart
    septum : (cos, sin)

    Returns
    -------
    tuple of tuple of int
        One for each of ``heart.scars``, empty for a scar that neither moves less nor is thinner.
    """
    top = basal_level(heart)
    level = top + (1.0 - top) * (np.arange(60)[:, None] + 0.5) / 60.0
    angle = 2.0 * np.pi * (np.arange(144)[None, :] + 0.5) / 144.0 + np.arctan2(septum[1], septum[0])
    u = np.asarray(level + 0.0 * angle)
    cos, sin = np.cos(angle + 0.0 * level), np.sin(angle + 0.0 * level)
    numbers = segment_of(heart, u, cos, sin, septum)
    found: list[tuple[int, ...]] = []
    for scar in heart.scars:
        if not (scar.akinesia or scar.thinning):
            found.append(())
            continue
        inside = np.asarray(scar.patch.weight(u, cos, sin)) > 0.5
        shares = {n: float(inside[numbers == n].mean()) for n in range(1, 17)}
        most = max(shares, key=lambda n: shares[n])
        found.append(tuple(n for n, s in shares.items() if s >= _LEAST_SHARE or (n == most and s > 0.0)))
    return tuple(found)
