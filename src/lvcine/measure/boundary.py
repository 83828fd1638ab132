"""Distances between the boundaries of masks, every separate piece of them counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

from lvcine.study import Bools


@dataclass(frozen=True)
class BoundaryDistance:
    """Hausdorff distance, and mean distance from the automatic boundary to the manual one, in mm.

    NaN where one of the masks is empty.
    """

    hausdorff_mm: float
    average_mm: float


def boundary_distance(automatic: Bools, manual: Bools, spacing_mm: tuple[float, float]) -> BoundaryDistance:
    """Between the outermost pixels of two masks (Y, X).

    Unlike the distance of two contours it sees every piece: a speck far away is as far as it is.

    Parameters
    ----------
    automatic, manual : ndarray of bool, shape (Y, X)
    spacing_mm : (float, float)
        Of rows and columns.

    Examples
    --------
    >>> one, other = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    >>> one[2:5, 2:5] = other[2:5, 2:8] = True
    >>> boundary_distance(one, other, (1.0, 2.0)).hausdorff_mm
    6.0
    """
    if not automatic.any() or not manual.any():
        return BoundaryDistance(float("nan"), float("nan"))
    ours, theirs = _rim(automatic), _rim(manual)
    to_theirs = distance_transform_edt(~theirs, sampling=spacing_mm)[ours]
    to_ours = distance_transform_edt(~ours, sampling=spacing_mm)[theirs]
    return BoundaryDistance(float(max(to_theirs.max(), to_ours.max())), float(to_theirs.mean()))


def _rim(mask: Bools) -> Bools:
    return np.asarray(mask & ~binary_erosion(mask), bool)
