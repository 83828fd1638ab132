"""ED and ES of whatever beats in a source, from the pixels alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lvcine.errors import NotACineError
from lvcine.pipeline.analyze import Source
from lvcine.pipeline.choose import said_apical
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read import open_study
from lvcine.study import Cine, Study
from lvcine.study.progress import Progress
from lvcine.systems.frames.infer import LEAST, FramesResult, find_frames


@dataclass(frozen=True)
class CineFrames:
    """A cine and what was found in it."""

    cine: Cine
    result: FramesResult


def frames(
    source: Source,
    *,
    options: AnalyzeOptions | None = None,
    progress: Progress | None = None,
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
    """
    chosen = options or AnalyzeOptions()
    told = progress or (lambda stage, done, total: None)
    study = source if isinstance(source, Study) else _read(source, chosen, told)
    long_enough = [said_apical(c) for c in study.cines if c.frames >= LEAST]
    if not long_enough:
        labels = ", ".join(f"{c.label}: {c.frames}" for c in study.cines)
        raise NotACineError(
            f"no cine of {LEAST} frames or more ({labels})", advice="give a cine of one beat or of several"
        )
    found = []
    for done, cine in enumerate(long_enough):
        told("frames", done, len(long_enough))
        result = find_frames(cine, engine=chosen.engine, threads=chosen.threads, weights=chosen.weights)
        found.append(CineFrames(cine, result))
    told("frames", len(long_enough), len(long_enough))
    return tuple(found)


def _read(source: Source, options: AnalyzeOptions, told: Progress) -> Study:
    assert not isinstance(source, Study)
    path = Path(source) if isinstance(source, str) else source
    return open_study(
        path, options.read, series=options.series, progress=lambda done, total: told("read", done, total)
    )
