"""Where the left ventricle lies, without any net: what beats, and what is round.

The heart is what changes once a cycle: the amplitude of the first harmonic of every pixel over time
(Lin, Cowan, Young 2006, MICCAI, LNCS 4190, 728-735). The LV in it is a dark ring about bright blood: edge
points that beat vote for the middles of circles, those of the endocardium on their bright side and those
of the epicardium on their dark side (Hough's transform for circles with the gradient's direction: Kimme,
Ballard, Sklansky 1975, doi:10.1145/360666.360677). Both meet in the LV, and nowhere else: the RV has no
wall of its own that shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label, maximum_filter

from lvcine.localise.find import Place, middle_slices, spread_frames
from lvcine.study import F32, Array

ENDO_MM = np.arange(11.0, 39.0, 3.0)
EPI_MM = np.arange(20.0, 53.0, 3.0)
"""Radii in a middle slice, from a small heart at ES to a dilated one at ED."""
EDGES = 0.15
"""Share of the pixels, those whose edge is steep and beats more than its surroundings, that vote."""
EDGE_MM, SPOT_MM, NEAR_MM, FAR_MM = 1.5, 4.0, 12.0, 25.0
"""Blurs: of the picture before its edges are sought, of the votes; the surroundings that steepness
(whatever lies in bright fat or dark lung) and beating (RV blood outshines the LV's wall) are seen
against."""
STILL = 0.005
"""Where nothing beats by more than this share of the grey values' range, nothing beats."""
AROUND_MM = 15.0
"""How far the cavity's middle may stand from its beating wall."""


def beat(stack: NDArray[np.generic]) -> F32:
    """Amplitude of what changes once a cycle.

    Parameters
    ----------
    stack : ndarray, shape (Z, T, Y, X)
        One cycle; two frames are taken as ED and ES.

    Returns
    -------
    ndarray, shape (Z, Y, X)
        In the pixels' units; zeros where there is one frame only.

    Examples
    --------
    >>> turn = np.cos(2 * np.pi * np.arange(8) / 8)
    >>> float(np.round(beat((5 + 3 * turn).reshape(1, 8, 1, 1))[0, 0, 0], 3))
    3.0
    """
    frames = stack.shape[1]
    if frames == 1:
        return np.zeros((stack.shape[0], *stack.shape[2:]), np.float32)
    if frames == 2:
        change = stack[:, 1].astype(np.float32) - stack[:, 0].astype(np.float32)
        return np.asarray(np.abs(change) / 2, np.float32)
    wave = np.exp(-2j * np.pi * np.arange(frames) / frames).astype(np.complex64)
    turned = np.einsum("ztyx,t->zyx", stack.astype(np.float32), wave, optimize=True)
    return np.asarray(2 / frames * np.abs(turned), np.float32)


def find_by_motion(stack: NDArray[np.generic], spacing_mm: tuple[float, float]) -> Place | None:
    """The LV's middle from its motion and its roundness; None where nothing beats.

    Parameters
    ----------
    stack : ndarray, shape (Z, T, Y, X)
        Short-axis pictures of one cycle.
    spacing_mm : (float, float)
        Of rows and columns.

    Returns
    -------
    Place or None
        ``centre`` in the stack's pixels; ``confidence`` is near 1 where many more edges agree than
        elsewhere in the heart. None also in pictures smaller than the rings that are sought.
    """
    sides_mm = [count * size for count, size in zip(stack.shape[2:], spacing_mm, strict=True)]
    if min(sides_mm) < 2 * EPI_MM[0]:
        return None  # no ring of these fits (a mouse); blurs as wide as the picture would take hours
    chosen = stack[middle_slices(stack.shape[0])]
    amplitude = beat(chosen)
    if not float(amplitude.max()) > STILL * float(np.ptp(chosen)):
        return None
    moving = _moving(amplitude, spacing_mm)
    frames = spread_frames(stack.shape[1], 2)
    whole = np.zeros(stack.shape[2:], np.float32)
    for z, still in enumerate(chosen):
        for radii, side in ((ENDO_MM, 1.0), (EPI_MM, -1.0)):
            each = [
                _votes(still[t].astype(np.float32), amplitude[z], spacing_mm, radii, side) for t in frames
            ]
            votes = np.sum(each, axis=0)
            spots = np.max([gaussian_filter(v, _pixels(SPOT_MM, spacing_mm)) for v in votes], axis=0)
            usual = float(np.quantile(spots[moving > 0], 0.99))
            whole += spots / max(usual, 1e-12) / (2 * len(chosen))
    heat = whole * np.sqrt(moving)
    peak = np.unravel_index(int(heat.argmax()), heat.shape)
    if not heat[peak] > 0:
        return None
    tops = maximum_filter(heat, [max(3, int(v)) for v in _pixels(40.0, spacing_mm)]) == heat
    tops[peak] = False
    second_best = float((heat * tops).max() / heat[peak])
    return Place((float(peak[0]), float(peak[1])), min(float(whole[peak]) / 2, 1.0), second_best)


def _moving(amplitude: F32, spacing_mm: tuple[float, float]) -> F32:
    """How much beats around each pixel (Y, X), the most being 1."""
    mean = np.sqrt(amplitude).mean(0)  # the root lets no vessel with inflow outshine the wall
    mean = np.maximum(mean - np.median(mean), 0)
    heat = gaussian_filter(mean, [AROUND_MM / s for s in spacing_mm])
    top = max(float(heat.max()), 1e-12)
    regions, _ = label(heat > 0.3 * top)
    best = regions == regions[np.unravel_index(int(heat.argmax()), heat.shape)]
    return np.asarray(np.where(best, heat / top, 0), np.float32)


def _votes(picture: F32, amplitude: F32, spacing_mm: tuple[float, float], radii: Array, side: float) -> F32:
    """Votes (radii, Y, X) for circles' middles on the bright (1) or dark (-1) side of edges that beat."""
    smooth = gaussian_filter(picture, _pixels(EDGE_MM, spacing_mm))
    dy, dx = np.gradient(smooth, *spacing_mm)
    steep = np.hypot(dy, dx)
    beats = gaussian_filter(amplitude, _pixels(2 * EDGE_MM, spacing_mm))
    weight = _against(steep, NEAR_MM, 1e-3, spacing_mm) * np.sqrt(_against(beats, FAR_MM, 0.05, spacing_mm))
    ys, xs = np.nonzero((steep > 0) & (weight >= np.quantile(weight, 1 - EDGES)))
    uy, ux = side * dy[ys, xs] / steep[ys, xs], side * dx[ys, xs] / steep[ys, xs]
    out = np.zeros((len(radii), *picture.shape), np.float32)
    for k, radius in enumerate(radii):
        cy = np.round(ys + uy * radius / spacing_mm[0]).astype(int)
        cx = np.round(xs + ux * radius / spacing_mm[1]).astype(int)
        inside = (cy >= 0) & (cy < picture.shape[0]) & (cx >= 0) & (cx < picture.shape[1])
        flat = np.bincount(cy[inside] * picture.shape[1] + cx[inside], minlength=picture.size)
        # Between counting votes (large circles win) and shares of circles (specks win).
        out[k] = flat.reshape(picture.shape) / np.sqrt(radius)
    return out


def _against(field: F32, far_mm: float, least: float, spacing_mm: tuple[float, float]) -> F32:
    """A field against its mean within ``far_mm``; ``least`` of its maximum counts as nothing."""
    around = gaussian_filter(field, _pixels(far_mm, spacing_mm)) + least * float(field.max())
    return np.asarray(np.divide(field, around, out=np.zeros_like(field), where=around > 0), np.float32)


def _pixels(length_mm: float, spacing_mm: tuple[float, float]) -> list[float]:
    return [length_mm / s for s in spacing_mm]
