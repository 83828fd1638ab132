"""ED and ES of whatever beats in a source, from the pixels alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Unpack

from lvcine.errors import MeasureError, NotACineError
from lvcine.pipeline.choose import cine_left_out, said_apical, sound_stack
from lvcine.pipeline.keywords import Keywords, options_of, with_keywords
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.source import Source, open_source
from lvcine.study import Cine
from lvcine.study.progress import Progress, Stages
from lvcine.systems.frames.infer import LEAST, FramesResult, find_frames


@dataclass(frozen=True)
class CineFrames:
    """A cine and what was found in it."""

    cine: Cine
    result: FramesResult


@with_keywords
def frames(
    source: Source,
    *,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
    **keywords: Unpack[Keywords],
) -> tuple[CineFrames, ...]:
    """ED and ES of every cine of a source, whatever its view.

    Parameters
    ----------
    source : path, ndarray or Study
        As in :func:`lvcine.analyze`.
    options : AnalyzeOptions, optional
        Of these ``read``, ``series``, ``engine``, ``threads`` and ``weights`` count.
    progress : callable, optional
        Called with (stage, steps done, steps in all).
    **keywords
        Options of the command under their names there, over ``options``.

    Returns
    -------
    tuple of CineFrames
        One for each cine of four frames or more.

    Raises
    ------
    UsageError, ReadError
        As in :func:`lvcine.analyze`.
    NotACineError
        No cine has that many frames.
    MeasureError
        The only such cine is a gated short-axis stack that does not beat as one
        (:func:`lvcine.quality.require_one_beat`).
    """
    chosen = options_of(options, keywords)
    stages = Stages(progress)
    with stages("read") as steps:
        study = open_source(source, chosen, steps)
    long_enough = [said_apical(c) for c in study.cines if c.frames >= LEAST]
    if not long_enough:
        labels = ", ".join(f"{c.label}: {c.frames}" for c in study.cines)
        raise NotACineError(
            f"no cine of {LEAST} frames or more ({labels})", advice="give a cine of one beat or of several"
        )
    found: list[CineFrames] = []
    refused: list[MeasureError] = []
    with stages("frames") as steps:
        for done, cine in enumerate(long_enough, 1):
            try:
                doubted = sound_stack(cine, gated=chosen.read.gated is True)
            except MeasureError as error:  # one of several
                refused.append(error)
            else:
                found.append(CineFrames(doubted, find_frames(doubted, chosen.runtime)))
            steps(done, len(long_enough))
    if not found:
        raise refused[0]
    left_out = map(cine_left_out, refused)
    return (replace(found[0], cine=found[0].cine.with_findings(*left_out)), *found[1:])
