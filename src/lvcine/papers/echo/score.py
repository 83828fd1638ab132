"""What the paper's Table I counts: overlap, distance, flicker, large errors in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lvcine.measure.agreement import dice
from lvcine.measure.boundary import boundary_distance
from lvcine.papers.echo.recordings import Recording
from lvcine.study import CAVITY, LEFT_ATRIUM, MYOCARDIUM, U8, Array, Bools
from lvcine.training.items import subject_of

STRUCTURES = {"lv": CAVITY, "myocardium": MYOCARDIUM, "atrium": LEFT_ATRIUM}
LARGE_MM = 30.0
"""Hausdorff distance to the nearest labelled frame beyond which an error is a large temporal one; printed."""


@dataclass(frozen=True)
class Scored:
    """One recording by one row of the table.

    Attributes
    ----------
    row, subject : str
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

    row: str
    subject: str
    dice: dict[str, float]
    hausdorff_mm: dict[str, float]
    flicker: float
    large_error: bool
    bends: Array


def score(predicted: U8, recording: Recording, row: str = "") -> Scored:
    """Score labels (T, Y, X) of a recording."""
    overlap, distance = {}, {}
    for name, label in STRUCTURES.items():
        pairs = [(predicted[t] == label, recording.labels[t] == label) for t in recording.labelled]
        pairs = [(a, b) for a, b in pairs if b.any()]
        overlap[name] = float(np.mean([dice(a, b) for a, b in pairs])) if pairs else np.nan
        distances = [_hausdorff_mm(a, b, recording) for a, b in pairs]
        distance[name] = float(np.nanmean(distances)) if np.isfinite(distances).any() else np.nan
    large = not bool((temporal_errors_mm(predicted, recording) <= LARGE_MM).all())
    changed = (predicted[1:] != predicted[:-1])[:, recording.sector]
    return Scored(
        row, subject_of(recording.name), overlap, distance, float(changed.mean()), large,
        bends(predicted, recording.labels),
    )  # fmt: skip


def lines(scored: Scored) -> Iterator[dict[str, Any]]:
    """Of ``scores.csv``: one for each structure."""
    for name in STRUCTURES:
        yield {
            "row": scored.row, "subject": scored.subject, "structure": name, "dice": scored.dice[name],
            "hausdorff_mm": scored.hausdorff_mm[name], "flicker": scored.flicker,
            "large_error": int(scored.large_error),
        }  # fmt: skip


def bends(labels: U8, truth: U8) -> Array:
    """Second differences of the structures' areas, halved, as shares of the largest true area."""
    out = []
    for label in STRUCTURES.values():
        area = (labels == label).sum((1, 2)).astype(float)
        largest = max(float((truth == label).sum((1, 2)).max()), 1.0)
        out.append(np.abs(area[1:-1] - (area[:-2] + area[2:]) / 2) / largest)
    return np.stack(out)


def temporal_errors_mm(predicted: U8, recording: Recording) -> Array:
    """How far each frame (T,) is from the nearest labelled one: the worst structure, NaN if one is lost."""
    out = np.zeros(len(predicted))
    for t in range(len(predicted)):
        near = min(recording.labelled, key=lambda k: abs(k - t))
        distances = [
            _hausdorff_mm(predicted[t] == label, truth, recording)
            for label in STRUCTURES.values()
            if (truth := recording.labels[near] == label).any()
        ]
        out[t] = max(distances) if distances and np.isfinite(distances).all() else np.nan
    return out


def _hausdorff_mm(a: Bools, b: Bools, recording: Recording) -> float:
    return boundary_distance(a, b, (recording.pixel_mm, recording.pixel_mm)).hausdorff_mm
