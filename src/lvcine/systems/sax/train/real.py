"""Real stacks with readers' contours, and cavities that a reader drew, in made pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lvcine.systems.sax.train.drawn_cavities import drawn_cavities
from lvcine.training.labelled import LabelledStudy, studies_of
from lvcine.training.split import SUNNYBROOK, Split


def real_stacks(data: Path, split: Split = SUNNYBROOK) -> Iterator[LabelledStudy]:
    """The labelled studies in a folder that are for training or for choosing, and painted drawn cavities.

    Raises
    ------
    ReadError
        No such scans.
    """
    for study in studies_of(data):
        if study.name in (*split.training, *split.choosing):
            yield replace(study, name=f"{study.name}~SAX")
    yield from drawn_cavities(data)
