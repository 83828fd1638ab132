"""From likelihoods in a window to labels and contours on the scan's own grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.localise.blood import blood_fraction
from lvcine.localise.drawn import rasterised
from lvcine.localise.extent import NOTHING, Stated, held, likelihood_of, sizes_of
from lvcine.localise.find import find_place
from lvcine.localise.orient import Orientation
from lvcine.localise.outline import outline
from lvcine.localise.postprocess import beside, keep_one, logit, middle_of, rounded, steady
from lvcine.localise.septum import rv_direction
from lvcine.localise.window import Window
from lvcine.study import F32, U8, Bools, Mask, Segmentation
from lvcine.study.mask import CAVITY, MYOCARDIUM, Contour, Extent

HALF_SEEN = 0.4
"""Likelihood from which a slice next to the ventricle's end is a candidate: where members that are sure of
themselves part, the mean lies about one half, on either side of it. The base is decided over the stack."""
WIDE = 0.75
"""Share of the largest cavity from which half-seen slices at the base are candidates."""
FAINT = 0.03
"""Likelihood below which nothing is outlined even where the user says that there is a ventricle."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Likelihoods of one net, or the mean of several, in the window in which they were made.

    Attributes
    ----------
    window : Window
        In the turned stack.
    turn : Orientation
        From the scan to that stack.
    shape : (int, int)
        Of the stack's pictures.
    spacing_mm : float
        Of the window's pixels.
    closed : bool
        The frames close one heart cycle.
    likelihood : ndarray, shape (Z, T, 4, rows, columns)
    pictures : ndarray, shape (Z, T, rows, columns)
    inside : bool
        Outlines run inside of the outermost pixels of the heart, about a quarter of a pixel
        within the level where the likelihood is one half; else on that level.
    logit_margin : float
        Log-odds that a pixel of the wall has beyond even ones: moves both borders into the wall.
    whole : bool
        The slices run from base to apex: which of them hold the ventricle is decided over all of them.
    stated : Stated
        What the user says of that.
    labels_by_level : bool
        Pixels are labelled by the level at their centre; else labels are drawn from contours, of their area.
        Between pixels of the window the level is straight and the contours round: so labels lie within them.
    """

    window: Window
    turn: Orientation
    shape: tuple[int, int]
    spacing_mm: float
    closed: bool
    likelihood: NDArray[np.floating]
    pictures: F32
    inside: bool = False
    logit_margin: float = 0.0
    whole: bool = False
    stated: Stated = NOTHING
    labels_by_level: bool = False


@dataclass(frozen=True)
class Member:
    """One net of an ensemble: its own segmentation, of the frames that are asked for."""

    prediction: Prediction

    def at(self, frames: Sequence[int]) -> Segmentation:
        """Of these frames of the cine alone, in this order."""
        return assemble(self.prediction, frames)


def assemble(prediction: Prediction, only: Sequence[int] | None = None) -> Segmentation:
    """Likelihoods -> labels and contours on the scan's own grid, of all frames or of ``only`` these."""
    likelihood = np.asarray(prediction.likelihood[:, :, CAVITY : MYOCARDIUM + 1], np.float32)
    likelihood = steady(likelihood) if prediction.closed else likelihood
    chosen = list(range(likelihood.shape[1]) if only is None else only)
    p_cavity, p_wall = (np.ascontiguousarray(likelihood[:, chosen, k]) for k in (0, 1))
    lv = _one_heart(p_cavity, p_wall, prediction.spacing_mm, prediction.whole)
    extent = None
    if prediction.whole:
        lv, extent = _between_ends(prediction, p_cavity, p_wall, lv)
    slices, frames = lv.shape[:2]
    turn, turned_shape = prediction.turn, prediction.shape
    labels = np.zeros((slices, frames, *turned_shape), np.uint8)
    blood = np.ones(labels.shape, np.float16)
    endo: list[list[Contour | None]] = [[None] * frames for _ in range(slices)]
    epi: list[list[Contour | None]] = [[None] * frames for _ in range(slices)]
    for z in range(slices):
        back = turn.slice_back(z, slices)
        for t in range(frames):
            if not lv[z, t].any():
                continue
            inner, outer = _levels(prediction, p_cavity[z, t], p_wall[z, t], lv[z, t])
            if prediction.labels_by_level:
                labels[z, t] = _labels(prediction.window, inner, outer, turned_shape)
            share = blood_fraction(prediction.pictures[z, chosen[t]], inner > 0, (outer > 0) & (inner <= 0))
            blood[z, t] = prediction.window.resample_to_scan(share, turned_shape, 1.0)
            endo[back][t] = _contour(inner, prediction.window, turn, turned_shape)
            epi[back][t] = _contour(outer, prediction.window, turn, turned_shape)
    rv = rv_direction(np.asarray(prediction.likelihood[:, chosen, 3], np.float32), lv, prediction.spacing_mm)
    found = Segmentation(
        mask=Mask(np.ascontiguousarray(turn.undo(labels))),
        endo=tuple(map(tuple, endo)),
        epi=tuple(map(tuple, epi)),
        rv_direction=turn.vector_back(rv[::-1] if turn.flip_z else rv),
        blood_fraction=np.ascontiguousarray(turn.undo(blood)),
        extent=extent.upside_down() if extent is not None and turn.flip_z else extent,
    )
    return found if prediction.labels_by_level else rasterised(found)


def _between_ends(prediction: Prediction, p_cavity: F32, p_wall: F32, lv: Bools) -> tuple[Bools, Extent]:
    """LV pixels of the slices that hold the ventricle, and how sure that is."""
    sizes = sizes_of(lv & (p_cavity > 0.5), lv, prediction.spacing_mm)
    if not prediction.stated:
        likelihood = likelihood_of(sizes)
        allowed = held(likelihood, prediction.closed)
        return lv & allowed[..., None, None], Extent(likelihood, sizes.cavity, sizes.wall, sizes.ring)
    slices = len(lv)
    allowed = prediction.stated.allowed(sizes, lambda z: prediction.turn.slice_back(z, slices))
    for t in range(allowed.shape[1]):  # an end of which nothing was said is where the net sees it
        seen = np.flatnonzero(lv[:, t].any((1, 2)) & allowed[:, t])
        if len(seen) and prediction.stated.base is None:
            allowed[: seen[0], t] = False
        if len(seen) and prediction.stated.apex is None:
            allowed[seen[-1] + 1 :, t] = False
    for z, t in np.argwhere(allowed & ~lv.any((2, 3))):
        lv[z, t] = _sought(p_cavity, p_wall, int(z), int(t), lv, prediction.spacing_mm)
    lv = lv & allowed[..., None, None]
    sizes = sizes_of(lv & (p_cavity > 0.5), lv, prediction.spacing_mm)
    return lv, Extent(np.ones(allowed.shape, np.float32), sizes.cavity, sizes.wall, sizes.ring, allowed)


def _sought(p_cavity: F32, p_wall: F32, z: int, t: int, lv: Bools, spacing_mm: float) -> Bools:
    """The LV of a slice that the user says is there: what is likeliest. Its likelihoods are raised."""
    near = lv[:, t].any((1, 2))
    beside_it = (
        lv[int(np.flatnonzero(near)[np.abs(np.flatnonzero(near) - z).argmin()]), t] if near.any() else None
    )
    both = p_cavity[z, t] + p_wall[z, t]
    most = float(both[beside_it].max() if beside_it is not None else both.max())
    if most < FAINT:
        return np.zeros(lv.shape[2:], bool)
    for part in (p_cavity, p_wall):
        part[z, t] = np.minimum(part[z, t] * (0.95 / most), 1.0) if most < 0.95 else part[z, t]
    centre = middle_of(beside_it) if beside_it is not None else find_place(both[None, None]).centre
    return keep_one(p_cavity[z, t], p_wall[z, t], centre, spacing_mm)


def _one_heart(p_cavity: F32, p_wall: F32, spacing_mm: float, whole_stack: bool) -> Bools:
    """LV pixels (Z, T, rows, columns): one ring per slice, from the largest slice outwards, no gaps."""
    whole = find_place(p_cavity + p_wall)
    lv: Bools = np.zeros(p_cavity.shape, bool)
    for z in range(len(lv)):
        for t in range(lv.shape[1]):
            piece = keep_one(p_cavity[z, t], p_wall[z, t], whole.centre, spacing_mm)
            lv[z, t] = rounded(piece, spacing_mm) if whole_stack else piece
    middle = int(lv.sum((1, 2, 3)).argmax())
    for t in range(lv.shape[1]):
        for step in (1, -1):
            _follow(lv, p_cavity, p_wall, t, middle, step, spacing_mm)
    if whole_stack:
        size = (lv & (p_cavity > 0.5)).sum((0, 2, 3))
        for t in range(lv.shape[1]):
            if size[t] >= WIDE * size.max():
                _go_on(lv, p_cavity, p_wall, t, -1, spacing_mm)
            _go_on(lv, p_cavity, p_wall, t, 1, spacing_mm)
    return lv


def _go_on(lv: Bools, p_cavity: F32, p_wall: F32, t: int, step: int, spacing_mm: float) -> None:
    """Beyond the last slice of frame t at one end: what is half seen there and lies beside the one before."""
    there = np.flatnonzero(lv[:, t].any((1, 2)))
    if not len(there):
        return
    z = int(there[-1 if step > 0 else 0]) + step
    while 0 <= z < len(lv):
        last = lv[z - step, t]
        if (p_cavity[z, t] + p_wall[z, t])[last].max() < HALF_SEEN:
            return
        candidate = _sought(p_cavity, p_wall, z, t, lv, spacing_mm)
        if not candidate.any() or not beside(candidate, last, spacing_mm):
            return
        lv[z, t] = rounded(candidate, spacing_mm)
        z += step


def _follow(lv: Bools, p_cavity: F32, p_wall: F32, t: int, middle: int, step: int, spacing_mm: float) -> None:
    """From the middle slice to an end of frame t: every LV lies beside the one before, or is none."""
    last, z = lv[middle, t], middle + step
    while 0 <= z < len(lv):
        if not last.any():
            lv[z, t] = False
        elif lv[z, t].any() and not beside(lv[z, t], last, spacing_mm):
            centre = middle_of(last)
            other = keep_one(p_cavity[z, t], p_wall[z, t], centre, spacing_mm)
            lv[z, t] = other if other.any() and beside(other, last, spacing_mm) else False
        last, z = lv[z, t], z + step


def _levels(prediction: Prediction, p_cavity: F32, p_wall: F32, heart: Bools) -> tuple[F32, F32]:
    """Log-odds (rows, columns) whose zeros are the inner and the outer outline of the heart alone.

    Around the heart they stay as the net gave them, where outlines do not run ``inside``: log-odds that
    fall off at once would draw the zero between two pixels towards the inner one.
    """
    inner, outer = (
        logit(p_cavity) + prediction.logit_margin,
        logit(p_cavity + p_wall) - prediction.logit_margin,
    )
    kept_inner, kept_outer = (
        heart if prediction.inside else heart | (level <= 0) for level in (inner, outer)
    )
    inner = np.where(kept_inner, inner, -6.0).astype(np.float32)
    return inner, np.maximum(np.where(kept_outer, outer, -6.0).astype(np.float32), inner)


def _labels(window: Window, inner: F32, outer: F32, shape: tuple[int, int]) -> U8:
    labels = np.zeros(shape, np.uint8)
    labels[window.resample_to_scan(outer, shape, -6.0) > 0] = MYOCARDIUM
    labels[window.resample_to_scan(inner, shape, -6.0) > 0] = CAVITY
    return labels


def _contour(level: F32, window: Window, turn: Orientation, shape: tuple[int, int]) -> Contour | None:
    points = outline(level)
    if points is None:
        return None
    return Contour(turn.point_back(window.to_scan(points), shape))
