"""One slice's channels without wraps and without the background's phase, along the picture's axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.measure.velocity.background import find_background
from lvcine.study import BACKGROUND, F32, MYOCARDIUM, U8, Array, Cine, Velocity, Whole


@dataclass(frozen=True, eq=False)
class Field:
    """What one slice shows.

    Attributes
    ----------
    cm_s : ndarray of float32, shape (3, T, Y, X)
        Along x, y and z of the picture; trustworthy in the wall, elsewhere as wrapped as before.
    wrapped, doubtful : ndarray, shape (3,)
        Of each channel as encoded: shares as in :class:`~lvcine.measure.velocity.unwrap.Unwrapped`.
    taken_cm_s : ndarray, shape (3,)
        Root mean square in the wall of what was taken out as background.
    order : ndarray of int, shape (3,)
        Of the background's surface; -1 where none was known.
    """

    cm_s: F32
    wrapped: Array
    doubtful: Array
    taken_cm_s: Array
    order: Whole


def clean_field(cine: Cine, velocity: Velocity, labels: U8, z: int) -> Field:
    """Unwrap, then take out the background, each channel along its own direction; then turn.

    Where the background is not known, the mean over the wall and the cycle is taken out: the wall comes
    back to where it was, so that its mean is nearly zero (not quite: the slice stays where it is while the
    wall moves through it; on virtual hearts it is below 0.02 cm/s).
    """
    # Loaded here: graphs take a tenth of a second that all but velocity mapping does without.
    from lvcine.measure.velocity.unwrap import unwrap_channel

    wall, magnitude = labels == MYOCARDIUM, np.asarray(cine.pixels[z], np.float64)
    clean, shares, taken, orders = [], [], [], []
    for channel, venc in zip(velocity.cm_s[:, z], velocity.venc_cm_s, strict=True):
        unwrapped = unwrap_channel(channel, wall, venc, cyclic=cine.gated)
        error = find_background(
            channel, magnitude, labels != BACKGROUND, venc, cine.geometry.pixel_spacing_mm
        )
        known = wall & np.isfinite(unwrapped.cm_s)
        level = float(unwrapped.cm_s[known].mean()) if error.order < 0 and known.any() else 0.0
        background = error.cm_s + level
        clean.append(unwrapped.cm_s - background)
        shares.append((unwrapped.wrapped, unwrapped.doubtful))
        taken.append(float(np.sqrt(np.mean(background[wall] ** 2))) if wall.any() else 0.0)
        orders.append(error.order)
    turned = velocity.in_picture(cine.geometry, np.stack(clean)).astype(np.float32)
    wrapped, doubtful = np.array(shares).T
    return Field(turned, wrapped, doubtful, np.array(taken), np.array(orders))
