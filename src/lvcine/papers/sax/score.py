"""A predicted ring against the true one, frame by frame, as in the paper's Table 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.measure.agreement import dice
from lvcine.measure.boundary import boundary_distance
from lvcine.study import U8


@dataclass(frozen=True)
class RingScore:
    """Of one frame; NaN where there is nothing to compare.

    Attributes
    ----------
    dice : float
        Of the myocardium; 0 where it was lost.
    hausdorff_mm : float
        The larger of the endo- and the epicardial one.
    average_mm : float
        Mean of the endo- and the epicardial average distance, automatic to manual.
    """

    dice: float
    hausdorff_mm: float
    average_mm: float


def ring_score(found: U8, truth: U8, spacing_mm: float, lost: float = 0.0) -> RingScore:
    """Score labels (Y, X) of one frame: 0 background, 1 cavity, 2 myocardium.

    ``lost`` true myocardium pixels lie outside of the picture and count as missed.

    Examples
    --------
    >>> ring = np.zeros((20, 20), np.uint8)
    >>> ring[4:16, 4:16], ring[7:13, 7:13] = 2, 1
    >>> ring_score(ring, ring, 1.0)
    RingScore(dice=1.0, hausdorff_mm=0.0, average_mm=0.0)
    """
    a, b = found == 2, truth == 2
    overlap = 2 * float((a & b).sum()) / (float(a.sum() + b.sum()) + lost) if lost else dice(a, b)
    spacing = (spacing_mm, spacing_mm)
    pairs = [boundary_distance(f, t, spacing) for f, t in ((found == 1, truth == 1), (found > 0, truth > 0))]
    return RingScore(
        overlap,
        float(np.max([p.hausdorff_mm for p in pairs])),
        float(np.mean([p.average_mm for p in pairs])),
    )
