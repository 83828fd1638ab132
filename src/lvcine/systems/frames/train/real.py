"""Real gated cines whose readers drew ED and ES: the subjects of the split's training side, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.systems.frames.train.data import LabelledClip, cut_out
from lvcine.training.split import SUNNYBROOK, Split
from lvcine.training.sunnybrook import ENDO_ONLY, SPACING_MM, UNLABELLED, LabelledStudy, load


def real_cines(pack: Path, split: Split = SUNNYBROOK, side: str = "training") -> list[LabelledClip]:
    """All labelled slices of the studies of a pack (:mod:`lvcine.training.sunnybrook`) that stand on ``side``.

    Raises
    ------
    ReadError
        No such pack.
    SplitError
        A study that stands on no side.
    """
    studies = [study for study in load(pack) if split.side(study.name) == side]
    return [clip for study in studies for clip in _clips(study)]


def subject_of(clip: LabelledClip) -> str:
    """The subject of a real cine."""
    return clip.name.rpartition("-SAX")[0]


def _clips(study: LabelledStudy) -> Iterator[LabelledClip]:
    ed, es = marked_frames(study.labels)
    for z, pixels in enumerate(study.pixels):
        if all((_cavity(study.labels[z, t])).any() for t in (ed, es)):
            yield cut_out(f"{study.name}-SAX{z}", pixels, True, [ed], [es], SPACING_MM)


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
