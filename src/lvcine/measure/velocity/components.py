"""From velocities along the picture's axes to what the wall does: longitudinal, radial, circumferential."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.velocity.ring import SIXTHS, Ring
from lvcine.study import Array
from lvcine.study.wall_velocity import SECTORS

_TURN = [SIXTHS.index(name) for name in SECTORS]


@dataclass(frozen=True, eq=False)
class SliceCurves:
    """Mean velocities of the wall of one slice in cm/s.

    Attributes
    ----------
    whole : ndarray, shape (3, T)
        Of :data:`lvcine.study.wall_velocity.COMPONENTS`; NaN where the slice shows no ring of wall.
    sectors : ndarray, shape (3, 6, T)
        Of :data:`lvcine.study.wall_velocity.SECTORS`.
    bulk : ndarray, shape (2, T)
        Motion of the ring along x and y, taken out of the others.
    """

    whole: Array
    sectors: Array
    bulk: Array


def slice_curves(field: NDArray[np.floating], ring: Ring, *, apex: int, sense: int) -> SliceCurves:
    """Components of the wall's velocity and their means.

    Parameters
    ----------
    field : ndarray, shape (3, T, Y, X)
        cm/s along x, y and z of the picture.
    apex : int
        +1 where the apex lies along z of the picture, -1 against it.
    sense : int
        +1 where the picture shows the heart as seen from the apex, -1 mirrored.

    Notes
    -----
    The ring's own motion is the mean over directions that count the same: a mask that is thicker on one
    side, or a wall that is, does not turn motion of the whole heart into contraction. It is taken out
    before radial and circumferential are formed about the middle of the cavity.
    """
    vx, vy, vz = (np.asarray(c[ring.frame, ring.row, ring.column], np.float64) for c in field)
    bulk = np.stack([ring.even_mean(vx), ring.even_mean(vy)])
    (ex, ey), (bx, by) = ring.outwards, bulk[:, ring.frame]
    vx, vy = vx - bx, vy - by
    inwards, clockwise = -(vx * ex + vy * ey), sense * (vy * ex - vx * ey)
    parts = apex * vz + 0.0 * bx, inwards, clockwise
    one = np.zeros(len(vx), np.intp)
    whole = np.concatenate([ring.means(part, one, 1) for part in parts])
    sectors = np.stack([ring.means(part, ring.sixth, 6)[_TURN] for part in parts])
    return SliceCurves(whole, sectors, bulk)
