"""The motion of the ring of wall and the wall's velocities relative to it, in closed form."""

from __future__ import annotations

import numpy as np

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.beat import State
from lvcine.phantom.velocity.truth import (
    _WEIGHTS,
    Array,
    _about,
    _column,
    _insertion,
    _mean,
    _sector_means,
    _sixths,
    _Wall,
    _wall,
)


def ring_means(
    anatomy: Anatomy, z_mm: float, state: State, insertion: float | None = None
) -> tuple[Array, Array, Array]:
    """As ``wall_means``, of the wall relative to the motion of its ring, in sectors that stand still.

    The motion of the ring is the mean over all directions, as seen from the middle of the cavity, of
    the mean velocity over the wall's depth there: each direction counts the same however thick its wall.

    Parameters
    ----------
    anatomy : Anatomy
    z_mm : float
    state : State
        Of arrays of shape (T,).
    insertion : float, optional
        Angle in rad, from x to y, at which the sectors begin; without it that of the RV's anterior
        insertion at ED.

    Returns
    -------
    ndarray (2, T), (3, T) and (3, 6, T)
        cm/s: motion of the ring along x and y of the heart's frame; means over the wall, and over sectors.

    """
    heart = anatomy.heart
    if insertion is None:
        rest = _column(heart.beat.at(np.zeros(1)))
        still = _wall(heart, z_mm, rest)
        insertion = float(_insertion(anatomy, still.u, still.middle, rest)[0, 0, 0])
    wall = _wall(heart, z_mm, _column(state))
    bulk = _motion_of_ring(wall)
    parts = _about(wall, (bulk[0][:, None], bulk[1][:, None]))
    sector = _sixths(np.arctan2(wall.dy, wall.dx) - insertion)
    return 0.1 * bulk, _mean(parts, wall.weight), _sector_means(parts, wall.weight, sector)


def _motion_of_ring(wall: _Wall) -> Array:
    """(2, T) in mm/s: mean over depth, then over the angle at which each direction is seen."""
    depth = _WEIGHTS / _WEIGHTS.sum()
    seen = np.unwrap(np.arctan2((wall.dy * depth).sum(-1), (wall.dx * depth).sum(-1)), axis=0)
    ends = np.concatenate([seen[-1:] - 2 * np.pi, seen, seen[:1] + 2 * np.pi])
    opens = (ends[2:] - ends[:-2]) * (wall.weight.sum(-1) > 0)
    columns = [((v + 0.0 * wall.dx) * depth).sum(-1) for v in wall.velocity[:2]]
    return np.stack([(v * opens).sum(0) / np.maximum(opens.sum(0), 1e-9) for v in columns])
