"""Real gated cines whose readers drew ED and ES."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.systems.frames.train.data import LabelledClip, cut_out
from lvcine.training.split import SUNNYBROOK, Split
from lvcine.training.sunnybrook import ENDO_ONLY, SPACING_MM, UNLABELLED, LabelledStudy, studies_of


def real_clips(data: Path, split: Split = SUNNYBROOK, side: str = "training") -> Iterator[LabelledClip]:
    """All labelled slices of the complete cines of ``side`` in a folder of labelled scans.

    Raises
    ------
    ReadError
        No such scans.
    SplitError
        A study that stands on no side.
    """
    for study in studies_of(data):
        if study.pixels.shape[1] > 2 and split.side(study.name) == side:  # stills of two phases show no beat
            yield from clips_of(study)


def clips_of(study: LabelledStudy) -> Iterator[LabelledClip]:
    """The slices of a study that have a cavity at ED and at ES."""
    ed, es = marked_frames(study.labels)
    for z, pixels in enumerate(study.pixels):
        if all((_cavity(study.labels[z, t])).any() for t in (ed, es)):
            yield cut_out(f"{study.name}~SAX{z}", pixels, True, [ed], [es], SPACING_MM)


def marked_frames(labels: NDArray[np.uint8]) -> tuple[int, int]:
    """ED and ES of a stack (Z, T, Y, X): of the frames with contours, those of the most and the least cavity.

    Compared over the slices that have a contour in all of these frames: readers draw fewer slices at ES.
    """
    cavity = _cavity(labels).sum((2, 3))
    drawn = cavity > 0
    # A frame in which a slice or two were drawn is a slip of the file's numbers, not a phase.
    phases = np.flatnonzero(drawn.sum(0) > 0.4 * drawn.sum(0).max())
    shared = drawn[:, phases].all(1)
    volume = cavity[shared][:, phases].sum(0)
    return int(phases[volume.argmax()]), int(phases[volume.argmin()])


def _cavity(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (labels != UNLABELLED) & (labels % ENDO_ONLY == 1)
