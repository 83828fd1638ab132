"""How far indices lie from the truth: by frame, by subject, as the paper counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.lvquan_indices import AREAS, DIMENSIONS, THICKNESSES, systole_of_areas
from lvcine.study import Array, Bools

GROUPS = {"areas (mm2)": AREAS, "dimensions (mm)": DIMENSIONS, "wall thickness (mm)": THICKNESSES}
"""Over which the papers average."""


@dataclass(frozen=True)
class Scored:
    """One slice: found and true indices (T, 11) in mm2 and mm, NaN where not known, and the phases.

    ``systole`` and ``true_systole`` (T,): 1, 0, -1 not known; ``alone``: of each frame by itself, where
    ``systole`` is one stretch of the cycle.
    """

    subject: str
    kappa: int
    folds: int
    fold: int
    found: Array
    truth: Array
    systole: NDArray[np.int8]
    alone: NDArray[np.int8]
    true_systole: NDArray[np.int8]

    @property
    def known(self) -> Bools:
        return np.asarray(np.isfinite(self.truth).all(1))


def errors(scored: Sequence[Scored]) -> Array:
    """|found - truth| of every known frame, (N, 11).

    A frame of which the net predicted nothing is as wrong as the truth is large: a failure, no skipped case.
    """
    rows = [np.abs(np.nan_to_num(s.found) - s.truth)[s.known] for s in scored]
    return np.concatenate(rows)


def correlation(scored: Sequence[Scored], part: slice) -> tuple[float, float]:
    """PCC pooled over the frames of a fold, mean over the indices of ``part``; mean and SD over folds."""
    by_fold = []
    for fold in sorted({s.fold for s in scored}):
        mine = [s for s in scored if s.fold == fold]
        found, truth = (
            np.concatenate([np.nan_to_num(getattr(s, what))[s.known][:, part] for s in mine])
            for what in ("found", "truth")
        )
        by_fold.append(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(found.T, truth.T, strict=True)]))
    return float(np.mean(by_fold)), float(np.std(by_fold))


def within(scored: Sequence[Scored], part: slice) -> float:
    """PCC over the frames of a subject, mean over subjects: what a net that knows the size alone lacks."""
    found = []
    for s in scored:
        pairs = zip(s.found[s.known][:, part].T, s.truth[s.known][:, part].T, strict=True)
        found += [np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 0 and b.std() > 0]
    return float(np.mean(found)) if found else float("nan")


def phase_error(scored: Sequence[Scored], *, alone: bool = False) -> float:
    """Frames of the wrong phase in per cent of those whose phase is known; of each by itself if ``alone``."""
    wrong, known = 0, 0
    for s in scored:
        stated = s.true_systole >= 0
        wrong += int(((s.alone if alone else s.systole) != s.true_systole)[stated].sum())
        known += int(stated.sum())
    return 100.0 * wrong / known if known else float("nan")


def curve_error(scored: Sequence[Scored]) -> float:
    """As :func:`phase_error`, the phase read off the predicted cavity's course over the cycle."""
    read = [replace(s, systole=_by_curve(s)) for s in scored]
    return phase_error(read)


def _by_curve(s: Scored) -> NDArray[np.int8]:
    cavity = s.found[:, 0]
    if not np.isfinite(cavity).all():
        return np.full(len(cavity), -1, np.int8)  # nothing was predicted: wrong wherever the truth is known
    return systole_of_areas(cavity).astype(np.int8)


def subject_errors(scored: Sequence[Scored], part: slice) -> tuple[list[float], list[str]]:
    """Mean absolute error of every slice over ``part``, and whose it is: for intervals over subjects."""
    values = [float(errors([s])[:, part].mean()) for s in scored if s.known.any()]
    return values, [s.subject for s in scored if s.known.any()]
