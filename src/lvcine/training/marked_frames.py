"""ED and ES of a labelled stack, as its reader's contours have them."""

from __future__ import annotations

import numpy as np

from lvcine.study import U8, Bools
from lvcine.training.labelled import ENDO_ONLY, UNLABELLED


def marked_frames(labels: U8) -> tuple[int, int]:
    """ED and ES of a stack (Z, T, Y, X): of the frames with contours, those of the most and the least cavity.

    Compared over the slices that have a contour in all of these frames: readers draw fewer slices at ES.
    """
    areas = cavity(labels).sum((2, 3))
    drawn = areas > 0
    # A frame in which a slice or two were drawn is a slip of the file's numbers, not a phase.
    phases = np.flatnonzero(drawn.sum(0) > 0.4 * drawn.sum(0).max())
    shared = drawn[:, phases].all(1)
    volume = areas[shared][:, phases].sum(0)
    return int(phases[volume.argmax()]), int(phases[volume.argmin()])


def cavity(labels: U8) -> Bools:
    """Where the cavity was drawn, of labels with the codes of a labelled study."""
    return (labels != UNLABELLED) & (labels % ENDO_ONLY == 1)
