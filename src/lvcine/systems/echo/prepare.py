"""From a clip's pixels to the net's input: the sector found, cut square, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import binary_closing, binary_dilation, binary_fill_holes, binary_opening, label
from scipy.spatial import ConvexHull

from lvcine.localise import Window
from lvcine.study import F32, Bools

DARK = 12.0
"""Grey value (of 255) that a pixel must exceed in some frame to be picture and not screen."""
_LETTER = 90.0  # grey of a letter, at the least
LOOKED_AT = 24
"""Frames, spread over the clip, in which the sector is sought."""


@dataclass(frozen=True, eq=False)
class Sector:
    """Where the picture lies on the screen.

    Attributes
    ----------
    mask : ndarray of bool, shape (Y, X)
        Pixels that the scanner draws on; letters and the ECG are not among them.
    window : Window
        Square, around it.
    """

    mask: Bools
    window: Window


def grey(pixels: NDArray[np.generic]) -> F32:
    """Pixels of any depth (T, Y, X) to 0..255 by the format's own range: 8 bits as they are.

    More than 8 bits are brought to 255 by the clip's largest value, as no format says more.
    """
    top = 255.0 if pixels.dtype == np.uint8 else max(float(pixels.max()), 1.0)
    return np.asarray(pixels, np.float32) * np.float32(255.0 / top)


def find_sector(pixels: NDArray[np.generic], spacing_mm: tuple[float, float], size: int) -> Sector:
    """The sector of a clip.

    Parameters
    ----------
    pixels : ndarray, shape (T, Y, X)
    spacing_mm : (float, float)
        Of rows and columns; only their ratio matters.
    size : int
        Rows and columns of the net's input.

    Returns
    -------
    Sector
        The whole picture where nothing stands out (a crop that is sector all over, or an empty clip).
    """
    frames = grey(pixels[:: max(1, len(pixels) // LOOKED_AT)])
    lit = frames.max(0) > DARK
    if len(frames) > 1:  # a menu is bright and still: speckle moves
        lit &= _closed(frames.max(0) - frames.min(0) > DARK / 4, 3) | (lit.mean() > 0.9)
    edge = 6  # as if the picture went on beyond its edge, which is none of the sector's
    smooth = binary_opening(np.pad(_closed(lit, 2), edge, mode="edge"), iterations=3)
    whole = np.asarray(binary_fill_holes(smooth[edge:-edge, edge:-edge]))
    regions, count = label(whole)
    mask = np.ones(lit.shape, bool)
    if count:
        largest = regions == 1 + int(np.argmax(np.bincount(regions.ravel())[1:]))
        mask = _hull(largest) if largest.mean() > 0.05 else mask
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    middle = ((rows[0] + rows[-1]) / 2.0, (columns[0] + columns[-1]) / 2.0)
    side = max((rows[-1] - rows[0] + 1) * spacing_mm[0], (columns[-1] - columns[0] + 1) * spacing_mm[1])
    step = side / size
    return Sector(mask, Window(middle, (size, size), (step / spacing_mm[0], step / spacing_mm[1])))


def without_letters(sector: Bools, pixels: NDArray[np.generic]) -> Bools:
    """The sector (Y, X) less the lines of text that reach into it from beside it.

    Letters are bright and still, and stand close together in a line; a line that lies beside the sector for
    the most part is none of the picture. Still tissue in front of the probe lies inside.

    Parameters
    ----------
    pixels : ndarray, shape (T, Y, X)
    """
    if len(pixels) < 3:
        return sector
    frames = grey(pixels[:: max(1, len(pixels) // LOOKED_AT)])
    still = (frames.min(0) > _LETTER) & (np.ptp(frames, 0) < DARK)
    lines = binary_closing(np.pad(still, 8), structure=np.ones((1, 15), bool))[8:-8, 8:-8]
    regions, count = label(lines, structure=np.ones((3, 3)))
    if not count:
        return sector
    beside = np.bincount(regions[~sector], minlength=count + 1) / np.bincount(
        regions.ravel(), minlength=count + 1
    )
    text = np.isin(regions, 1 + np.flatnonzero(beside[1:] > 0.5))
    return sector & ~binary_dilation(text, iterations=2)


def _hull(mask: Bools) -> Bools:
    """All between its pixels: a sector has no dents, but walls that give no echo would cut some into it."""
    rows = np.flatnonzero(mask.any(1))
    first, last = mask[rows].argmax(1), mask.shape[1] - 1 - mask[rows, ::-1].argmax(1)
    ends = np.concatenate([np.stack([first, rows], 1), np.stack([last, rows], 1)])
    if len(rows) < 2 or (first == last).all():
        return mask
    outline = ends[ConvexHull(ends).vertices]
    canvas = Image.new("1", mask.shape[::-1])
    ImageDraw.Draw(canvas).polygon([(int(x), int(y)) for x, y in outline], fill=1, outline=1)
    return np.asarray(canvas, bool)


def _closed(mask: Bools, times: int) -> Bools:
    framed = binary_closing(np.pad(mask, times + 1, mode="edge"), iterations=times)
    return np.asarray(framed[times + 1 : -times - 1, times + 1 : -times - 1])


def as_input(pixels: NDArray[np.generic], sector: Sector) -> F32:
    """Frames (T, Y, X) -> (T, size, size), 0 to 1; what is not sector is 0."""
    return sector.window.resample(grey(pixels) * sector.mask) / np.float32(255.0)


def looks_like_sector(pixels: NDArray[np.generic]) -> bool:
    """Whether a clip (T, Y, X) shows a sector on black, as no MR picture does.

    Either both upper corners of the screen are black in every frame, with at least 12 % of it, while the
    middle is lit; or, where a menu lies there, what moves widens from a point along straight sides and most
    of the screen beside it is black.
    """
    frames = pixels[:: max(1, len(pixels) // LOOKED_AT)]
    dark = grey(frames).max(0) <= DARK
    rows, columns = (max(2, n // 12) for n in dark.shape)
    corners = dark[:rows, :columns].mean() > 0.9 and dark[:rows, -columns:].mean() > 0.9
    quarter = dark[dark.shape[0] // 4 : 3 * dark.shape[0] // 4, dark.shape[1] // 3 : 2 * dark.shape[1] // 3]
    if corners and dark.mean() > 0.12 and quarter.mean() < 0.5:
        return True
    mask = find_sector(pixels, (1.0, 1.0), 256).mask
    return not mask.all() and _is_fan(mask) and bool(dark[~mask].mean() > 0.75 and dark[mask].mean() < 0.5)


def _is_fan(mask: Bools) -> bool:
    """Widening evenly from its top to its widest row: hearts and chests are round there.

    Seven sectors on real screens have 0.28 to 0.41 of the width a quarter of the way down and bulge by 0.005
    halfway; moving parts of 33 MR slices 0.42 to 0.99, and those below 0.5 bulge by 0.03 to 0.13.
    """
    widths = mask[mask.any(1)].sum(1)
    widest = int(widths.argmax())
    upper, half, lower = (widths[int(widest * share)] / widths[widest] for share in (0.25, 0.5, 0.75))
    return bool(upper < 0.45 and abs(half - (upper + lower) / 2) < 0.02)
