"""Real stacks with readers' contours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lvcine.training.labelled import LabelledStudy, studies_of
from lvcine.training.split import SUNNYBROOK, Split


def real_stacks(data: Path, split: Split = SUNNYBROOK) -> Iterator[LabelledStudy]:
    """The labelled studies in a folder that are for training or for choosing.

    Raises
    ------
    ReadError
        No such scans.
    """
    for study in studies_of(data):
        if study.name in (*split.training, *split.choosing):
            yield replace(study, name=f"{study.name}~SAX")
