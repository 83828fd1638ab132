"""Pictures of a cine around the left ventricle: grey tiles and the contours on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from lvcine.report.slices import bar_mm, base_first, edge_letters
from lvcine.study import U8, Analysis, Array, Cine, Contour, Segmentation

Curves = list[list[Array | None]]

_MARGIN = 0.3  # of the ventricle's extent, on every side: the RV and the lung border stay in view
_POINTS = 72  # of a contour
_SMALLEST = 24  # pixels: no crop gets smaller, so that a dot of a mask does not fill the page


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels, the ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


@dataclass(frozen=True, eq=False)
class Tiles:
    """The cine cut to the ventricle, ready to be shown.

    Attributes
    ----------
    grey : ndarray of uint8, shape (Z, T, h, w)
        Windowed intensities.
    box : Box
        Where the cut lies in the cine's own pixels.
    aspect : float
        Height of a pixel over its width (spacing between rows over between columns).
    endo, epi : indexed [z][t]
        Closed curves (N, 2) as (x, y) with the tile's upper left corner at (0, 0) and the
        centre of its first pixel at (0.5, 0.5); None where there is no contour.
    order : tuple of int
        The slices from base to apex, in which every picture shows them.
    edges : mapping
        Letters of the patient's side at the tile's left, right, top and bottom; empty where not known.
    bar_mm, bar_px : float
        A scale bar: what it stands for, and its length along a row; 0 without pixel spacing.
    """

    grey: U8
    box: Box
    aspect: float
    endo: Curves
    epi: Curves
    order: tuple[int, ...]
    edges: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bar_mm: float = 0.0
    bar_px: float = 0.0

    @property
    def slices(self) -> int:
        return int(self.grey.shape[0])

    @property
    def frames(self) -> int:
        return int(self.grey.shape[1])


def tiles_of(analysis: Analysis) -> Tiles:
    """Cut, window and outline every slice and frame of an analysis."""
    cine, seg = analysis.cine, analysis.segmentation
    box = ventricle_box(cine, seg)
    row_mm, column_mm = cine.geometry.pixel_spacing_mm
    bar = bar_mm(box.width * column_mm) if cine.geometry.calibrated else 0.0
    return Tiles(
        windowed(cine.pixels, box),
        box,
        row_mm / column_mm,
        [[curve(c, box) for c in frames] for frames in seg.endo],
        [[curve(c, box) for c in frames] for frames in seg.epi],
        base_first(analysis),
        edge_letters(cine.geometry),
        bar,
        bar / column_mm,
    )


def ventricle_box(cine: Cine, seg: Segmentation) -> Box:
    """A box, square in mm, that holds the ventricle of every slice and frame with some margin.

    The whole image where no ventricle was found.
    """
    rows, columns = cine.pixels.shape[2:]
    points = [c.points for side in (seg.epi, seg.endo) for frames in side for c in frames if c is not None]
    if not points:
        return Box(0, rows, 0, columns)
    yx = np.concatenate(points)
    spacing = np.array(cine.geometry.pixel_spacing_mm)
    centre = (yx.min(0) + yx.max(0)) / 2
    side_mm = float((np.ptp(yx, axis=0) * spacing).max()) * (1 + 2 * _MARGIN)
    half = np.maximum(side_mm / spacing / 2, _SMALLEST / 2)
    (top, left), (bottom, right) = np.floor(centre - half).astype(int), np.ceil(centre + half).astype(int)
    return Box(max(int(top), 0), min(int(bottom), rows), max(int(left), 0), min(int(right), columns))


def windowed(pixels: NDArray[np.generic], box: Box) -> U8:
    """Intensities (Z, T, Y, X) -> grey (Z, T, h, w): one window for the whole cine.

    From the 1st to the 98.5th percentile of the cut, over all slices and frames (thinned
    out, for speed), so that fat beside the coil or one broken pixel does not darken the heart.
    """
    cut = pixels[:, :, box.top : box.bottom, box.left : box.right].astype(np.float32)
    thin = cut[:, :, ::3, ::3]
    thin = thin[np.isfinite(thin)]
    low, high = np.percentile(thin, (1.0, 98.5)) if thin.size else (0.0, 1.0)
    scaled = (np.nan_to_num(cut, nan=low) - low) * (255.0 / max(high - low, 1e-6))
    return np.clip(scaled, 0, 255).astype(np.uint8)


def curve(contour: Contour | None, box: Box) -> Array | None:
    """A contour in the tile's coordinates, evenly resampled to at most :data:`_POINTS`: (N, 2) as (x, y)."""
    if contour is None or len(contour.points) < 3:
        return None
    yx = np.asarray(contour.points, float) - (box.top, box.left) + 0.5
    if len(yx) > _POINTS:
        closed = np.vstack([yx, yx[:1]])
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
        at = np.linspace(0.0, along[-1], _POINTS, endpoint=False)
        yx = np.stack([np.interp(at, along, closed[:, k]) for k in (0, 1)], axis=1)
    return yx[:, ::-1]


def grid(count: int, widest: float = 4 / 3) -> tuple[int, int]:
    """(rows, columns) that lay ``count`` square tiles out about as wide as a screen, few places empty.

    Examples
    --------
    >>> grid(12), grid(1), grid(3), grid(7)
    ((3, 4), (1, 1), (1, 3), (2, 4))
    """

    def cost(columns: int) -> float:
        rows = math.ceil(count / columns)
        return abs(math.log(columns / rows / widest)) + 2.0 * (rows * columns / count - 1.0)

    columns = min(range(1, count + 1), key=cost)
    return math.ceil(count / columns), columns


def mosaic(tiles: Tiles, frame: int, columns: int) -> U8:
    """All slices of one frame from base to apex, (rows * h, columns * w), in the tile's own pixels."""
    z, _, h, w = tiles.grey.shape
    rows = -(-z // columns)
    sheet = np.zeros((rows * columns, h, w), np.uint8)
    sheet[:z] = tiles.grey[list(tiles.order), frame]
    return sheet.reshape(rows, columns, h, w).swapaxes(1, 2).reshape(rows * h, columns * w)
