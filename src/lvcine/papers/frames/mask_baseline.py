"""What the table of `frames` compares with from another room: the extremes of our own masks' area."""

from __future__ import annotations

import numpy as np

from lvcine.measure.curves import find_ed_es
from lvcine.study import U8, Cine, Geometry, View
from lvcine.study.mask import CAVITY
from lvcine.systems.sax.infer import segment


def mask_extremes(pixels: U8, pixel_mm: float) -> tuple[int, int] | None:
    """ED and ES of one short-axis slice, where the area that `sax` outlines is largest and smallest.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (T, Y, X)
        One closed cycle.
    pixel_mm : float
        Side of a pixel.

    Returns
    -------
    (int, int) or None
        None where fewer than two frames hold a ventricle.
    """
    geometry = Geometry.stack(slices=1, spacing_mm=(pixel_mm, pixel_mm), step_mm=8.0)
    cine = Cine(pixels[None], geometry, view=View.SAX, label="one slice")
    areas = (segment(cine).segmentation.mask.labels[0] == CAVITY).sum((1, 2)).astype(float)
    seen = np.where(areas > 0, areas, np.nan)
    if np.isfinite(seen).sum() < 2:
        return None
    found = find_ed_es(seen, gated=True)
    return found.ed, found.es
