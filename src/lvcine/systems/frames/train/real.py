"""Real gated cines whose readers drew ED and ES."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lvcine.systems.frames.train.data import LabelledClip, cut_out
from lvcine.training.labelled import SPACING_MM, LabelledStudy, cavity, marked_frames, studies_of
from lvcine.training.split import SUNNYBROOK, Split


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
        if all(cavity(study.labels[z, t]).any() for t in (ed, es)):
            yield cut_out(f"{study.name}~SAX{z}", pixels, True, [ed], [es], SPACING_MM)
