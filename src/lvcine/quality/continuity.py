"""A heart moves smoothly: what jumps over time or between slices is a wrong contour."""

from __future__ import annotations

import numpy as np

from lvcine.quality.outline import Outline
from lvcine.study import Array, Bools, Finding, listed

# The cavity's radius and centre between neighbouring frames. Ours: at a resting heart the radius loses
# some 10 mm in the 300 ms of systole, 2 mm in a frame of 50 ms; three times as fast is no heart.
RADIUS_STEP_MM = 6.0
CENTRE_STEP_MM = 8.0
# Neighbouring slices are 10 mm apart and the LV's axis may lean by 30 degrees against the stack (6 mm);
# a breath-hold at another depth adds up to 10 mm.
SLICE_STEP_MM = 16.0
# Over one cycle the base may leave a slice once and come back once.
MOST_CHANGES = 2


def jumps_in_time(lv: Outline, *, closed: bool) -> list[Finding]:
    """``contour-jumps-in-time``: the cavity grows, shrinks or moves too far from a frame to the next.

    ``closed``: the last frame is the neighbour of the first. Two frames are phases, and left alone.
    """
    if not lv.geometry.calibrated or lv.area_mm2.shape[1] < 3:
        return []
    both = _with_next(lv.present, closed)
    growth = np.abs(_to_next(lv.radius_mm, closed))
    shift = np.linalg.norm(_to_next(lv.centre_mm, closed), axis=2)
    wild = both & ((growth > RADIUS_STEP_MM) | (shift > CENTRE_STEP_MM))
    if not wild.any():
        return []
    text = f"cavity jumps in {listed(f'slice {z} after frame {t}' for z, t in np.argwhere(wild))}"
    return [Finding("contour-jumps-in-time", "warning", text, "look at the contours of these frames")]


def jumps_between_slices(lv: Outline, ed: int) -> list[Finding]:
    """``contour-jumps-between-slices``: the centre leaves the line of its neighbours at ED."""
    if not lv.geometry.calibrated:
        return []
    inside = lv.order[lv.present[lv.order, ed]]
    if len(inside) < 3:
        return []
    centre = lv.centre_mm[inside, ed]
    off = np.linalg.norm(centre - _smooth_line(centre), axis=1)
    wild = inside[off > SLICE_STEP_MM / 2]
    if not len(wild):
        return []
    text = f"left ventricle displaced against its neighbours in slice {', '.join(map(str, np.sort(wild)))}"
    advice = "look at these slices: another breath-hold depth, or another structure taken for the LV"
    return [Finding("contour-jumps-between-slices", "warning", text, advice)]


def flickers(lv: Outline, *, closed: bool) -> list[Finding]:
    """``lv-flickers``: a slice gains and loses its LV more than once in the cycle."""
    if lv.area_mm2.shape[1] < 3:
        return []
    changes = np.abs(_to_next(lv.present.astype(float), closed)).sum(axis=1)
    wild = np.flatnonzero(changes > MOST_CHANGES)
    if not len(wild):
        return []
    text = f"left ventricle appears and disappears in slice {', '.join(map(str, wild))}"
    return [Finding("lv-flickers", "warning", text, "look at these slices: the volume curve is uneven")]


def _to_next(values: Array, closed: bool) -> Array:
    """Change from each frame to the next along axis 1."""
    step = np.roll(values, -1, axis=1) - values
    return step if closed else step[:, :-1]


def _with_next(present: Bools, closed: bool) -> Bools:
    both = present & np.roll(present, -1, axis=1)
    return both if closed else both[:, :-1]


def _smooth_line(points: Array) -> Array:
    """A straight line through points (N, 3), robust against single outliers (Theil-Sen per axis)."""
    steps = np.arange(len(points), dtype=float)
    i, j = np.triu_indices(len(points), 1)
    slope = np.median((points[j] - points[i]) / (steps[j] - steps[i])[:, None], axis=0)
    return np.median(points - steps[:, None] * slope, axis=0) + steps[:, None] * slope
