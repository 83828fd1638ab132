"""The studies of a cohort on the workers of a Dask scheduler.

Dask carries the work. What is finished is known from the records on the disk alone, so a scheduler that is
killed costs what was in work then: the rest is handed out again.
"""

from __future__ import annotations

import io
import logging
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lvcine.cohorts.folder import CohortFolder
from lvcine.cohorts.record import Record, failed
from lvcine.cohorts.remote import Job, measure_there, packed
from lvcine.cohorts.slot import Limits, signed
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import LvcineError, UsageError
from lvcine.output import claim, old_results, writing
from lvcine.pipeline.options import AnalyzeOptions

_log = logging.getLogger(__name__)
_ANSWER_S = 30.0  # of a scheduler that is asked for the first time
_GONE_S = 900.0  # a scheduler that has answered once may be away so long
_AHEAD = 2  # studies in the scheduler's hands for each thread of a worker
_FEWEST = 4  # while no worker is there


def run_on_cluster(
    folder: CohortFolder,
    todo: Sequence[StudyRef],
    options: AnalyzeOptions,
    limits: Limits,
    *,
    address: str,
    done: Callable[[Record], None],
    work: str,
) -> None:
    """Hand studies to a scheduler until each has its record; ``done`` is called with each.

    A worker that sees the study and the cohort's folder works there; another one is sent the files, and what
    it sends back is written here.

    Raises
    ------
    UsageError
        Dask is not installed, no scheduler answers, a worker of another version, a disk that refuses.
    """
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "Dask distributed is not installed", advice="pip install 'lvcine[cluster]'"
        ) from error
    _Run(folder, options, limits, address, done, work, distributed).all(todo)


class _Run:
    """One run over a cluster: what is waiting, and how long nobody has answered."""

    def __init__(
        self,
        folder: CohortFolder,
        options: AnalyzeOptions,
        limits: Limits,
        address: str,
        done: Callable[[Record], None],
        work: str,
        dask: Any,
    ) -> None:
        self.folder, self.options, self.limits, self.address = folder, options, limits, address
        self.done, self.work, self.dask = done, work, dask
        self.to_send: set[str] = set()

    def all(self, todo: Sequence[StudyRef]) -> None:
        """Hand out what is left, again after each time that the scheduler was away."""
        left = {study.label: study for study in todo}
        answered, since = False, time.monotonic()
        while left:
            try:
                with self.dask.Client(self.address, timeout=_ANSWER_S, set_as_default=False) as client:
                    answered = True
                    before = len(left)
                    self._hand_out(client, left)
                    since = time.monotonic() if len(left) < before else since
            except (OSError, TimeoutError, self.dask.comm.CommClosedError) as error:
                if not answered:
                    raise UsageError(
                        f"no scheduler answers at {self.address}", advice="start one: dask scheduler"
                    ) from error
            if left:
                if time.monotonic() - since > _GONE_S:
                    raise LvcineError(
                        f"the scheduler has been away for {_GONE_S / 60:.0f} minutes",
                        advice="start it and run again to go on",
                    )
                _log.info("the scheduler was away: %d studies are handed out again", len(left))
                time.sleep(1.0)

    def _hand_out(self, client: Any, left: dict[str, StudyRef]) -> None:
        """Keep the workers busy until all is done or the scheduler goes away."""
        waiting = list(left.values())[::-1]
        running: dict[Any, StudyRef] = {}
        finished = self.dask.as_completed(loop=client.loop)
        try:
            self._submit(client, waiting, running, finished)
            for future in finished:
                study = running.pop(future)
                if future.status in ("cancelled", "lost"):
                    return
                if self._take(future, study):
                    del left[study.label]
                else:
                    self.to_send.add(study.label)
                    waiting.append(study)
                self._submit(client, waiting, running, finished)
        finally:
            client.cancel(list(running))

    def _submit(
        self, client: Any, waiting: list[StudyRef], running: dict[Any, StudyRef], finished: Any
    ) -> None:
        most = max(_FEWEST, _AHEAD * sum(client.nthreads().values()))
        while waiting and len(running) < most:
            study = waiting.pop()
            job = (
                client.scatter(self._job(study), hash=False)
                if study.label in self.to_send
                else self._job(study)
            )
            future = client.submit(measure_there, job, pure=False)
            running[future] = study
            finished.add(future)

    def _job(self, study: StudyRef) -> Job:
        files = _study_files(study) if study.label in self.to_send else None
        return Job(
            study,
            self.options,
            self.limits,
            self.work,
            os.path.realpath(self.folder.out),
            self.folder.token,
            files,
        )

    def _take(self, future: Any, study: StudyRef) -> bool:
        """Whether the study is finished; False where its worker does not see the files."""
        if future.status == "error":
            error = future.exception()
            if isinstance(error, LvcineError):
                raise error
            record = _lost(study, error, self.dask)
        else:
            answer = future.result()
            if answer.record is None:
                return False
            record = signed(answer.record, study)
            if study.label in self.to_send and record.status == "done":
                _write_results(self.folder.results(study.label), answer.results)
        self.folder.keep(record)
        self.done(record)
        return True


def _lost(study: StudyRef, error: BaseException, dask: Any) -> Record:
    """The record of a study whose workers ended under it, or in which nobody knows what happened."""
    if isinstance(error, dask.scheduler.KilledWorker):
        return failed(study, "killed", "its workers ended while they had it", "look at the workers' logs")
    return failed(study, "error", f"unexpected {type(error).__name__}: {error}")


def _study_files(study: StudyRef) -> bytes:
    source = Path(study.source)
    if study.files:
        return packed(source, [Path(file) for file in study.files])
    if source.is_file():
        return packed(source.parent, [source])
    return packed(source, sorted(path for path in source.rglob("*") if path.is_file()))


def _write_results(folder: Path, results: bytes) -> None:
    """What a worker has sent, put in place in one step."""
    with claim(folder, old_results()) as place, writing(place.out):
        with zipfile.ZipFile(io.BytesIO(results)) as archive:
            archive.extractall(place.new)
        place.commit()
