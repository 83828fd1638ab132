"""A square window on every slice, on a net's own pixel grid, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lvcine.study import F32, Array


@dataclass(frozen=True)
class Window:
    """A grid of another spacing over the rows and columns of a scan.

    Attributes
    ----------
    centre : (float, float)
        Middle of the window in the scan's pixels (y, x).
    shape : (int, int)
        Rows and columns of the window.
    step : (float, float)
        Scan pixels per window pixel (y, x).

    Examples
    --------
    >>> w = Window(centre=(50.0, 40.0), shape=(32, 32), step=(2.0, 2.0))
    >>> w.to_scan(np.array([[15.5, 15.5]]))
    array([[50., 40.]])
    """

    centre: tuple[float, float]
    shape: tuple[int, int]
    step: tuple[float, float]

    @classmethod
    def whole(cls, shape: tuple[int, int], step: tuple[float, float], multiple: int) -> Window:
        """The window that holds a picture of ``shape``, padded to a multiple of ``multiple``."""
        size = [int(np.ceil(n / s / multiple) * multiple) for n, s in zip(shape, step, strict=True)]
        return cls(((shape[0] - 1) / 2.0, (shape[1] - 1) / 2.0), (size[0], size[1]), step)

    def to_scan(self, points: Array) -> Array:
        """Window pixels (N, 2) as (y, x) -> scan pixels."""
        middle = (np.asarray(self.shape, float) - 1.0) / 2.0
        return (points - middle) * np.asarray(self.step) + np.asarray(self.centre)

    def to_window(self, points: Array) -> Array:
        middle = (np.asarray(self.shape, float) - 1.0) / 2.0
        return (points - np.asarray(self.centre)) / np.asarray(self.step) + middle

    def resample(self, pictures: NDArray[np.generic]) -> F32:
        """Pictures (..., Y, X) of the scan -> (..., rows, columns) of the window; 0 outside.

        Linear; where the window is coarser than 1.5 scan pixels they are blurred first.
        """
        rows, columns = self._lines()
        flat = pictures.reshape(-1, *pictures.shape[-2:])
        out = np.empty((len(flat), *self.shape), np.float32)
        blur = [0.35 * s if s > 1.5 else 0.0 for s in self.step]
        for i, picture in enumerate(flat):
            source = picture.astype(np.float32)
            source = gaussian_filter(source, blur) if any(blur) else source
            # Between the last pixel and nothing it fades: 0 is one pixel outside.
            out[i] = _linear(np.pad(source, 1), rows + 1, columns + 1)
        return out.reshape(*pictures.shape[:-2], *self.shape)

    def resample_nearest(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """As :meth:`resample`, each pixel the nearest one: labels, and phases that wrap."""
        lines = [np.rint(line).astype(int) for line in self._lines()]
        ends = pictures.shape[-2:]
        rows, columns = (np.clip(line, 0, end - 1) for line, end in zip(lines, ends, strict=True))
        y_in, x_in = ((line >= 0) & (line < end) for line, end in zip(lines, ends, strict=True))
        seen = pictures[..., rows, :][..., columns]
        return np.where(y_in[:, None] & x_in, seen, np.zeros((), pictures.dtype))

    def resample_to_scan(self, field: F32, shape: tuple[int, int], fill: float) -> F32:
        """One window picture (rows, columns) on the scan's grid of ``shape``; ``fill`` outside."""
        axes = zip(shape, self.shape, self.step, self.centre, strict=True)
        y, x = ((np.arange(n, dtype=float) - c) / s + (own - 1.0) / 2.0 for n, own, s, c in axes)
        y_in = np.flatnonzero((y > -1) & (y < self.shape[0]))
        x_in = np.flatnonzero((x > -1) & (x < self.shape[1]))
        out = np.full(shape, fill, np.float32)
        if len(y_in) and len(x_in):
            inside = _linear(field, y[y_in], x[x_in])
            out[y_in[0] : y_in[-1] + 1, x_in[0] : x_in[-1] + 1] = inside
        return out

    def _lines(self) -> tuple[Array, Array]:
        axes = zip(self.shape, self.step, self.centre, strict=True)
        y, x = ((np.arange(n, dtype=float) - (n - 1.0) / 2.0) * s + c for n, s, c in axes)
        return y, x


def _linear(picture: F32, rows: Array, columns: Array) -> F32:
    """A picture at the crossings of rows and columns; beyond its border as on it.

    One axis after the other: four to ten times as fast as points anywhere, which a window never asks for.
    """
    for axis, places in enumerate((rows, columns)):
        last = picture.shape[axis] - 1
        at = np.clip(places, 0, last)
        first = np.minimum(at.astype(np.intp), max(last - 1, 0))
        share = (at - first).astype(np.float32)
        share = share[:, None] if axis == 0 else share
        low, high = (np.take(picture, k, axis) for k in (first, np.minimum(first + 1, last)))
        high -= low
        high *= share
        low += high
        picture = low
    return picture
