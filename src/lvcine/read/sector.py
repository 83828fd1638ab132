"""Ultrasound by what the pixels show, in files that do not say what they are: a fan on black.

Outside of the fan there is no echo and nothing is drawn: one value, while MR has noise or anatomy there. The
blacker the rest, the less even the fan may be, as walls and lungs cast shadows. Ten CAMUS clips and eight of
real screens: a quarter of the way down the fan has 0.25 to 0.41 of its greatest width, halfway it bulges by
0.003 at the most, and both sides lean by 27 to 45 degrees. Of 796 slices of MR in four orientations each none
passes; the nearest has a rest as black and is as even, but one of its sides is level.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.study import F32, U8, Bools, Finding

DARK = 12.0
"""Grey value (of 255) that a pixel must exceed in some frame to be picture and not screen."""
LOOKED_AT = 24
"""Frames, spread over the clip, in which the sector is sought."""
_NEARLY_WHITE, _FAR_BEYOND, _ABOVE = 99.5, 2.5, 1.25
"""Percentile of all values, over which single ones lie far beyond, and how far white lies above it then."""
_PARTS = 0.2
"""Of white: what is below in all pixels is no part of 1 or of 255, but in a unit of its own."""
BLACK = 0.01
"""Of the clip's range of values: what compression leaves of black."""
_MOSTLY, _NEARLY_ALL = 0.7, 0.95
"""Black share outside of the fan: letters and the ECG are there too."""
_EVEN, _UNEVEN = (0.45, 0.02), (0.5, 0.07)
"""Width a quarter of the way down, of the greatest, and the bulge halfway: whole fans, and shadowed ones."""
_LEAN = (0.2, 1.7)
"""Columns for each row that a side of the fan leans by: 11 to 60 degrees."""
_LEAST_ROWS = 8
_LEAST_PART, _AS_LARGE, _OVERLAP = 0.05, 0.4, 0.2
"""Of a picture: share of the screen, of the largest picture, and of rows or columns shared with it."""
_THIN, _HALVES = 0.2, 0.7
"""Of the most lit column or row, what one between two pictures has at the most; the second picture."""
_LIT = 0.02  # of the range of values
LEAST_FULL = 0.6
"""Share of the fan that every frame of a clip fills; slices of a volume narrow towards its sides."""

SECTOR_ASSUMED = Finding(
    "ultrasound-assumed",
    "warning",
    "modality and view not specified: a sector on black, taken for apical ultrasound",
    "look at the contours; state --view A4C, A2C or A3C if they are right, --view SAX if this is MR",
)


def grey(pixels: NDArray[Any]) -> F32:
    """Pixels of any kind (T, Y, X) to 0..255 as they were stored in 8 bits: those as they are.

    Values up to 255 are 8 bits in another type, up to 1 parts of white; others are spread from black, their
    least where any are negative (decibels, normalised), to white, the clip's largest value; single ones far
    beyond all others, as letters are, do not count.

    Examples
    --------
    >>> clip = np.uint8([[[0, 51], [102, 204]]])
    >>> kinds = clip.astype(np.int16), clip / 255.0, clip / 127.5 - 1.0
    >>> [bool(np.allclose(grey(clip), grey(kind))) for kind in kinds]
    [True, True, True]
    """
    values = np.asarray(pixels, np.float32)
    if pixels.dtype == np.uint8:
        return values
    black, white = _ends(pixels)
    return np.clip((values - np.float32(black)) * np.float32(255.0 / (white - black)), 0.0, 255.0)


def _ends(pixels: NDArray[Any]) -> tuple[float, float]:
    """Values that are black and white."""
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype == np.int8:
        return -128.0, 127.0
    if low < 0.0:
        return (-1.0, 1.0) if low >= -1.0 and high <= 1.0 else (low, max(high, low + 1e-30))
    for usual in (1.0, 255.0):
        if _PARTS * usual < high <= usual:
            return 0.0, usual
    most = float(np.percentile(pixels[:: max(1, len(pixels) // LOOKED_AT)], _NEARLY_WHITE))
    return 0.0, _ABOVE * most if high > _FAR_BEYOND * most > 0.0 else max(high, 1e-30)


def eight_bits(pixels: NDArray[Any]) -> U8:
    """:func:`grey` of a whole clip in 8 bits: then single frames are no darker or brighter than they were."""
    return pixels if pixels.dtype == np.uint8 else np.rint(grey(pixels)).astype(np.uint8)


def pictures_on(pixels: NDArray[Any]) -> list[Bools]:
    """The pictures on a screen, (Y, X) each, largest first: of a clip (T, Y, X) one, of split screens more.

    Empty where nothing stands out. What is much smaller than the largest (an ECG, a menu) is no picture.
    """
    from scipy.ndimage import binary_fill_holes, binary_opening, label  # slow to load, and seldom needed

    frames = grey(pixels[:: max(1, len(pixels) // LOOKED_AT)])
    lit = frames.max(0) > DARK
    if len(frames) > 1:  # a menu is bright and still: speckle moves
        lit &= _closed(frames.max(0) - frames.min(0) > DARK / 4, 3) | (lit.mean() > 0.9)
    edge = 6  # as if the picture went on beyond its edge, which is none of the sector's
    smooth = binary_opening(np.pad(_closed(lit, 2), edge, mode="edge"), iterations=3)
    whole = np.asarray(binary_fill_holes(smooth[edge:-edge, edge:-edge]))
    regions, count = label(_parted(whole))
    sizes = np.sort(np.bincount(regions.ravel())[1:])
    if count < 2 or sizes[-2] < _HALVES * sizes[-1]:  # shadows cut a single fan, but not in halves
        regions, count = label(whole)
    if not count:
        return []
    sizes = np.bincount(regions.ravel())[1:]
    first = int(np.argmax(sizes))
    if sizes[first] <= _LEAST_PART * regions.size:
        return []
    found = [regions == 1 + first]
    found += [regions == 1 + k for k in np.flatnonzero(sizes > _AS_LARGE * sizes[first]) if k != first]
    return [_hull(picture) for picture in found if picture is found[0] or _beside(picture, found[0])]


def _parted(lit: Bools) -> Bools:
    """Fans that touch at their corners taken apart: where hardly anything is lit between them."""
    apart = lit.copy()
    for axis, ends in ((0, (0.2, 0.8)), (1, (0.35, 0.65))):  # columns; rows, as a fan itself is narrow above
        filled = lit.sum(axis)
        used = np.flatnonzero(filled)
        if not len(used):
            return lit
        first, last = (used[0] + round(part * (used[-1] - used[0])) for part in ends)
        thin = first + np.flatnonzero(filled[first:last] < _THIN * filled.max())
        apart[(slice(None), thin) if axis == 0 else (thin,)] = False
    return apart


def _beside(one: Bools, other: Bools) -> bool:
    """Whether two pictures lie side by side or one above the other, not one within the other's dents."""
    return any(
        not (one.any(axis) & other.any(axis)).sum()
        > _OVERLAP * min(one.any(axis).sum(), other.any(axis).sum())
        for axis in (0, 1)
    )


def shows_sector(pixels: NDArray[Any]) -> bool:
    """Whether a clip (T, Y, X) shows a fan that opens downwards, on black, as no MR picture does.

    Examples
    --------
    >>> y, x = np.mgrid[:60, :60]
    >>> fan = (abs(x - 30) < 0.7 * y) & (np.hypot(y, x - 30) < 58)
    >>> echo = np.random.default_rng(0).integers(20, 250, (4, 60, 60)) * fan
    >>> shows_sector(echo), shows_sector(echo[:, ::-1]), shows_sector(echo + 20)
    (True, False, True)
    """
    frames = np.asarray(pixels[:: max(1, len(pixels) // LOOKED_AT)])
    frames = frames - frames.min()
    if frames.dtype != np.uint8:
        frames = np.asarray(frames, np.float32) * np.float32(255.0 / max(float(frames.max()), 1e-30))
    brightest = frames.max(axis=0)
    # What moves leaves a menu out; all that is lit keeps a part of the fan that stands still.
    return any(_are_fans(pictures_on(look), brightest) for look in (frames, brightest[None]))


def _are_fans(pictures: list[Bools], brightest: NDArray[Any]) -> bool:
    """Whether each picture of a screen is a fan; what is none of them is black."""
    beside = ~np.any(pictures, axis=0) if pictures else np.zeros(brightest.shape, bool)
    return bool(pictures) and all(_is_fan(picture, brightest, beside) for picture in pictures)


def _is_fan(mask: Bools, brightest: NDArray[Any], beside: Bools) -> bool:
    if not beside.any() or not _leans(mask):
        return False
    black = float((brightest[beside] <= BLACK * brightest.max()).mean())
    quarter, bulge = _widening(mask)
    narrow, straight = _UNEVEN if black > _NEARLY_ALL else _EVEN
    return black > _MOSTLY and quarter < narrow and bulge < straight


def _widening(mask: Bools) -> tuple[float, float]:
    """Width a quarter of the way to the widest row, and how far that halfway is from even, in parts of it."""
    widths = mask[mask.any(axis=1)].sum(axis=1)
    widest = int(widths.argmax())
    quarter, half, lower = (float(widths[int(widest * part)] / widths[widest]) for part in (0.25, 0.5, 0.75))
    return quarter, abs(half - (quarter + lower) / 2)


def _leans(mask: Bools) -> bool:
    """Whether both sides lean outwards, down to the widest row."""
    rows = mask[mask.any(axis=1)]
    widest = int(rows.sum(axis=1).argmax())
    if widest < _LEAST_ROWS:
        return False
    top, bottom = widest // 10, 9 * widest // 10
    left, right = rows.argmax(axis=1), rows.shape[1] - rows[:, ::-1].argmax(axis=1)
    leans = np.array([left[top] - left[bottom], right[bottom] - right[top]]) / (bottom - top)
    return bool((leans > _LEAN[0]).all() and (leans < _LEAN[1]).all())


def is_volume(frames: NDArray[Any]) -> bool:
    """Whether "frames" (T, Y, X) are slices of a volume: what is lit narrows towards the sides."""
    low, high = float(frames.min()), float(frames.max())
    lit = np.asarray(frames > low + _LIT * (high - low))
    share = lit.sum(axis=(1, 2)) / max(int(lit.any(axis=0).sum()), 1)
    third = max(len(share) // 6, 1)
    sides, middle = (
        np.concatenate([share[:third], share[-third:]]),
        share[len(share) // 3 : -(len(share) // 3) or None],
    )
    return bool(len(share) > 5 and sides.max() < LEAST_FULL * np.median(middle))


def _hull(mask: Bools) -> Bools:
    """All between its pixels: a sector has no dents, but walls that give no echo would cut some into it."""
    from PIL import Image, ImageDraw
    from scipy.spatial import ConvexHull

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
    from scipy.ndimage import binary_closing

    framed = binary_closing(np.pad(mask, times + 1, mode="edge"), iterations=times)
    return np.asarray(framed[times + 1 : -times - 1, times + 1 : -times - 1])
