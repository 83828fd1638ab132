"""Where a scanner's picture lies: planes in the heart's frame, and the heart in the patient.

Long-axis planes hold the axis and a direction across: the four-chamber plane cuts the
inferior septum and the anterior lateral wall, the two-chamber plane the anterior and inferior
walls, the three-chamber plane the anterior septum (aortic root) and the inferior lateral wall
(Cerqueira 2002, doi:10.1161/hc0402.102975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.study import View

Vector = NDArray[np.float64]

# Directions in LPS of a usual heart: columns of the short-axis picture run from the septum to the
# lateral wall (left and backwards), rows from the anterior to the inferior wall.
_BASE_TO_APEX = np.array([0.66, -0.58, -0.48]) / np.linalg.norm([0.66, -0.58, -0.48])
_LATERAL = np.array([0.60, 0.75, -0.08])
_ACROSS = _LATERAL - (_LATERAL @ _BASE_TO_APEX) * _BASE_TO_APEX
_ACROSS = _ACROSS / np.linalg.norm(_ACROSS)
TO_PATIENT = np.stack([_ACROSS, np.cross(_ACROSS, _BASE_TO_APEX), _BASE_TO_APEX], axis=1)
"""(3, 3): LPS direction of the heart's x (lateral), y (inferior) and z (apex); a mirror, as the frame is."""

AZIMUTH = {
    View.CH4: -0.50, View.CH2: 1.50, View.CH3: 0.56,
    View.A4C: -0.50, View.A2C: 1.50, View.A3C: 0.56,
}  # fmt: skip
"""Direction across of a long-axis plane, in rad from x (lateral) towards y (inferior).

Within 8 degrees of the AHA's 30, 90 and 150, and the three-chamber plane meets the aortic root.
"""


@dataclass(frozen=True)
class Plane:
    """A picture's plane in the heart's frame.

    Attributes
    ----------
    middle_mm : ndarray, shape (3,)
        The middle of the picture.
    down, across : ndarray, shape (3,)
        Unit vectors along a column (rows count up) and along a row (columns count up).
    """

    middle_mm: Vector
    down: Vector
    across: Vector

    @property
    def normal(self) -> Vector:
        """Unit vector across the slice's thickness, from base to apex for a short axis."""
        n = np.cross(self.down, self.across)
        return n if n[2] >= 0 else -n

    def grid(self, rows: int, columns: int, spacing_mm: float) -> Vector:
        """Pixel centres in the heart's frame, (3, rows, columns) in mm."""
        v = (np.arange(rows) - (rows - 1) / 2.0) * spacing_mm
        h = (np.arange(columns) - (columns - 1) / 2.0) * spacing_mm
        along = self.down[:, None, None] * v[:, None] + self.across[:, None, None] * h
        return np.asarray(self.middle_mm[:, None, None] + along)


def short_axis(z_mm: float, turn: float = 0.0, middle_mm: tuple[float, float] = (0.0, 0.0)) -> Plane:
    """Square to the axis at height z, turned by ``turn`` rad; septum on the left where turn is 0."""
    c, s = np.cos(turn), np.sin(turn)
    down, across = np.array([-s, c, 0.0]), np.array([c, s, 0.0])
    return Plane(np.array([*middle_mm, z_mm]), down, across)


def long_axis(
    view: View,
    middle_z_mm: float,
    off_mm: float = 0.0,
    turn: float = 0.0,
    lean: float = 0.0,
    spin: float = 0.0,
) -> Plane:
    """A plane along the axis with the apex at the top, as ultrasound shows it.

    Parameters
    ----------
    view : View
        2CH, 3CH, 4CH or A2C, A3C, A4C.
    middle_z_mm : float
        Height of the picture's middle.
    off_mm, turn, lean : float
        How far beside the axis the plane lies, and how far it is turned about the axis and leant
        over in rad: off-axis and foreshortened views.
    spin : float
        Rotation of the picture in its plane in rad.
    """
    azimuth = AZIMUTH[view] + turn
    across = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    side = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    down = np.array([0.0, 0.0, -1.0]) * np.cos(lean) + side * np.sin(lean)
    middle = np.array([0.0, 0.0, middle_z_mm]) + off_mm * side
    c, s = np.cos(spin), np.sin(spin)
    return Plane(middle, c * down - s * across, c * across + s * down)


def to_patient(vector: Vector) -> Vector:
    """A vector or point (..., 3) of the heart's frame in LPS; the heart's origin is the patient's."""
    return np.asarray(vector @ TO_PATIENT.T)
