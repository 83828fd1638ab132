"""Your own copy of CAMUS or EchoNet-Dynamic, or clips you reviewed, to go on training the ultrasound net."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lvcine.localise.drawn import labels_of
from lvcine.read import open_study
from lvcine.read.datasets.echo_sets import camus_patients, echonet_videos, filled
from lvcine.study.reviewed import PREFIX, Reviewed
from lvcine.systems.echo.recipe import VIEWS
from lvcine.systems.echo.train.data import LV_ONLY, UNTRACED, LabelledClip, clip_of

LONGEST = 64
"""Frames of a video that are kept, around its tracings."""
_AROUND = 4
"""Frames kept before the first and after the last one that was read."""


def real_clips(data: Path) -> Iterator[LabelledClip]:
    """The clips of a folder that is laid out as either data set.

    Raises
    ------
    ReadError
        A file of the data set is not there or does not fit the others.
    """
    return _from_echonet(data) if (data / "FileList.csv").is_file() else _from_camus(data)


def _from_camus(folder: Path) -> Iterator[LabelledClip]:
    """ED and ES of every view of every patient."""
    for views in camus_patients(folder):
        for view in views:
            yield clip_of(view.subject, view.cine.view.value, view.cine.pixels[0], view.labels)


def _from_echonet(folder: Path) -> Iterator[LabelledClip]:
    """Every video of the split TRAIN; only the ventricle is known, in two frames."""
    for video in echonet_videos(folder, "TRAIN"):
        pixels = open_study(video.path).cines[0].pixels[0].astype(np.uint8)
        labels = np.full(pixels.shape, UNTRACED, np.uint8)
        for frame, outline in video.outlines.items():
            labels[frame] = filled(outline, pixels.shape[1:]) + LV_ONLY
        first = max(0, min(min(video.outlines) - 4, len(pixels) - LONGEST))
        part = slice(first, first + LONGEST)
        yield clip_of(video.name, "A4C", pixels[part], labels[part])


def reviewed_clips(study: Reviewed) -> Iterator[LabelledClip]:
    """The clip of a reviewed study, labelled where its contours count as read; nothing of another kind.

    The endocardium is what a reader corrects; wall and atrium are the net's own drawing and no labels.
    Frames far from those that were read are left out, and so is a clip of an unknown view.
    """
    if not study.clip or study.view.value not in VIEWS or not study.read.any():
        return
    pixels = np.clip(study.pixels[0], 0, 255).astype(np.uint8)
    labels = np.full(pixels.shape[:3], UNTRACED, np.uint8)
    frames = np.flatnonzero(study.read[0])
    for t in frames:
        labels[t] = labels_of(study.endo[0][t], None, (labels.shape[1], labels.shape[2])) + LV_ONLY
    part = slice(max(0, int(frames[0]) - _AROUND), int(frames[-1]) + _AROUND + 1)
    yield clip_of(study.subject, study.view.value, pixels[part], labels[part])


def data_sets_of(subjects: Sequence[str]) -> str:
    """The data sets that subjects are from, by their names.

    Examples
    --------
    >>> data_sets_of(["0X1A05DFFFCAFB253B", "patient0007"])
    'CAMUS and EchoNet-Dynamic'
    >>> data_sets_of(["reviewed-4bc8f4ed5d20"])
    'clips corrected by readers'
    """
    reviewed = [name.startswith(PREFIX) for name in subjects]
    camus = [name.startswith("patient") for name in subjects]
    videos = len(subjects) - sum(reviewed) - sum(camus)
    named = (
        ("CAMUS", any(camus)),
        ("EchoNet-Dynamic", videos),
        ("clips corrected by readers", any(reviewed)),
    )
    return " and ".join(name for name, there in named if there)
