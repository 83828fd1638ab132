"""One study from its files to its results: what a worker's process runs."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lvcine.cohorts import record
from lvcine.cohorts.labels import quotes
from lvcine.cohorts.scan import name_words
from lvcine.cohorts.study_ref import StudyRef
from lvcine.cohorts.thumbnail import thumbnail
from lvcine.engine import keep_loaded
from lvcine.errors import FolderInUseError, LvcineError, UsageError, WeightsError
from lvcine.isolated import private_folder
from lvcine.pipeline.analyze import analyze, save
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.read.archive import unpacked
from lvcine.study import Analysis

_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EFBIG}

_BUSY_S = 60.0  # that another run may be in the folder: one that cleans up, or a worker that was given up

keep_loaded()  # this module is imported by a process that measures many studies


def measure(study: StudyRef, options: AnalyzeOptions, folder: str) -> record.Record:
    """Analyse a study and write its results into ``folder``, as ``lvcine analyze`` does.

    Raises
    ------
    UsageError, WeightsError
        The disk refuses, a net is missing: the cohort stops. What is wrong with the study itself becomes its
        record.
    MemoryError
    """
    start, worked = time.perf_counter(), time.process_time()
    _forget_peak()
    try:
        with _input(study) as path:
            chosen = replace(options, series=study.series or options.series, **study.facts)
            analysis = analyze(path, options=chosen)
        _check_label(study, analysis)
        _save(analysis, folder, chosen)
        found = record.done(study, analysis, thumbnail(analysis))
    except WeightsError:
        raise
    except LvcineError as error:
        if _of_the_disk(error):
            raise UsageError(
                error.found, where=error.where, advice="free space on the disk, then run again to go on"
            ) from error
        found = record.refused(study, error)
    took, worked = time.perf_counter() - start, time.process_time() - worked
    return replace(found, seconds=round(took, 3), processor_seconds=round(worked, 3), peak_mb=_peak_mb())


def _save(analysis: Analysis, folder: str, options: AnalyzeOptions) -> None:
    """Write the results once nobody else writes there: for a moment's wait no study is lost."""
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            save(analysis, folder, options)
            return
        except FolderInUseError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _of_the_disk(error: LvcineError) -> bool:
    """Whether a disk that refuses to write is behind an error."""
    return "could not be written" in error.found and getattr(error.__cause__, "errno", None) in _OF_THE_DISK


def _check_label(study: StudyRef, analysis: Analysis) -> None:
    who = analysis.study.identity
    if study.by != "list" and quotes(study.label, name_words(who.patient_id, who.name, who.birth_date)):
        raise UsageError(
            "its label would hold the patient's name", advice="give --labels hash, or a list with labels"
        )


@contextmanager
def _input(study: StudyRef) -> Iterator[Path]:
    """What is read: the study's path, or a private folder with its files alone."""
    if study.members:
        with unpacked(study.source) as folder:
            for member in folder.iterdir():
                if member.name not in study.members:
                    member.unlink()
            yield folder
        return
    if not study.files:
        yield Path(study.source)
        return
    with private_folder() as home:
        place = home / "study"
        place.mkdir()
        for number, file in enumerate(study.files):
            _bring(file, place / f"{number:06d}")
        yield place


def _bring(file: str, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:  # another disk, or one without links
        shutil.copyfile(file, to)


def _forget_peak() -> None:
    """Let the system count the largest memory from here on (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float | None:
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return round(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024, 1)
    return None
