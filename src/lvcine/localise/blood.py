"""How much of each cavity pixel is blood: papillary muscles and trabeculae are not."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion

from lvcine.study import F32, Bools


def blood_fraction(image: F32, cavity: Bools, wall: Bools) -> F32:
    """Share of blood (Y, X), 0..1, inside ``cavity``; 1 where it cannot be estimated.

    Blood's signal is the upper quartile of the cavity's core, muscle's the median of the
    wall; between the two a pixel counts in proportion, and the outer quarters of that range
    are noise and in-flow rather than partial volume.
    """
    out = np.ones(image.shape, np.float32)
    core = binary_erosion(cavity, iterations=2)
    core = core if core.sum() >= 12 else cavity
    if cavity.sum() < 6 or wall.sum() < 12:
        return out
    blood, muscle = np.percentile(image[core], 75), np.median(image[wall])
    if blood - muscle < 0.15 * max(abs(blood), 1e-6):
        return out
    share = (image - muscle) / (blood - muscle)
    out[cavity] = np.clip((share[cavity] - 0.25) / 0.5, 0.0, 1.0)
    return out
