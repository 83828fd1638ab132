"""From labels that somebody drew to contours, on the scan's own grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import contourpy
import numpy as np
from scipy.ndimage import binary_fill_holes, gaussian_filter, label

from lvcine.localise.blood import blood_fraction
from lvcine.localise.extent import Stated, sizes_of
from lvcine.localise.septum import rv_direction
from lvcine.measure.apex import find_apex
from lvcine.measure.area import polygon_area, polygon_centroid
from lvcine.measure.coverage import pixel_coverage
from lvcine.study import U8, Bools, Cine, Contour, Finding, Mask, Segmentation, listed
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM, Extent

Contours = tuple[tuple[Contour | None, ...], ...]
"""Indexed [z][t]."""

SMOOTH = 1.0
"""SD in pixels of the smoothing that takes the steps of pixels out of an outline."""
_BORDER = 4
_SPECK = 4
"""Pixels beside the ventricle that are left out without a word: stray marks of a pen."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """One slice and frame: filled cavity, filled cavity and wall, what was filled and what lay apart."""

    inner: Bools
    outer: Bools
    holes: int
    apart: int


def segmentation_of(
    cavity: Bools, wall: Bools, cine: Cine, *, rv: Bools | None = None
) -> tuple[Segmentation, tuple[Finding, ...]]:
    """Contours of labels that somebody drew.

    Parameters
    ----------
    cavity, wall : ndarray of bool, shape (Z, T, Y, X)
        On the cine's grid.
    cine : Cine
        Its pixels say how much of the cavity is blood.
    rv : ndarray of bool, shape (Z, T, Y, X), optional
        Right ventricle, for the direction of the septum.

    Returns
    -------
    Segmentation
        Outlines of the largest piece in each slice and frame, without holes. Their area is that of the
        pixels: smoothed by :data:`SMOOTH` and scaled back.
    tuple of Finding
        ``mask-holes``, ``mask-pieces``.
    """
    shape = (cavity.shape[0], cavity.shape[1])
    labels = np.zeros(cavity.shape, np.uint8)
    blood = np.ones(cavity.shape, np.float16)
    endo: list[list[Contour | None]] = [[None] * shape[1] for _ in range(shape[0])]
    epi: list[list[Contour | None]] = [[None] * shape[1] for _ in range(shape[0])]
    holed, apart = [], []
    for z, t in np.argwhere((cavity | wall).any((2, 3))):
        piece = _piece(cavity[z, t], wall[z, t])
        labels[z, t][piece.outer] = MYOCARDIUM
        labels[z, t][piece.inner] = CAVITY
        picture = np.asarray(cine.pixels[z, t], np.float32)
        ring = piece.outer & ~piece.inner
        blood[z, t] = blood_fraction(picture, piece.inner, ring)
        blood[z, t][piece.inner & wall[z, t]] = 0.0  # muscle that was drawn within the cavity
        endo[z][t] = outline_of(piece.inner)
        epi[z][t] = outline_of(piece.outer) if ring.any() else None
        if piece.holes:
            holed.append(f"slice {z} frame {t}")
        if piece.apart > _SPECK:
            apart.append(f"slice {z} frame {t}")
    spacing = float(np.sqrt(cine.geometry.pixel_area_mm2))
    septum = None
    if rv is not None and rv.any():
        septum = rv_direction(rv.astype(np.float32), labels > 0, spacing)
    found = Segmentation(Mask(labels), tuple(map(tuple, endo)), tuple(map(tuple, epi)), septum, blood)
    return found, (*_holes(holed), *_pieces(apart))


def _holes(places: list[str]) -> tuple[Finding, ...]:
    if not places:
        return ()
    text = f"holes in the masks filled in {listed(places)}: counted as what lies around them"
    return (Finding("mask-holes", "info", text, "look at the contours of these frames"),)


def _pieces(places: list[str]) -> tuple[Finding, ...]:
    if not places:
        return ()
    text = f"pieces of the masks apart from the ventricle left out in {listed(places)}"
    return (Finding("mask-pieces", "warning", text, "look at the masks of these frames"),)


def _piece(cavity: Bools, wall: Bools) -> _Piece:
    """The largest connected ventricle of a picture, filled."""
    both = cavity | wall
    lv = _largest(both)
    outer = np.asarray(binary_fill_holes(lv))
    blood = _largest(cavity & lv)
    inner = np.asarray(binary_fill_holes(blood))
    holes = int((outer & ~lv).sum() + (inner & ~blood & ~wall).sum())
    return _Piece(inner, outer, holes, int((both & ~outer).sum() + (cavity & lv & ~inner).sum()))


def _largest(mask: Bools) -> Bools:
    regions, count = label(mask)
    return regions == 1 + int(np.argmax(np.bincount(regions.ravel())[1:])) if count > 1 else mask


def outline_of(region: Bools) -> Contour | None:
    """The outline of pixels (Y, X) of one piece without holes, as smooth as a drawn line; None of none.

    The area inside it is that of the pixels: a smoothed outline of a small disc would lie within it.

    Examples
    --------
    >>> y, x = np.mgrid[:40, :40]
    >>> disc = np.hypot(y - 20, x - 20) < 10
    >>> bool(np.isclose(polygon_area(outline_of(disc).points), disc.sum()))
    True
    """
    if not region.any():
        return None
    rows, columns = (np.flatnonzero(region.any(axis)) for axis in (1, 0))
    corner = np.array([rows[0] - _BORDER, columns[0] - _BORDER], float)
    part = region[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    soft = gaussian_filter(np.pad(part, _BORDER).astype(float), SMOOTH, truncate=_BORDER)
    # A few pixels alone are nowhere half there once they are smoothed.
    level = min(0.5, float(soft.max()) / 2)
    lines = [np.asarray(line)[:-1, ::-1] for line in contourpy.contour_generator(z=soft).lines(level)]
    points = max(lines, key=polygon_area)
    middle = polygon_centroid(points)
    scale = np.sqrt(float(region.sum()) / polygon_area(points))
    return Contour(middle + (points - middle) * scale + corner)


def outline_of_largest(region: Bools) -> Contour | None:
    """The outline of the largest piece of a region (Y, X), its holes filled; None of none."""
    return outline_of(np.asarray(binary_fill_holes(_largest(region))))


def without_slices(segmentation: Segmentation, cine: Cine, stated: Stated) -> Segmentation:
    """The same between the first and the last slice that the user states; nothing is outlined anew.

    Raises
    ------
    UsageError
        A stated slice that the cine does not have.
    """
    if not stated:
        return segmentation
    stated.check(cine.slices)
    labels = segmentation.mask.labels
    cavity, lv = labels == CAVITY, labels > 0
    outer = lv.sum((2, 3)).max(1) * cine.geometry.pixel_area_mm2
    towards_apex, _ = find_apex(np.asarray(outer, float), cine.geometry)
    ascending = cine.geometry.slice_positions_mm[-1] >= cine.geometry.slice_positions_mm[0]
    last = cine.slices - 1
    flip = (towards_apex > 0) != bool(ascending)
    order = np.arange(last, -1, -1) if flip else np.arange(cine.slices)
    spacing = float(np.sqrt(cine.geometry.pixel_area_mm2))
    sizes = sizes_of(cavity[order], lv[order], spacing)
    between = stated.allowed(sizes, lambda z: last - z if flip else z)[order]
    kept = sizes_of(cavity & between[..., None, None], lv & between[..., None, None], spacing)
    extent = Extent(np.ones(between.shape, np.float32), kept.cavity, kept.wall, kept.ring, between)
    return replace(
        segmentation,
        mask=Mask(np.where(between[..., None, None], labels, 0).astype(np.uint8)),
        endo=_only(segmentation.endo, between),
        epi=_only(segmentation.epi, between),
        extent=extent,
    )


def _only(contours: Contours, kept: Bools) -> Contours:
    return tuple(
        tuple(c if kept[z, t] else None for t, c in enumerate(frames)) for z, frames in enumerate(contours)
    )


def redrawn(
    segmentation: Segmentation, z: int, t: int, endo: Contour | None, epi: Contour | None
) -> Segmentation:
    """The segmentation with other contours in one slice and frame, its mask drawn anew there.

    All other contours are the same objects, so that what was measured on them is not measured again
    (:mod:`lvcine.measure.remembered`). The pixels of a contour have its area.
    """
    labels = segmentation.mask.labels.copy()
    labels[z, t] = labels_of(endo, epi, (labels.shape[2], labels.shape[3]))
    share = segmentation.blood_share
    if share is not None:
        share = share.copy()
        share[z, t] = np.nan
    return replace(
        segmentation,
        mask=Mask(labels),
        endo=_changed(segmentation.endo, z, t, endo),
        epi=_changed(segmentation.epi, z, t, epi),
        blood_share=share,
    )


def labels_of(endo: Contour | None, epi: Contour | None, shape: tuple[int, int]) -> U8:
    """Labels (Y, X) of contours in one slice and frame."""
    labels = np.zeros(shape, np.uint8)
    for contour, number in ((epi, MYOCARDIUM), (endo, CAVITY)):
        if contour is not None:
            labels[pixels_of(contour, shape)] = number
    return labels


def pixels_of(contour: Contour, shape: tuple[int, int]) -> Bools:
    """The pixels (Y, X) that a contour covers most, as many as its area: :func:`outline_of` gives it back.

    Examples
    --------
    >>> turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    >>> ring = Contour(np.stack([20 + 9.3 * np.sin(turn), 20.4 + 9.3 * np.cos(turn)], axis=1))
    >>> abs(pixels_of(ring, (40, 40)).sum() - polygon_area(ring.points)) <= 0.5
    np.True_
    """
    share = np.asarray(pixel_coverage(contour.points, shape), np.float64)
    touched = np.flatnonzero(share)
    order = np.argsort(-share.ravel()[touched], kind="stable")
    inside = np.zeros(share.size, bool)
    inside[touched[order[: int(np.rint(share.sum()))]]] = True
    return inside.reshape(shape)


def rasterised(segmentation: Segmentation, atrium: Sequence[Contour | None] = ()) -> Segmentation:
    """The segmentation with its mask drawn from its contours, and from those of a clip's left atrium."""
    labels: U8 = np.zeros(segmentation.mask.labels.shape, np.uint8)
    shape = (labels.shape[2], labels.shape[3])
    for z, t in np.ndindex(labels.shape[0], labels.shape[1]):
        labels[z, t] = labels_of(segmentation.endo[z][t], segmentation.epi[z][t], shape)
    for t, contour in enumerate(atrium):
        if contour is not None:
            inside = pixels_of(contour, shape)
            labels[0, t][inside & (labels[0, t] == 0)] = LEFT_ATRIUM
    return replace(segmentation, mask=Mask(labels))


def _changed(contours: Contours, z: int, t: int, one: Contour | None) -> Contours:
    frames = (*contours[z][:t], one, *contours[z][t + 1 :])
    return (*contours[:z], frames, *contours[z + 1 :])
