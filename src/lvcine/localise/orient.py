"""One way round for every stack: the same heart gives the same pixels, however it was stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.study import Array, Geometry

# Arbitrary but fixed directions in patient space (LPS). Slices run from base to apex: to the left,
# forwards and down. Uneven components keep ties away from the usual oblique planes.
_BASE_TO_APEX = np.array([0.66, -0.58, -0.48])
_ACROSS = np.array([0.93, 0.31, 0.19])


@dataclass(frozen=True)
class Orientation:
    """How to turn a stack (Z, ..., Y, X) into the fixed way round: first transpose, then flip.

    Examples
    --------
    >>> o = Orientation(transpose=True, flip_y=True, flip_x=False, flip_z=False)
    >>> a = np.arange(24).reshape(1, 1, 4, 6)
    >>> bool((o.undo(o.apply(a)) == a).all())
    True
    """

    transpose: bool = False
    flip_y: bool = False
    flip_x: bool = False
    flip_z: bool = False

    def apply(self, stack: NDArray[np.generic]) -> NDArray[np.generic]:
        """(Z, ..., Y, X) of the scan -> the fixed way round (a view)."""
        turned = np.swapaxes(stack, -1, -2) if self.transpose else stack
        return np.flip(turned, self._flips(stack.ndim))

    def undo(self, stack: NDArray[np.generic]) -> NDArray[np.generic]:
        """The way back."""
        flipped = np.flip(stack, self._flips(stack.ndim))
        return np.swapaxes(flipped, -1, -2) if self.transpose else flipped

    def point_back(self, points_yx: Array, shape_yx: tuple[int, int]) -> Array:
        """Points (..., 2) on the turned grid of ``shape_yx`` -> on the scan's grid."""
        size = np.asarray(shape_yx, float) - 1.0
        flip = np.array([self.flip_y, self.flip_x])
        points = np.where(flip, size - points_yx, points_yx)
        return points[..., ::-1] if self.transpose else points

    def vector_back(self, vectors_yx: Array) -> Array:
        """Directions (..., 2) on the turned grid -> on the scan's grid."""
        vectors = np.where(np.array([self.flip_y, self.flip_x]), -vectors_yx, vectors_yx)
        return vectors[..., ::-1] if self.transpose else vectors

    def slice_back(self, z: int, slices: int) -> int:
        return slices - 1 - z if self.flip_z else z

    def spacing(self, spacing_yx: tuple[float, float]) -> tuple[float, float]:
        """Pixel spacing of the turned grid."""
        return (spacing_yx[1], spacing_yx[0]) if self.transpose else spacing_yx

    def _flips(self, ndim: int) -> tuple[int, ...]:
        chosen = ((0, self.flip_z), (ndim - 2, self.flip_y), (ndim - 1, self.flip_x))
        return tuple(axis for axis, flip in chosen if flip)


def orientation(geometry: Geometry) -> Orientation:
    """How a stack must be turned; nothing is done where the patient's axes are unknown."""
    if not geometry.placed:
        return Orientation()
    down = geometry.row_step_mm / np.linalg.norm(geometry.row_step_mm)
    across = geometry.column_step_mm / np.linalg.norm(geometry.column_step_mm)
    transpose = bool(abs(down @ _ACROSS) > abs(across @ _ACROSS))
    x, y = (down, across) if transpose else (across, down)
    flip_x = bool(x @ _ACROSS < 0)
    x = -x if flip_x else x
    normal = geometry.normal * np.sign(geometry.normal @ _BASE_TO_APEX)
    flip_y = bool(np.cross(x, y) @ normal < 0)  # right-handed: never mirrored
    run = geometry.origins_mm[-1] - geometry.origins_mm[0]
    return Orientation(transpose, flip_y, flip_x, bool(run @ _BASE_TO_APEX < 0))
