"""Velocities beside a cine's magnitude, as a scanner encoded them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.study.arrays import F32, Array
from lvcine.study.geometry import Geometry

CHANNELS = 3
_LEAST_VOLUME = 0.05
"""Of the unit vectors' box: less, and two of the three directions are all but one."""


@dataclass(frozen=True, eq=False, repr=False)
class Velocity:
    """Three velocity-encoded channels on the grid of a cine.

    Attributes
    ----------
    cm_s : ndarray of float32, shape (3, Z, T, Y, X)
        As encoded, wrapped into -VENC..VENC of each channel; NaN where nothing was measured.
    venc_cm_s : (float, float, float)
        Velocity at half a turn of the phase, of each channel.
    directions : ndarray, shape (3, 3)
        Unit vectors in the geometry's frame (LPS where it is placed) along which each channel is
        positive, one a row; they need not be at right angles.

    Raises
    ------
    ReadError
        Not three channels, a VENC that is not positive, directions of which two are the same.

    Examples
    --------
    >>> still = np.zeros((3, 1, 2, 4, 4), np.float32)
    >>> g = Geometry.stack(1, (1.4, 1.4), 8.0)
    >>> channels = Velocity(still, (20.0, 20.0, 30.0), Velocity.along_picture(g))
    >>> channels.in_picture(g, still).shape
    (3, 1, 2, 4, 4)
    """

    cm_s: F32
    venc_cm_s: tuple[float, float, float]
    directions: Array

    def __post_init__(self) -> None:
        if self.cm_s.ndim != 5 or len(self.cm_s) != CHANNELS:
            raise ReadError(
                f"velocities of shape {self.cm_s.shape}, expected (3, slice, frame, row, column)",
                advice="give three channels in directions of their own",
            )
        if len(self.venc_cm_s) != CHANNELS or not all(np.isfinite(v) and v > 0 for v in self.venc_cm_s):
            raise ReadError(f"a VENC of {self.venc_cm_s}", advice="give one in cm/s for each channel: --venc")
        known = self.directions.shape == (CHANNELS, 3) and np.isfinite(self.directions).all()
        if not known or abs(np.linalg.det(self.directions)) < _LEAST_VOLUME:
            raise ReadError(
                f"velocities encoded along {np.round(self.directions, 2).tolist()}",
                advice="give three directions of which none lies in the plane of the others",
            )

    def __repr__(self) -> str:
        return f"<Velocity of {' x '.join(map(str, self.cm_s.shape))}, VENC {self.venc_cm_s} cm/s>"

    @staticmethod
    def along_picture(geometry: Geometry) -> Array:
        """Directions (3, 3) of channels along x (columns grow), y (rows grow) and :attr:`Geometry.normal`."""
        rows, columns = geometry.pixel_spacing_mm
        return np.stack([geometry.column_step_mm / columns, geometry.row_step_mm / rows, geometry.normal])

    def in_picture(self, geometry: Geometry, cm_s: NDArray[np.floating]) -> NDArray[np.floating]:
        """Channels (3, ...) as encoded -> components along x, y and z of the picture.

        x along a row (columns grow), y along a column (rows grow), z along :attr:`Geometry.normal`.
        To be asked after unwrapping: a wrap is a multiple of 2 VENC along the encoded direction alone.
        """
        # encoded = directions @ v, picture = axes @ v, of the vector v in the patient.
        turn = self.along_picture(geometry) @ np.linalg.inv(self.directions)
        return np.tensordot(turn, cm_s, 1).astype(cm_s.dtype)
