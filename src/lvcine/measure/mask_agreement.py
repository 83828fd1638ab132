"""Masks of one phase against a reader's: overlap, slices that one of them lacks, distances of the borders."""

from __future__ import annotations

import numpy as np

from lvcine.measure.agreement import dice
from lvcine.measure.boundary import boundary_distance
from lvcine.study import CAVITY, MYOCARDIUM, U8


def mask_agreement(ours: U8, theirs: U8, *, walled: bool | None = None) -> dict[str, float]:
    """Dice over all slices, and how many slices are false or lost.

    Parameters
    ----------
    ours, theirs : ndarray of uint8, shape (Z, Y, X)
        Labels of one phase on one grid.
    walled : bool, optional
        The reader drew myocardium; by default, where there is any in this phase.

    Returns
    -------
    dict
        ``dice3d_cavity``, ``dice3d_myocardium``; ``false_slices``: cavity of ours where the reader drew
        nothing; ``lost_slices``: none of ours where the reader drew one.

    Examples
    --------
    >>> drawn = np.zeros((2, 4, 4), np.uint8)
    >>> drawn[0, :2, :2] = CAVITY
    >>> mask_agreement(drawn, drawn)
    {'dice3d_cavity': 1.0, 'false_slices': 0.0, 'lost_slices': 0.0}
    """
    walled = bool((theirs == MYOCARDIUM).any()) if walled is None else walled
    drawn = {"cavity": CAVITY} | ({"myocardium": MYOCARDIUM} if walled else {})
    found = {f"dice3d_{name}": dice(ours == label, theirs == label) for name, label in drawn.items()}
    reference, cavity = (theirs > 0).any(axis=(1, 2)), (theirs == CAVITY).any(axis=(1, 2))
    mine = (ours == CAVITY).any(axis=(1, 2))
    return found | {
        "false_slices": float((mine & ~reference).sum()),
        "lost_slices": float((cavity & ~mine).sum()),
    }


def border_distances(ours: U8, theirs: U8, spacing_mm: tuple[float, float]) -> dict[str, float]:
    """Hausdorff distance and mean distance from our border to theirs, mm; means over the slices both drew.

    Of the endocardium (the cavity) and, where the reader drew myocardium, of the epicardium (both labels).
    """
    found: dict[str, float] = {}
    borders = [("endo", lambda m: m == CAVITY)]
    if (theirs == MYOCARDIUM).any():
        borders.append(("epi", lambda m: m > 0))
    for name, mask in borders:
        both = [(mask(a), mask(b)) for a, b in zip(ours, theirs, strict=True)]
        distances = [boundary_distance(a, b, spacing_mm) for a, b in both if a.any() and b.any()]
        for figure in ("hausdorff_mm", "average_mm"):
            values = [getattr(d, figure) for d in distances]
            found[f"{name}_{figure}"] = float(np.mean(values)) if values else float("nan")
    return found
