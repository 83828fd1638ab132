"""What the paper's Table I counts: overlap, distance, flicker, large errors in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.agreement import dice
from lvcine.measure.boundary import boundary_distance
from lvcine.papers.echo.recordings import Recording
from lvcine.study import CAVITY, LEFT_ATRIUM, MYOCARDIUM

U8 = NDArray[np.uint8]
STRUCTURES = {"lv": CAVITY, "myocardium": MYOCARDIUM, "atrium": LEFT_ATRIUM}
LARGE_MM = 30.0
"""Hausdorff distance to the nearest labelled frame beyond which an error is a large temporal one; printed."""


@dataclass(frozen=True)
class RecordingScore:
    """Of one recording.

    Attributes
    ----------
    dice, hausdorff_mm : dict
        Structure -> mean over the labelled frames; a lost structure has Dice 0 and no distance.
    flicker : float
        Share of the sector's pixels that change their label from a frame to the next, mean over pairs
        (mFIP; the printed formula forgets to divide by their number).
    large_error : bool
        Some frame is more than :data:`LARGE_MM` from the nearest labelled one, or has lost a structure.
    bends : ndarray, shape (3, T - 2)
        By how much each structure's area leaves the mean of its neighbours' in time, as a share of its
        largest true area (Painchaud et al. 2022, doi:10.1109/TMI.2022.3173669).
    """

    dice: dict[str, float]
    hausdorff_mm: dict[str, float]
    flicker: float
    large_error: bool
    bends: NDArray[np.float64]


def score(found: U8, recording: Recording) -> RecordingScore:
    """Score labels (T, Y, X) of a recording."""
    overlap, distance = {}, {}
    for name, label in STRUCTURES.items():
        pairs = [(found[t] == label, recording.labels[t] == label) for t in recording.labelled]
        pairs = [(a, b) for a, b in pairs if b.any()]
        overlap[name] = float(np.mean([dice(a, b) for a, b in pairs])) if pairs else np.nan
        apart = [_apart(a, b, recording.pixel_mm) for a, b in pairs]
        distance[name] = float(np.nanmean(apart)) if np.isfinite(apart).any() else np.nan
    large = not bool((strays_mm(found, recording) <= LARGE_MM).all())
    changed = (found[1:] != found[:-1])[:, recording.sector]
    return RecordingScore(overlap, distance, float(changed.mean()), large, bends(found, recording.labels))


def bends(labels: U8, truth: U8) -> NDArray[np.float64]:
    """Second differences of the structures' areas, halved, as shares of the largest true area."""
    out = []
    for label in STRUCTURES.values():
        area = (labels == label).sum((1, 2)).astype(float)
        largest = max(float((truth == label).sum((1, 2)).max()), 1.0)
        out.append(np.abs(area[1:-1] - (area[:-2] + area[2:]) / 2) / largest)
    return np.stack(out)


def strays_mm(found: U8, recording: Recording) -> NDArray[np.float64]:
    """How far each frame (T,) is from the nearest labelled one: the worst structure, NaN if one is lost."""
    out = np.zeros(len(found))
    for t in range(len(found)):
        near = min(recording.labelled, key=lambda k: abs(k - t))
        apart = [
            _apart(found[t] == label, truth, recording.pixel_mm)
            for label in STRUCTURES.values()
            if (truth := recording.labels[near] == label).any()
        ]
        out[t] = max(apart) if apart and np.isfinite(apart).all() else np.nan
    return out


def _apart(a: NDArray[np.bool_], b: NDArray[np.bool_], pixel_mm: float) -> float:
    return boundary_distance(a, b, (pixel_mm, pixel_mm)).hausdorff_mm
