"""Labels of a clip's frame with the areas of its contours: masks then have what was measured."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from lvcine.localise.drawn import pixels_of
from lvcine.study import U8, Bools, Contour
from lvcine.study.mask import CAVITY, LEFT_ATRIUM


def with_areas(labels: U8, endo: Contour | None, atrium: Contour | None) -> U8:
    """Labels (Y, X) whose ventricle and atrium have as many pixels as their contours have area.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Y, X)
        Drawn pixel by pixel, a little off the contours.
    endo, atrium : Contour or None
        Of the ventricle and of the left atrium.

    Returns
    -------
    ndarray of uint8, shape (Y, X)
        What the ventricle gives up becomes what lies beside it: the wall, the atrium, or nothing. The mitral
        valve stays free of wall, so that it is found in the masks too.
    """
    shape = (labels.shape[0], labels.shape[1])
    if endo is None or not (labels == CAVITY).any():
        return labels
    out = labels.copy()
    cavity = pixels_of(endo, shape)
    box = _box((labels == CAVITY) | cavity)
    part, inside = out[box], cavity[box]
    given_up = (part == CAVITY) & ~inside
    if given_up.any():
        _, nearest = distance_transform_edt(part == CAVITY, return_indices=True)
        part[given_up] = part[tuple(n[given_up] for n in nearest)]
    part[inside] = CAVITY
    if atrium is not None:
        behind = pixels_of(atrium, shape)
        box = _box((out == LEFT_ATRIUM) | behind)
        part, inside = out[box], behind[box]
        regions, count = label(part == LEFT_ATRIUM)
        own = np.zeros(count + 1, bool)  # other pieces of it stay as they are
        own[regions[inside]] = True
        own[0] = False
        part[own[regions]] = 0
        part[inside & (part == 0)] = LEFT_ATRIUM
    return out


def _box(mask: Bools) -> tuple[slice, slice]:
    """Rows and columns about a mask, and a few more: what changes lies near it."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(max(0, int(rows[0]) - 8), int(rows[-1]) + 9), slice(
        max(0, int(columns[0]) - 8), int(columns[-1]) + 9
    )
