"""A reader's polygons through the same door: contours -> Segmentation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import MeasureError
from lvcine.measure.coverage import pixel_coverage
from lvcine.study import CAVITY, MYOCARDIUM, Contour, Mask, Segmentation

Array = NDArray[np.float64]
Drawn = Mapping[tuple[int, int], Array]


def segmentation_from_contours(endo: Drawn, epi: Drawn, shape: tuple[int, int, int, int]) -> Segmentation:
    """What a reader drew, as a segmentation that every function here measures.

    Parameters
    ----------
    endo, epi : mapping of (slice, frame) to ndarray, shape (N, 2)
        Polygons in pixels (y, x), pixel centres at integers, sub-pixel.
    shape : tuple of int
        (Z, T, Y, X) of the cine.

    Returns
    -------
    Segmentation
        The contours as drawn; in the mask a pixel belongs to what covers half of it or
        more (counting the contour's own pixels as inside would add several percent).

    Raises
    ------
    MeasureError
        A polygon lies in a slice or frame that the cine has not.

    Examples
    --------
    >>> square = np.array([[0.5, 0.5], [0.5, 3.5], [3.5, 3.5], [3.5, 0.5]])
    >>> drawn = segmentation_from_contours({(0, 0): square}, {}, (1, 1, 5, 5))
    >>> int(drawn.mask.cavity.sum())
    9
    """
    slices, frames, rows, columns = shape
    labels = np.zeros(shape, np.uint8)
    for drawn, label in ((epi, MYOCARDIUM), (endo, CAVITY)):
        for (z, t), points in drawn.items():
            if not (0 <= z < slices and 0 <= t < frames):
                raise MeasureError(f"a contour in slice {z}, frame {t} of a cine with {slices} x {frames}")
            labels[z, t][pixel_coverage(points, (rows, columns)) >= 0.5] = label
    return Segmentation(Mask(labels), _indexed(endo, slices, frames), _indexed(epi, slices, frames))


def _indexed(drawn: Drawn, slices: int, frames: int) -> tuple[tuple[Contour | None, ...], ...]:
    return tuple(
        tuple(Contour(np.asarray(drawn[z, t], float)) if (z, t) in drawn else None for t in range(frames))
        for z in range(slices)
    )
