"""How much of every pixel lies inside a polygon: exact, so no number depends on a raster."""

from __future__ import annotations

import numpy as np

from lvcine.study import Array, Whole


def pixel_coverage(points: Array, shape: tuple[int, int]) -> Array:
    """Share of each pixel that a simple polygon covers.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
        (y, x) in pixels, pixel centres at integers; closed implicitly.
    shape : tuple of int
        (Y, X) of the image; what lies outside of it is left out.

    Returns
    -------
    ndarray, shape (Y, X)
        0 to 1; sums to the polygon's area where the polygon lies in the image.

    Notes
    -----
    Green's theorem pixel by pixel: every edge is cut where it passes from pixel to
    pixel; a piece of height dy gives dy times the part of its pixel on the far side of
    it, and dy to every further pixel of the row. No sampling is involved.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 0.0]])
    >>> pixel_coverage(square, (3, 3))
    array([[0.25, 0.5 , 0.25],
           [0.5 , 1.  , 0.5 ],
           [0.25, 0.5 , 0.25]])
    """
    cells = np.asarray(points, float) + 0.5  # pixel i now spans [i, i + 1]
    corner = np.floor(cells.min(axis=0)).astype(int)
    size = np.floor(cells.max(axis=0)).astype(int) - corner + 1
    box = _accumulate(cells - corner, (int(size[0]), int(size[1])))
    return _paste(box, corner, shape)


def _accumulate(cells: Array, size: tuple[int, int]) -> Array:
    """Coverage on a grid that holds the whole polygon."""
    start, end = cells, np.roll(cells, -1, axis=0)
    for axis in (0, 1):
        start, end = _cut(start, end, axis)
    middle = (start + end) / 2
    row, column = np.floor(middle).astype(int).T
    inside = np.clip(row, 0, size[0] - 1), np.clip(column, 0, size[1] - 1)
    height = end[:, 0] - start[:, 0]
    left = middle[:, 1] - inside[1]
    box = np.zeros((size[0], size[1] + 1))
    np.add.at(box, inside, height * (1 - left))
    np.add.at(box, (inside[0], inside[1] + 1), height * left)
    signed = np.cumsum(box, axis=1)[:, :-1]
    return np.clip(signed if signed.sum() >= 0 else -signed, 0.0, 1.0)


def _cut(start: Array, end: Array, axis: int) -> tuple[Array, Array]:
    """Cut segments (S, 2) at the integer lines of one axis that they cross."""
    a, b = start[:, axis], end[:, axis]
    low, high = np.minimum(a, b), np.maximum(a, b)
    first = np.floor(low) + 1
    crossings = np.maximum(0, np.ceil(high) - first).astype(int)
    of = np.repeat(np.arange(len(a)), crossings + 1)
    piece = np.arange(len(of)) - np.repeat(np.cumsum(crossings + 1) - crossings - 1, crossings + 1)
    from_level = np.where(piece == 0, low[of], first[of] + piece - 1)
    to_level = np.where(piece == crossings[of], high[of], first[of] + piece)
    length = np.where(high > low, high - low, 1.0)[of]
    t0 = (from_level - low[of]) / length
    t1 = np.where(high[of] > low[of], (to_level - low[of]) / length, 1.0)
    falling = (a > b)[of]
    t0, t1 = np.where(falling, 1 - t1, t0), np.where(falling, 1 - t0, t1)
    step = (end - start)[of]
    return start[of] + t0[:, None] * step, start[of] + t1[:, None] * step


def _paste(box: Array, corner: Whole, shape: tuple[int, int]) -> Array:
    image = np.zeros(shape)
    low = np.maximum(corner, 0)
    high = np.minimum(corner + box.shape, shape)
    if (high > low).all():
        part = tuple(slice(lo - c, hi - c) for lo, hi, c in zip(low, high, corner, strict=True))
        image[low[0] : high[0], low[1] : high[1]] = box[part]
    return image
