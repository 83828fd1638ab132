"""Velocities beyond the VENC, unwrapped by the wall's neighbours in time and in space.

A scanner stores velocity as a phase, so that what exceeds the VENC comes back from the other side: the
velocity is known but for a multiple of 2 VENC. In time the wall cannot jump, so first each pixel is
followed from frame to frame for as long as it lies in the wall; then these stretches are joined to
their neighbours', the surest pairs first; what is joined is left with one unknown multiple, and the
wall ends where it began: it is the one by which the mean over the cycle is least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from lvcine.study import Array, Bools, Whole

_SURE = 0.5  # of VENC: a larger step from one frame to the next may be a wrap the other way
_DOUBTFUL = 0.6  # of VENC, between a pixel and the mean of its neighbours
_LEAST_COST = 0.02  # of a join between stretches that agree exactly
_PASSES = 3
_NEIGHBOURS = (3, 3, 3)  # frames, rows, columns


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """One channel without wraps.

    Attributes
    ----------
    cm_s : ndarray, shape (T, Y, X)
        Outside of the wall as given.
    wrapped : float
        Share of the wall's pixels and frames that were moved by a multiple of 2 VENC.
    doubtful : float
        Share of them that still do not fit their neighbours.
    """

    cm_s: Array
    wrapped: float
    doubtful: float


def unwrap_channel(cm_s: Array, wall: Bools, venc_cm_s: float, *, cyclic: bool = True) -> Unwrapped:
    """Add to every pixel of the wall the multiple of 2 VENC that its neighbours ask for.

    Parameters
    ----------
    cm_s : ndarray, shape (T, Y, X)
        One channel of one slice, along the direction it was encoded in.
    wall : ndarray of bool, shape (T, Y, X)
    cyclic : bool
        The last frame is the neighbour of the first.

    Examples
    --------
    >>> true = np.tile(14 * np.sin(2 * np.pi * np.arange(24) / 24)[:, None, None], (1, 3, 3))
    >>> seen = (true + 10) % 20 - 10
    >>> found = unwrap_channel(seen, np.ones(seen.shape, bool), 10.0)
    >>> bool(np.allclose(found.cm_s, true)), round(found.wrapped, 2)
    (True, 0.42)
    """
    inside = wall & np.isfinite(cm_s)
    out = np.array(cm_s, np.float64)
    if not inside.any():
        return Unwrapped(out, 0.0, 0.0)
    box = (slice(None), _reach(inside.any((0, 2))), _reach(inside.any((0, 1))))
    turn, seen, within = 2.0 * venc_cm_s, out[box], inside[box]
    run, followed = _in_time(np.where(within, seen, 0.0), within, turn)
    value = followed + turn * _joined(run, followed, within, turn, cyclic)[run]
    value = np.where(within, value, np.nan)
    for _ in range(_PASSES):
        off = turn * np.rint((_around(value, within, cyclic) - value) / turn)
        value = value + np.nan_to_num(off)
    far = np.abs(_around(value, within, cyclic) - value) > _DOUBTFUL * venc_cm_s
    moved = np.abs(value - seen) > 0.5 * turn
    out[box] = np.where(within, value, seen)
    return Unwrapped(out, float(moved[within].mean()), float(far[within].mean()))


def _reach(used: Any) -> slice:
    found = np.flatnonzero(used)
    return slice(int(found[0]), int(found[-1]) + 1)


def _in_time(seen: Array, within: Bools, turn: float) -> tuple[Whole, Array]:
    """Stretches of frames in which a pixel stays in the wall and never jumps: number and values of each."""
    step = np.diff(seen, axis=0, prepend=seen[-1:])
    jump = np.rint(step / turn)
    starts = within & (~np.roll(within, 1, axis=0) | (np.abs(step - turn * jump) > _SURE * turn / 2.0))
    starts[0] |= within[0]  # a cycle is cut there, and its ends are joined as neighbours
    by_pixel = np.moveaxis(starts, 0, -1)
    run = np.moveaxis((np.cumsum(by_pixel) - 1).reshape(by_pixel.shape), -1, 0)
    run = np.where(within, run, 0)
    turns = -np.cumsum(np.where(starts | ~within, 0.0, jump), axis=0)
    at_start = np.zeros(int(starts.sum()))
    at_start[run[starts]] = turns[starts]
    return run, seen + turn * np.where(within, turns - at_start[run], 0.0)


def _joined(run: Whole, value: Array, within: Bools, turn: float, cyclic: bool) -> Array:
    """Multiples of 2 VENC that bring the stretches together, one for each."""
    numbers = run[within]
    pairs = _pairs(run, value, within, turn, cyclic)
    multiple, part = _along(pairs, int(numbers.max()) + 1)
    sums = np.bincount(part[numbers], value[within] + turn * multiple[numbers])
    means = sums / np.maximum(np.bincount(part[numbers]), 1)
    return multiple - np.rint(means / turn)[part]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Neighbouring stretches: by how many multiples the second lies above, and how unsure that is."""

    first: Whole
    second: Whole
    above: Array
    cost: Array


def _pairs(run: Whole, value: Array, within: Bools, turn: float, cyclic: bool) -> _Pairs:
    """Every pair of stretches that touch, the lower number first."""
    keys, steps, count = [], [], int(run.max()) + 1
    for axis in range(3):
        beside, there = np.roll(run, -1, axis), np.roll(within, -1, axis)
        both = within & there & (run != beside)
        if axis or not cyclic:
            both[(slice(None),) * axis + (-1,)] = False
        low, high = np.minimum(run, beside)[both], np.maximum(run, beside)[both]
        keys.append(low * count + high)
        steps.append((np.roll(value, -1, axis) - value)[both] * np.where(run < beside, 1.0, -1.0)[both])
    key, where = np.unique(np.concatenate(keys), return_inverse=True)
    pixels = np.bincount(where, minlength=len(key))
    mean = np.bincount(where, np.concatenate(steps), minlength=len(key)) / np.maximum(pixels, 1)
    above = np.rint(mean / turn)
    apart = np.abs(mean / turn - above) * 2.0
    first, second = np.divmod(key, count)
    return _Pairs(first, second, above, (_LEAST_COST + apart**2) / np.sqrt(pixels))


def _along(pairs: _Pairs, count: int) -> tuple[Array, Whole]:
    """Multiples (count,) along the surest pairs that join all, and which part each stretch belongs to."""
    graph = coo_array((pairs.cost, (pairs.first, pairs.second)), (count, count)).tocsr()
    parts, part = connected_components(graph, directed=False)
    tree = minimum_spanning_tree(graph).tocoo()
    key = tree.row.astype(np.int64) * count + tree.col
    above = pairs.above[np.searchsorted(pairs.first * count + pairs.second, key)]
    # One root before all parts, so that a single walk meets every stretch after the one it hangs on.
    roots = np.unique(part, return_index=True)[1]
    rows = np.concatenate([tree.row, np.full(parts, count)])
    columns = np.concatenate([tree.col, roots])
    whole = coo_array((np.ones(len(rows)), (rows, columns)), (count + 1, count + 1)).tocsr()
    order, parent = breadth_first_order(whole, count, directed=False)
    rise = dict(zip(zip(tree.row.tolist(), tree.col.tolist(), strict=True), above.tolist(), strict=True))
    multiple = np.zeros(count + 1)
    for node, over in zip(order[1:].tolist(), parent[order[1:]].tolist(), strict=True):
        multiple[node] = multiple[over] - rise.get((over, node), 0.0) + rise.get((node, over), 0.0)
    return multiple[:count], part


def _around(value: Array, within: Bools, cyclic: bool) -> Array:
    """Mean over the neighbours in the wall, in time and space, itself included."""
    mode = ("wrap" if cyclic else "nearest", "constant", "constant")
    sums = uniform_filter(np.where(within, value, 0.0), _NEIGHBOURS, mode=mode)
    weight = uniform_filter(within.astype(np.float64), _NEIGHBOURS, mode=mode)
    return sums / np.maximum(weight, 1e-9)
