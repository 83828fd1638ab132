"""Real stacks with readers' contours, also those of a review, and drawn cavities in made pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.localise import Window
from lvcine.localise.drawn import pixels_of
from lvcine.study import U8, Contour
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.study.reviewed import Reviewed
from lvcine.systems.sax.train.drawn_cavities import drawn_cavities
from lvcine.training.labelled import (
    ENDO_ONLY,
    SPACING_MM,
    UNLABELLED,
    LabelledStudy,
    as_grey,
    studies_of,
)
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


def reviewed_stacks(study: Reviewed) -> Iterator[LabelledStudy]:
    """The stack of a reviewed study, labelled where its contours count as read; nothing of another kind.

    Where a reader has no contour there is no ventricle; where she has the endocardium alone the wall is not
    known.
    """
    if study.clip or study.spacing_mm is None or not study.read.any():
        return
    step = tuple(SPACING_MM / mm for mm in study.spacing_mm)
    window = Window.whole(study.pixels.shape[2:], (step[0], step[1]), 1)
    labels = np.full((*study.read.shape, *window.shape), UNLABELLED, np.uint8)
    for z, t in np.argwhere(study.read):
        labels[z, t] = _labels(study.endo[z][t], study.epi[z][t], window)
    yield LabelledStudy(f"{study.subject}~SAX", as_grey(window.resample(study.pixels)), labels)


def _labels(endo: Contour | None, epi: Contour | None, window: Window) -> U8:
    labels = np.zeros(window.shape, np.uint8)
    for contour, number in ((epi, MYOCARDIUM), (endo, CAVITY)):
        if contour is not None:
            labels[pixels_of(Contour(window.to_window(contour.points)), window.shape)] = number
    return labels + np.uint8(ENDO_ONLY) if endo is not None and epi is None else labels
