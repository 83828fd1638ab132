"""How well the wall is found: Dice, sensitivity and positive predictive value, as the paper counts them."""

from __future__ import annotations

from dataclasses import dataclass

from lvcine.study import Bools


@dataclass(frozen=True)
class Overlap:
    """Of the wall, over all frames of some slices; nothing found is a Dice of 0.

    Attributes
    ----------
    dice, sensitivity, ppv : float
        ``ppv``: share of the found wall that is wall; 0 where none is found.
    """

    dice: float
    sensitivity: float
    ppv: float


def overlap_of(found: Bools, truth: Bools) -> Overlap:
    """Of masks of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> overlap_of(np.array([True, True, False]), np.array([True, False, True]))
    Overlap(dice=0.5, sensitivity=0.5, ppv=0.5)
    >>> overlap_of(np.zeros(3, bool), np.ones(3, bool)).ppv
    0.0
    """
    both, drawn, there = float((found & truth).sum()), float(found.sum()), float(truth.sum())
    dice = 2 * both / (drawn + there) if drawn + there else 1.0
    return Overlap(dice, both / there if there else 1.0, both / drawn if drawn else float(there == 0))
