"""Whether coloured pictures are grey ones in disguise or show flow in colour.

Grey ultrasound is often stored with three channels, now and then tinted: then one brightness has one colour.
Colour Doppler is laid over a part of the picture, in several colours for every brightness, and comes and goes
with the beat; its pixels are no tissue, and nothing beneath them can be outlined. Menus are coloured and
stand still; letters and an ECG are thin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


_GREY = 8.0
"""Largest difference between the channels of a grey pixel that was coded with loss."""
_TO_RGB = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]], np.float32)


def as_rgb(picture: NDArray[Any], stated: str) -> NDArray[Any]:
    """Red, green and blue of a decoded picture (Y, X, 3), of 8 bits, by what it shows where its tag is wrong.

    Most ultrasound is grey. Grey in RGB has three equal channels, in YCbCr two that stand at 128; a tag
    that says the other is not believed.

    Parameters
    ----------
    picture : ndarray, shape (Y, X, 3)
        As it was decoded, without any conversion.
    stated : str
        PhotometricInterpretation (0028,0004).

    Examples
    --------
    >>> grey = np.arange(48, 144, 2, dtype=np.uint8).reshape(6, 8, 1)
    >>> rgb, ybr = grey.repeat(3, 2), np.concatenate([grey, grey * 0 + 128, grey * 0 + 128], 2)
    >>> all((as_rgb(p, tag) == rgb).all() for p in (rgb, ybr) for tag in ("RGB", "YBR_FULL_422"))
    True
    """
    if picture.dtype != np.uint8 or picture.shape[2] != 3 or stated in ("YBR_RCT", "YBR_ICT"):
        return picture
    values = picture.astype(np.float32)
    lit = values.max(axis=2) > _LIT
    equal = _share_near(values - values[..., :1], 0.0, lit)
    neutral = _share_near(values[..., 1:], 128.0, np.ones_like(lit))
    ycc = stated.startswith("YBR")
    if ycc and equal > 0.9 > neutral:
        ycc = False
    elif not ycc and neutral > 0.9 > equal:
        ycc = True
    if not ycc:
        return picture
    values[..., 1:] -= 128.0
    return np.clip(np.rint(values @ _TO_RGB.T), 0, 255).astype(np.uint8)


def _share_near(values: NDArray[Any], middle: float, where: NDArray[Any]) -> float:
    if not where.any():
        return 0.0
    return float((np.abs(values[where] - middle).max(axis=-1) <= _GREY).mean())


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
