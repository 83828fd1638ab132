"""From likelihoods to one LV per slice and frame, whole over the stack."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_fill_holes, distance_transform_edt, label

from lvcine.study import F32, Bools

HARMONICS = 6
"""Of the cycle, in which likelihoods may change."""
LOST, ALIKE, FEWEST = 0.4, 0.3, 8
"""Shares of the neighbouring frames' size, and frames of a cycle. Ours: in systole the LV with its wall loses
5 % of its area from one of 20 frames to the next."""
SMALLEST_MM2 = 25.0
"""A cavity with wall smaller than this is no LV slice (a disc of 5.6 mm)."""

APART_MM = 4.0
"""The LV's middle in one slice may lie outside its outline in the next by as much."""
SPUR_MM = 7.0
"""Half the width of what is no spur: the LV's outer outline is rounder than this."""


def logit(p: F32) -> F32:
    """log p / (1 - p), limited to +-6: smooth enough to interpolate a boundary in."""
    q = np.clip(p, 0.0025, 0.9975)
    return np.log(q / (1.0 - q)).astype(np.float32)


def bridged(likelihood: F32) -> tuple[F32, tuple[tuple[int, int], ...]]:
    """Likelihoods (Z, T, classes, Y, X) of a closed cycle, single lost frames interpolated.

    Returns
    -------
    likelihood : ndarray
    lost : tuple of (slice, frame)
        Where the LV's size leaves that of both neighbouring frames by more than :data:`LOST`, while these are
        nearly alike: no heart halves and doubles its area within two frames.
    """
    size = likelihood[:, :, 1:3].sum((2, 3, 4))
    before, after = np.roll(size, 1, 1), np.roll(size, -1, 1)
    mean = (before + after) / 2
    alike = np.abs(before - after) < ALIKE * mean
    lost = alike & (np.abs(size - mean) > LOST * mean) & (likelihood.shape[1] >= FEWEST)
    out = likelihood.copy()
    places = tuple((int(z), int(t)) for z, t in np.argwhere(lost))
    for z, t in places:
        out[z, t] = (likelihood[z, t - 1] + likelihood[z, (t + 1) % likelihood.shape[1]]) / 2
    return out, places


def steady(likelihood: F32) -> F32:
    """Likelihoods (Z, T, classes, Y, X) of a closed cycle without what beats faster than a heart.

    Volume curves are described by five to six harmonics (Bacharach et al. 1983, J Nucl Med 24:1176): what is
    above :data:`HARMONICS` is taken out, so that a cycle of twelve frames or less stays as it is.

    Examples
    --------
    >>> slow = np.cos(2 * np.pi * np.arange(20) / 20).reshape(1, 20, 1, 1, 1).astype(np.float32)
    >>> fast = np.cos(2 * np.pi * 9 * np.arange(20) / 20).reshape(1, 20, 1, 1, 1).astype(np.float32)
    >>> bool(np.allclose(steady(0.5 + 0.3 * slow + 0.1 * fast), 0.5 + 0.3 * slow, atol=1e-5))
    True
    """
    frames = likelihood.shape[1]
    if frames // 2 <= HARMONICS:
        return likelihood
    spectrum = np.fft.rfft(np.eye(frames), axis=0)
    spectrum[HARMONICS + 1 :] = 0
    kept = np.fft.irfft(spectrum, frames, axis=0).astype(np.float32)  # the same as a matrix: faster by half
    # In C order, whatever the input's: a picture that was turned back lies transposed in memory, and
    # reshaping an array like it would fill a copy.
    out = np.empty(likelihood.shape, np.float32)
    for z, one in enumerate(likelihood):
        np.matmul(kept, one.reshape(frames, -1), out=out[z].reshape(frames, -1))
    return np.clip(out, 0.0, 1.0, out=out)


def keep_one(p_cavity: F32, p_wall: F32, centre: tuple[float, float], pixel_mm: float) -> Bools:
    """The connected LV (Y, X) that is nearest to ``centre`` for its size; all False where none."""
    lv = p_cavity + p_wall > 0.5
    regions, count = label(lv)
    if count == 0:
        return np.zeros(lv.shape, bool)
    rows, columns = np.indices(lv.shape)
    distance = np.hypot(rows - centre[0], columns - centre[1]) * pixel_mm
    scores = [
        (regions == k).sum() * np.exp(-distance[regions == k].mean() / 25.0) for k in range(1, count + 1)
    ]
    best = regions == 1 + int(np.argmax(scores))
    if best.sum() * pixel_mm**2 < SMALLEST_MM2 or distance[best].min() > 40.0:
        return np.zeros(lv.shape, bool)
    filled = np.asarray(binary_fill_holes(best))
    return filled if (filled & (p_cavity > 0.5)).any() or _compact(filled) else np.zeros(lv.shape, bool)


def _compact(piece: Bools) -> bool:
    """Whether wall without cavity can be the apex: its middle lies in it; a piece of a ring's does not."""
    rows, columns = np.nonzero(piece)
    return bool(piece[round(float(rows.mean())), round(float(columns.mean()))])


def beside(piece: Bools, neighbour: Bools, pixel_mm: float) -> bool:
    """Whether a slice's LV (Y, X) goes on from its neighbour's: it lies in it, or :data:`APART_MM` beside."""
    y, x = middle_of(piece)
    rows, columns = np.nonzero(neighbour)
    return float(np.hypot(rows - y, columns - x).min()) * pixel_mm <= APART_MM


def middle_of(piece: Bools) -> tuple[float, float]:
    """Centroid (y, x) of a mask."""
    rows, columns = np.nonzero(piece)
    return float(rows.mean()), float(columns.mean())


def rounded(lv: Bools, pixel_mm: float) -> Bools:
    """An LV (Y, X) without the spurs that its outline sends out along the RV's insertions.

    Opened with a disc of :data:`SPUR_MM`, or of 0.4 of its own radius where it is small.
    """
    radius = float(np.sqrt(lv.sum() / np.pi))
    reach = min(SPUR_MM / pixel_mm, 0.4 * radius)
    if reach < 1.0:
        return lv
    rows, columns = (np.flatnonzero(lv.any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)  # the rest need not be looked at
    cut = int(reach) + 2
    core = distance_transform_edt(np.pad(lv[box], cut)) > reach
    if not core.any():
        return lv
    opened = np.zeros_like(lv)
    opened[box] = (distance_transform_edt(~core) <= reach)[cut:-cut, cut:-cut]
    return np.asarray(lv & opened)
