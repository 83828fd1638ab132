"""Whether coloured pictures are grey ones in disguise or show flow in colour.

Grey ultrasound is often stored with three channels, now and then tinted: then one brightness has one colour.
Colour Doppler is laid over a part of the picture, in several colours for every brightness, and comes and goes
with the beat; its pixels are no tissue, and nothing beneath them can be outlined. Menus are coloured and
stand still; letters and an ECG are thin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lvcine.study import U8

DOPPLER = "colour Doppler over the picture"
"""How it is called in messages."""
MOST = 0.01
"""Share of the lit pixels that may stand out by colour, not thin and not still."""
_OUT = 40.0
"""Distance in colour (of 255) from the usual colour of the same brightness."""
_LIT = 24.0

_MOST_PIXELS = 1 << 21  # looked at in a picture: full HD

SAMPLED = 8
"""Pictures of a clip that are checked for flow drawn over them in colour."""


def thinned(picture: U8) -> U8:
    """Every n-th pixel of a picture (Y, X, 3) that is larger than flow needs to be seen in.

    Examples
    --------
    >>> thinned(np.zeros((4000, 4000, 3), np.uint8)).shape
    (1334, 1334, 3)
    """
    step = int(np.ceil(np.sqrt(picture.shape[0] * picture.shape[1] / _MOST_PIXELS)))
    return picture if step <= 1 else picture[::step, ::step].copy()


def shows_flow(pictures: Sequence[NDArray[np.generic]]) -> bool:
    """Whether pictures (Y, X, 3) of a clip, 8 bits of red, green and blue, show flow in colour.

    Parameters
    ----------
    pictures : sequence of ndarray
        A few, from different parts of the clip.

    Examples
    --------
    >>> grey = np.random.default_rng(0).integers(0, 255, (4, 60, 60, 1)).repeat(3, 3)
    >>> sepia = (grey * [1.0, 0.8, 0.5]).astype(int)
    >>> flow = grey.copy()
    >>> flow[1, 20:35, 20:30], flow[2, 20:35, 30:40] = [220, 40, 20], [20, 60, 230]
    >>> shows_flow(grey), shows_flow(sepia), shows_flow(flow)
    (False, False, True)
    """
    if len(pictures) < 2:
        return False
    from scipy.ndimage import binary_opening  # slow to import, needed for coloured pictures alone

    rgb = np.stack([np.asarray(p, np.float32) for p in pictures])
    lit = rgb.max(-1) > _LIT
    if not lit.any():
        return False
    luma = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    colour = (rgb - luma[..., None])[..., [0, 2]]  # what is redder and what is bluer than grey
    tint = np.median(colour[lit] / luma[lit][:, None], axis=0)
    out = lit & (np.hypot(*np.moveaxis(colour - luma[..., None] * tint, -1, 0)) > _OUT)
    moved = np.abs(colour - np.median(colour, axis=0)).max(-1) > _OUT / 2
    patches = np.stack([binary_opening(one, np.ones((3, 3))) for one in out & moved])
    return bool(patches.sum() > MOST * lit.sum())
