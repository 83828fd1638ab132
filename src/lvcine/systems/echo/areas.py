"""Labels of a clip's frame with the areas of its contours: masks then have what was measured."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, label

from lvcine.localise.drawn import pixels_of
from lvcine.study import U8, Contour
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
    cavity = pixels_of(endo, shape)
    rows, columns = (np.flatnonzero(((labels == CAVITY) | cavity).any(axis)) for axis in (1, 0))
    box = tuple(slice(max(0, n[0] - 8), n[-1] + 9) for n in (rows, columns))
    out = labels.copy()
    part, inside = out[box], cavity[box]
    given_up = (part == CAVITY) & ~inside
    _, nearest = distance_transform_edt(part == CAVITY, return_indices=True)
    part[given_up] = part[tuple(n[given_up] for n in nearest)]
    part[inside] = CAVITY
    if atrium is not None:
        behind = pixels_of(atrium, shape)
        regions, _ = label(out == LEFT_ATRIUM)
        own = np.unique(regions[behind])  # other pieces of it stay as they are
        out[np.isin(regions, own[own > 0])] = 0
        out[behind & (out == 0)] = LEFT_ATRIUM
    return out
