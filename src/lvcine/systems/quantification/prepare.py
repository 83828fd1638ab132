"""Any short-axis slice in the net's form and the way back: septum left, anterior up, LV in the middle."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from lvcine.measure.area import polygon_area, polygon_centroid
from lvcine.measure.lvquan_indices import AREAS
from lvcine.study import F32, Array
from lvcine.systems.quantification.recipe import SIZE

AROUND = 1.7
"""Side of the picture over the diameter of the epicardium where it is widest."""
HIGH = 99.0
"""Percentiles 1 and this of a slice's cycle are 0 and 1."""


def side_of(epi: Array) -> float:
    """Side of the square around an epicardium (N, 2), in its unit."""
    return AROUND * 2.0 * float(np.sqrt(polygon_area(epi) / np.pi))


@dataclass(frozen=True)
class Form:
    """Where the picture of a slice lies in the scan.

    Attributes
    ----------
    middle_mm : (float, float)
        (y, x) times the pixel spacing.
    side_mm : float
    septum : (float, float)
        Unit vector (y, x; mm) that shows left in the picture.
    sense : int
        +1 where anterior follows the septum clockwise on the scan's grid; else the picture is mirrored.
    spacing_mm : (float, float)
        Of the scan.
    size : int
        Rows and columns of the picture.

    Examples
    --------
    >>> form = Form((50.0, 60.0), 80.0, (0.0, -1.0), 1, (1.0, 1.0))
    >>> form.to_scan(np.array([[39.5, 39.5], [39.5, 0.0]]))
    array([[50. , 60. ],
           [50. , 20.5]])
    >>> form.to_picture(form.to_scan(np.array([[3.0, 70.0]])))
    array([[ 3., 70.]])
    """

    middle_mm: tuple[float, float]
    side_mm: float
    septum: tuple[float, float]
    sense: int
    spacing_mm: tuple[float, float]
    size: int = SIZE

    @property
    def pixel_mm(self) -> float:
        return self.side_mm / self.size

    def larger(self, size: int) -> Form:
        """The same with more around it: ``size`` pixels of the same width."""
        return replace(self, side_mm=self.side_mm * size / self.size, size=size)

    def to_scan(self, points: Array) -> Array:
        """Points (..., 2) of the picture, (y, x) in its pixels -> pixels of the scan."""
        from_middle = (points - (self.size - 1) / 2.0) * self.pixel_mm
        return np.asarray((np.array(self.middle_mm) + from_middle @ self._axes) / np.array(self.spacing_mm))

    def to_picture(self, points: Array) -> Array:
        """The way back."""
        mm = points * np.array(self.spacing_mm) - np.array(self.middle_mm)
        return np.asarray(mm @ self._axes.T / self.pixel_mm + (self.size - 1) / 2.0)

    @property
    def _axes(self) -> Array:
        """Unit vectors (y, x) in mm on the scan of the picture's downwards and rightwards."""
        left = np.array(self.septum)
        # Anterior up: a quarter turn from the septum, clockwise on the grid where sense is +1.
        up = self.sense * np.array([left[1], -left[0]])
        return np.stack([-up, -left])

    def resample(self, frames: NDArray[np.generic]) -> F32:
        """Frames (T, Y, X) of the scan -> (T, size, size); 0 outside."""
        line = np.arange(self.size, dtype=float)
        grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1)
        at = np.moveaxis(self.to_scan(grid), -1, 0)
        # Where the picture is coarser than 1.5 pixels of the scan these are blurred first.
        steps = [self.pixel_mm / mm for mm in self.spacing_mm]
        blur = [0.35 * s if s > 1.5 else 0.0 for s in steps]
        out = np.empty((len(frames), self.size, self.size), np.float32)
        for k, frame in enumerate(frames):
            grey = frame.astype(np.float32)
            grey = gaussian_filter(grey, blur) if any(blur) else grey
            map_coordinates(grey, at, out[k], order=1, mode="constant")
        return out

    def in_mm(self, indices: Array) -> Array:
        """Indices (..., 11) as shares of the side and of its square -> mm2 and mm."""
        out = np.asarray(indices, float) * self.side_mm
        out[..., AREAS] *= self.side_mm
        return out


def form_of(epi_mm: list[Array], septum: Array, sense: int, spacing_mm: tuple[float, float]) -> Form:
    """The form of a slice from outlines of its epicardium, however rough.

    Parameters
    ----------
    epi_mm : list of ndarray, shape (N, 2)
        (y, x) in mm, of some frames.
    septum, sense
        As of :class:`lvcine.measure.anchor.Anchor`.
    """
    middle = np.mean([polygon_centroid(points) for points in epi_mm], 0)
    side = max(side_of(points) for points in epi_mm)
    unit = septum / np.linalg.norm(septum)
    return Form(
        (float(middle[0]), float(middle[1])), side, (float(unit[0]), float(unit[1])), sense, spacing_mm
    )


def scaled(frames: NDArray[np.generic]) -> F32:
    """A slice's cycle (T, 80, 80) with its percentiles 1 and 99 at 0 and 1, clipped to -0.2 .. 2."""
    grey = np.asarray(frames, np.float32)
    low, high = np.percentile(grey[:: max(1, len(grey) // 8)], [1.0, HIGH])
    return np.asarray(np.clip((grey - low) / max(high - low, 1e-6), -0.2, 2.0), np.float32)


def wrapped(frames: F32, kappa: int) -> F32:
    """A cycle (T, ...) with its neighbours across the ends, (T + kappa - 1, ...)."""
    half = kappa // 2
    return np.take(frames, np.arange(-half, len(frames) + half) % len(frames), axis=0)
