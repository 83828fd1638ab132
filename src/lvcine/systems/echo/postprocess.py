"""From likelihoods to one ventricle per frame, and where the mitral valve hinges."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation, binary_fill_holes, distance_transform_edt, gaussian_filter, label

from lvcine.localise.postprocess import logit
from lvcine.study import F32, U8, Array, Bools, Whole
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM

SMALLEST = 0.004
"""Share of the picture that a ventricle covers at least; a fifth of a small one in a deep picture."""
MARGIN = 8
"""Pixels about what was found, for outlines and distances."""
NEAR = 4
"""Pixels from the ventricle within which its wall and atrium begin."""
TOUCHING = 2.5
"""Pixels: a point of the cavity's border nearer than this to myocardium has wall beside it."""


def whole(likelihood: F32) -> U8:
    """Labels (Y, X) of likelihoods (4, Y, X): the largest piece of each structure, without holes.

    The atrium is that piece of it which is nearest to the ventricle; without a ventricle nothing is
    left.
    """
    out = np.zeros(likelihood.shape[1:], np.uint8)
    box = around(likelihood)
    out[box] = in_box(likelihood[:, box[0], box[1]], out.size)
    return out


def around(likelihood: F32) -> tuple[slice, slice]:
    """Rows and columns that hold all that is not background, and :data:`MARGIN` more."""
    found = likelihood[1:].max(0) > likelihood[0]
    if not found.any():
        return slice(0, 1), slice(0, 1)
    ends = ((np.flatnonzero(found.any(axis))[[0, -1]], found.shape[1 - axis]) for axis in (1, 0))
    rows, columns = (slice(max(0, a - MARGIN), min(n, b + MARGIN + 1)) for (a, b), n in ends)
    return rows, columns


def in_box(likelihood: F32, picture: int) -> U8:
    """:func:`whole` within a part of a picture of so many pixels."""
    found = likelihood.argmax(0)
    out = np.zeros(found.shape, np.uint8)
    ventricle = _largest(found == CAVITY)
    if ventricle.sum() < SMALLEST * picture:
        return out
    ventricle = np.asarray(binary_fill_holes(ventricle))
    near = distance_transform_edt(~ventricle) <= NEAR
    out[_beside(found == MYOCARDIUM, near)] = MYOCARDIUM
    out[_beside(found == LEFT_ATRIUM, near)] = LEFT_ATRIUM
    out[ventricle] = CAVITY
    return out


def level(likelihood: F32, kept: Bools) -> F32:
    """Log-odds (Y, X) of a structure, -6 beyond the piece that was kept: its outline is where it is 0."""
    odds = np.where(binary_dilation(kept, iterations=2), logit(likelihood), -6.0)
    return np.asarray(gaussian_filter(odds, 0.7), np.float32)


def _largest(mask: Bools) -> Bools:
    regions, count = label(mask)
    return regions == 1 + int(np.argmax(np.bincount(regions.ravel())[1:])) if count else mask


def _beside(mask: Bools, near: Bools) -> Bools:
    """Pieces that reach into what is near the ventricle."""
    regions, count = label(mask)
    if not count:
        return mask
    return np.isin(regions, np.setdiff1d(np.unique(regions[near]), [0]))


def annulus(points: Array, labels: U8) -> tuple[Array, Array] | None:
    """Hinge points of the mitral valve: the ends of the cavity's border that has no wall beside it.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
        (y, x) along the closed contour of the cavity, in pixels of ``labels``.
    labels : ndarray of uint8, shape (Y, X)

    Returns
    -------
    (ndarray, ndarray) or None
        Of the longest stretch without wall, that beside the atrium first; None where wall is all round
        or nowhere.
    """
    to_wall = distance_transform_edt(labels != MYOCARDIUM)
    rows, columns = (np.clip(np.round(points[:, k]).astype(int), 0, labels.shape[k] - 1) for k in (0, 1))
    free = to_wall[rows, columns] > TOUCHING
    if free.all() or not free.any():
        return None
    atrium = (
        distance_transform_edt(labels != LEFT_ATRIUM)[rows, columns]
        if (labels == LEFT_ATRIUM).any()
        else None
    )
    length = np.hypot(*(np.roll(points, -1, 0) - points).T)
    best, most = None, 0.0
    for run in _runs(free):
        beside = 1.0 if atrium is None else float((atrium[run] < 2 * TOUCHING).mean())
        weight = float(length[run].sum()) * (0.2 + beside)
        if weight > most:
            best, most = run, weight
    assert best is not None
    # A gap in the wall ends where the wall begins: that point still lies beside it.
    return points[(best[0] - 1) % len(points)], points[(best[-1] + 1) % len(points)]


def _runs(free: Bools) -> list[Whole]:
    """Stretches of True round a closed line, each as its indices in order."""
    start = int(np.flatnonzero(~free)[0])
    order = (start + np.arange(len(free))) % len(free)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free[order], [False]]).astype(int)))
    return [order[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
