"""Apical ultrasound against its tracings; :mod:`lvcine.read.datasets.echo_sets` has the layouts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from lvcine.errors import ReadError
from lvcine.evaluate.case import Case, Score
from lvcine.measure.agreement import dice
from lvcine.read.datasets.echo_sets import CamusView, EchonetVideo, camus_patients, echonet_videos, filled
from lvcine.study import CAVITY, LEFT_ATRIUM, MYOCARDIUM, Analysis, Study

_STRUCTURES = {"lv": CAVITY, "myocardium": MYOCARDIUM, "atrium": LEFT_ATRIUM}


def camus(folder: Path) -> Iterator[Case]:
    """A case for every patient: both views where both are there, scored on the first of them."""
    for views in camus_patients(folder):
        study = Study(tuple(view.cine for view in views))
        yield Case(views[0].subject, study, partial(_camus_scores, views[0]))


def echonet(folder: Path, split: str = "TEST") -> Iterator[Case]:
    """A case for every video of a split that has tracings."""
    for video in echonet_videos(folder, split):
        yield Case(video.name, video.path, partial(_echonet_scores, video))


def _camus_scores(view: CamusView, analysis: Analysis) -> Iterator[Score]:
    ours = analysis.segmentation.mask.labels[0]
    for frame, phase in enumerate(("ed", "es")):
        for name, label in _STRUCTURES.items():
            yield Score(f"dice_{name}_{phase}", dice(ours[frame] == label, view.labels[frame] == label))
    if view.ef_percent is not None:
        yield from _fraction(analysis, view.ef_percent)


def _fraction(analysis: Analysis, theirs: float) -> Iterator[Score]:
    yield Score("ef_percent_drawn", theirs)
    yield Score("ef_percent_difference", analysis.headline().get("ef_percent", float("nan")) - theirs)


def _echonet_scores(video: EchonetVideo, analysis: Analysis) -> Iterator[Score]:
    shape = analysis.cine.pixels.shape[2:]
    masks = {frame: filled(outline, shape) for frame, outline in video.outlines.items()}
    ed, es = max(masks, key=lambda t: masks[t].sum()), min(masks, key=lambda t: masks[t].sum())
    for phase, frame, ours in (
        ("ed", ed, [b.ed_frame for b in analysis.beats]),
        ("es", es, [b.es_frame for b in analysis.beats]),
    ):
        if frame >= analysis.cine.frames:
            raise ReadError(f"a tracing of frame {frame} in a video of {analysis.cine.frames}")
        cavity = analysis.segmentation.mask.labels[0, frame] == CAVITY
        yield Score(f"dice_lv_{phase}", dice(cavity, masks[frame] == CAVITY))
        nearest = min((t - frame for t in ours), key=abs, default=np.nan)
        yield Score(f"{phase}_frame_difference", float(nearest))
    yield from _fraction(analysis, video.ef_percent)
