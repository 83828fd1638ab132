"""From a clip's pixels to the net's input: the sector found, cut square, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_closing, binary_dilation, label

from lvcine.localise import Window
from lvcine.read.sector import DARK, LOOKED_AT, grey, pictures_on
from lvcine.study import F32, Bools

_LETTER = 90.0  # grey of a letter, at the least


@dataclass(frozen=True, eq=False)
class Sector:
    """Where the picture lies on the screen.

    Attributes
    ----------
    mask : ndarray of bool, shape (Y, X)
        Pixels that the scanner draws on; letters and the ECG are not among them.
    window : Window
        Square, around it.
    pictures : int
        On the screen: more than one on a split screen, of which the largest is taken.
    """

    mask: Bools
    window: Window
    pictures: int = 1


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
    pictures = pictures_on(pixels)
    mask = pictures[0] if pictures else np.ones(pixels.shape[1:], bool)
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    middle = ((rows[0] + rows[-1]) / 2.0, (columns[0] + columns[-1]) / 2.0)
    side = max((rows[-1] - rows[0] + 1) * spacing_mm[0], (columns[-1] - columns[0] + 1) * spacing_mm[1])
    step = side / size
    return Sector(
        mask,
        Window(middle, (size, size), (step / spacing_mm[0], step / spacing_mm[1])),
        max(len(pictures), 1),
    )


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


def as_input(pixels: NDArray[np.generic], sector: Sector) -> F32:
    """Frames (T, Y, X) -> (T, size, size), 0 to 1; what is not sector is 0."""
    return sector.window.resample(grey(pixels) * sector.mask) / np.float32(255.0)
