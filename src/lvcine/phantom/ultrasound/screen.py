"""The sector on the screen: polar samples to pixels, and pixels to mm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from lvcine.phantom.arrays import Num
from lvcine.phantom.ultrasound.protocol import UltrasoundProtocol
from lvcine.phantom.views import Plane

Array = NDArray[np.float64]


BEYOND_MM = 10.0
"""How far beyond the sector readers go on drawing the wall, where it leaves the picture."""


@dataclass(frozen=True)
class Screen:
    """A sector in a square picture.

    Attributes
    ----------
    protocol : UltrasoundProtocol
        With the depth that is shown.

    Examples
    --------
    >>> screen = Screen(UltrasoundProtocol(size=64))
    >>> screen.sector.shape, bool(screen.sector.any(0)[32])
    ((64, 64), True)
    """

    protocol: UltrasoundProtocol

    @property
    def _far(self) -> float:
        """From where the beams would meet to the arc."""
        return self.protocol.depth_mm + self.protocol.probe_mm

    @property
    def _top(self) -> float:
        """Height of the face's corners below where the beams would meet."""
        return float(self.protocol.probe_mm * np.cos(self.protocol.angle / 2.0))

    @property
    def extent_mm(self) -> tuple[float, float]:
        """Height and width of the sector."""
        return self._far - self._top, 2.0 * self._far * float(np.sin(self.protocol.angle / 2.0))

    @property
    def pixel_mm(self) -> float:
        """Distance of pixel centres."""
        return max(self.extent_mm) / (self.protocol.size * self.protocol.fill)

    @cached_property
    def plane_mm(self) -> tuple[Array, Array]:
        """(down, across) of pixel centres from the middle of the probe's face, each (size, size)."""
        p, step = self.protocol, self.pixel_mm
        free = [p.size * step - e for e in self.extent_mm]
        down = (np.arange(p.size) + 0.5) * step - p.shift[0] * free[0] + self._top - p.probe_mm
        across = (np.arange(p.size) + 0.5) * step - p.shift[1] * free[1] - self.extent_mm[1] / 2.0
        mesh = np.meshgrid(down, across, indexing="ij")
        return mesh[0], mesh[1]

    @cached_property
    def polar(self) -> tuple[Array, Array]:
        """(range from the face in mm, angle in rad) of pixel centres."""
        return to_polar(*self.plane_mm, self.protocol.probe_mm)

    @cached_property
    def sector(self) -> NDArray[np.bool_]:
        """Pixels whose centre lies in the sector."""
        reach, angle = self.polar
        p = self.protocol
        return (reach >= 0.0) & (reach <= p.depth_mm) & (np.abs(angle) <= p.angle / 2.0)

    @cached_property
    def drawn(self) -> NDArray[np.bool_]:
        """Pixels that a reader may draw on: the sector, and :data:`BEYOND_MM` around it."""
        return np.asarray(distance_transform_edt(~self.sector) * self.pixel_mm <= BEYOND_MM)

    def points(self, plane: Plane) -> Array:
        """Pixel centres in the heart's frame, (3, size, size), of a plane whose middle is the face."""
        down, across = self.plane_mm
        return np.asarray(
            plane.middle_mm[:, None, None]
            + plane.down[:, None, None] * down
            + plane.across[:, None, None] * across
        )


def to_polar(down: Num, across: Num, probe_mm: float, off: Num = 0.0) -> tuple[Num, Num]:
    """(range from the face, angle) of points in mm; ``off`` is how far they lie beside the plane."""
    d = down + probe_mm
    return np.sqrt(d * d + across * across + off * off) - probe_mm, np.arctan2(across, d)
