"""What a Dask worker does with one study: measure it where it lies, or from files that it was sent."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import lvcine
from lvcine.cohorts.find import SETTING
from lvcine.cohorts.folder import CohortFolder
from lvcine.cohorts.record import Record
from lvcine.cohorts.slot import Limits, Slot, signed
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import UsageError
from lvcine.isolated import private_folder
from lvcine.pipeline.options import AnalyzeOptions

_PATIENCE_S = 5.0  # for the record of a study that another worker has just finished
_mine = threading.local()


@dataclass(frozen=True)
class Job:
    """One study for a worker.

    Attributes
    ----------
    study, options, limits, work
        As for :class:`lvcine.cohorts.slot.Slot`.
    out, token : str
        The cohort's folder, and what its setting holds: a worker that reads the same sees the same disk.
    files : bytes or None
        The study's files as a zip archive; None: the worker is to find them.
    version : str
    """

    study: StudyRef
    options: AnalyzeOptions
    limits: Limits
    work: str
    out: str
    token: str
    files: bytes | None = None
    version: str = lvcine.__version__


@dataclass(frozen=True)
class Answer:
    """What comes back: no record where the worker does not see the files; results where it was sent them."""

    record: Record | None
    results: bytes = b""


def measure_there(job: Job) -> Answer:
    """Measure a study in a worker's thread, in a process of the thread's own.

    Raises
    ------
    UsageError
        Another version of lvcine; a disk that refuses.
    """
    if job.version != lvcine.__version__:
        raise UsageError(
            f"a worker has lvcine {lvcine.__version__}, not {job.version}",
            advice="install the same on all workers",
        )
    if job.files is not None:
        return _from_files(job, job.files)
    if not _sees(job):
        return Answer(None)
    return Answer(_in_place(job))


def _sees(job: Job) -> bool:
    """Whether the study and the cohort's folder are on a disk of this machine too."""
    try:
        setting = json.loads((Path(job.out) / SETTING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = job.study.files[:1] or (job.study.source,)
    return setting.get("token") == job.token and all(os.path.exists(path) for path in wanted)


def _in_place(job: Job) -> Record:
    """Results and record are written here; what an earlier try has finished is taken as it is."""
    folder, label = CohortFolder(Path(job.out), Path(job.out), job.token), job.study.label
    if (known := folder.record(label)) is not None:
        return known
    folder.clear(label)
    record = _measured(job, folder)
    if record.status == "refused" and record.kind == "UsageError" and folder.results(label).exists():
        # A worker that was given up for lost has written there. Its record may be on the way; if it is not,
        # it is lost indeed.
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if (known := folder.record(label)) is not None:
                return known
            time.sleep(0.1)
        folder.clear(label)
        record = _measured(job, folder)
    folder.keep(record)
    return record


def _measured(job: Job, folder: CohortFolder) -> Record:
    study = job.study
    return signed(_slot(job).measure(study, job.options, str(folder.results(study.label))), study)


def _from_files(job: Job, files: bytes) -> Answer:
    with private_folder() as home:
        place = home / "study"
        with zipfile.ZipFile(io.BytesIO(files)) as archive:
            archive.extractall(place)
        inside = list(place.iterdir())
        single = len(inside) == 1 and inside[0].is_file() and not job.study.files
        study = replace(job.study, source=str(inside[0] if single else place), files=())
        results = home / "results"
        record = _slot(job).measure(study, job.options, str(results))
        return Answer(record, packed(results, [p for p in results.rglob("*") if p.is_file()]))


def _slot(job: Job) -> Slot:
    """The process of this thread of the worker; another one where the limits are others."""
    slot: Slot | None = getattr(_mine, "slot", None)
    if slot is None or (slot.limits, slot.work) != (job.limits, job.work):
        if slot is not None:
            slot.stop()
        _mine.slot = slot = Slot(job.limits, job.work)
    return slot


def packed(top: Path, files: list[Path]) -> bytes:
    """Files as a zip archive in memory, named as they lie below ``top``, by numbers where elsewhere."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        for number, file in enumerate(files):
            name = file.relative_to(top).as_posix() if file.is_relative_to(top) else f"{number:06d}"
            archive.write(file, name)
    return memory.getvalue()
