"""Labels and contours: the only place where label numbers are written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.study.arrays import F32, U8, Array, Bools

BACKGROUND = 0
CAVITY = 1
MYOCARDIUM = 2
LEFT_ATRIUM = 3
"""Drawn in ultrasound; a short-axis stack has none."""
LABEL_NAMES = {BACKGROUND: "background", CAVITY: "cavity", MYOCARDIUM: "myocardium"}
"""Of a short-axis scan; apical clips have the left atrium too."""


@dataclass(frozen=True, eq=False, repr=False)
class Mask:
    """Labels on a cine's grid.

    Attributes
    ----------
    labels : ndarray of uint8, shape (Z, T, Y, X)
        0 background, 1 LV cavity, 2 LV myocardium.
    """

    labels: U8

    def __repr__(self) -> str:
        return f"<Mask of {' x '.join(map(str, self.labels.shape))} (slice, frame, row, column)>"

    @property
    def cavity(self) -> Bools:
        return self.labels == CAVITY

    @property
    def myocardium(self) -> Bools:
        return self.labels == MYOCARDIUM


@dataclass(frozen=True, eq=False, repr=False)
class Contour:
    """A closed polygon in one slice and frame.

    Attributes
    ----------
    points : ndarray, shape (N, 2)
        (y, x), N >= 3, not repeating the first point. In pixels of the slice's grid
        (centres at integers) unless a function says mm.
    """

    points: Array

    def __repr__(self) -> str:
        return f"<Contour of {len(self.points)} points>"

    def scaled(self, spacing_mm: tuple[float, float]) -> Contour:
        """The same contour in mm: (y, x) times (row, column) spacing."""
        return Contour(self.points * np.asarray(spacing_mm, float))


@dataclass(frozen=True, eq=False, repr=False)
class Extent:
    """How sure it is that a slice holds the ventricle, in every slice and frame (Z, T).

    Attributes
    ----------
    likelihood : ndarray of float32
        1 where it was not in doubt.
    cavity_mm2, wall_mm2 : ndarray
        What is outlined there, or was before the slice was left out.
    ring : ndarray
        Share of the cavity's outline that has wall beside it.
    stated : ndarray of bool, or None
        Where the user says that there is ventricle.
    """

    likelihood: F32
    cavity_mm2: Array
    wall_mm2: Array
    ring: Array
    stated: Bools | None = None

    def __repr__(self) -> str:
        return f"<Extent of {' x '.join(map(str, self.likelihood.shape))} (slice, frame)>"

    def upside_down(self) -> Extent:
        """The same with the slices in reverse order."""
        return Extent(
            np.ascontiguousarray(self.likelihood[::-1]),
            np.ascontiguousarray(self.cavity_mm2[::-1]),
            np.ascontiguousarray(self.wall_mm2[::-1]),
            np.ascontiguousarray(self.ring[::-1]),
            None if self.stated is None else np.ascontiguousarray(self.stated[::-1]),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Segmentation:
    """The LV in every frame of a cine, on that cine's own grid.

    Attributes
    ----------
    mask : Mask
        Labels (Z, T, Y, X).
    endo, epi : tuple of tuple of (Contour or None), indexed [z][t]
        Endo- and epicardial contour in pixels (y, x), sub-pixel; None where the slice
        has no LV in that frame. Papillary muscles lie inside ``endo``.
    rv_direction : ndarray, shape (Z, 2) or None
        Unit vector (y, x; mm-proportional) from the LV centre to the middle of the
        septum in each slice, NaN where not seen.
    blood_fraction : ndarray of float16, shape (Z, T, Y, X) or None
        Share of each pixel that is blood inside ``endo`` (papillary muscles low); used by
        the "papillary muscles excluded" convention.
    extent : Extent or None
        Of a stack whose base was decided.
    blood_share : ndarray, shape (Z, T) or None
        Share of the area inside ``endo`` that is blood, where it is known without ``blood_fraction``;
        NaN where it is not.
    """

    mask: Mask
    endo: tuple[tuple[Contour | None, ...], ...]
    epi: tuple[tuple[Contour | None, ...], ...]
    rv_direction: Array | None = None
    blood_fraction: NDArray[np.float16] | None = None
    extent: Extent | None = None
    blood_share: Array | None = None

    def __repr__(self) -> str:
        drawn = sum(c is not None for frames in self.endo for c in frames)
        shape = " x ".join(map(str, self.mask.labels.shape))
        return f"<Segmentation of {shape} (slice, frame, row, column), {drawn} endocardial contours>"
