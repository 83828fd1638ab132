"""The studies of a cohort on this machine: so many processes side by side, one study each at a time."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from lvcine.cohorts.folder import CohortFolder
from lvcine.cohorts.record import Record
from lvcine.cohorts.slot import WORK, Limits, Slot, signed
from lvcine.cohorts.study_ref import StudyRef
from lvcine.pipeline.options import AnalyzeOptions

Done = Callable[[Record], None]


def run_here(
    folder: CohortFolder,
    todo: Iterable[StudyRef],
    options: AnalyzeOptions,
    limits: Limits,
    *,
    workers: int,
    done: Done,
    work: str = WORK,
) -> None:
    """Measure studies, each in a process of its own; ``done`` is called with each record once it is kept.

    When the call is left by an exception, Ctrl-C among them, the processes are ended; what they had in hand
    is undone.

    Raises
    ------
    LvcineError
        The disk refuses, no process can be started.
    """
    waiting: queue.SimpleQueue[StudyRef | None] = queue.SimpleQueue()
    for study in todo:
        waiting.put(study)
    answers: queue.SimpleQueue[Record | BaseException | None] = queue.SimpleQueue()
    with _slots(workers, limits, work) as slots:
        threads = [
            threading.Thread(target=_serve, args=(slot, folder, options, waiting, answers), daemon=True)
            for slot in slots
        ]
        for thread in threads:
            waiting.put(None)
            thread.start()
        left = len(threads)
        while left:
            answer = answers.get()
            if answer is None:
                left -= 1
            elif isinstance(answer, BaseException):
                raise answer
            else:
                done(answer)


def _serve(
    slot: Slot,
    folder: CohortFolder,
    options: AnalyzeOptions,
    waiting: queue.SimpleQueue[StudyRef | None],
    answers: queue.SimpleQueue[Record | BaseException | None],
) -> None:
    """One thread: study after study through one slot."""
    try:
        while not slot.stopping() and (study := waiting.get()) is not None:
            record = measured(slot, folder, study, options)
            if slot.stopping():
                return
            folder.keep(record)
            answers.put(record)
        answers.put(None)
    except BaseException as error:
        answers.put(error)


def measured(slot: Slot, folder: CohortFolder, study: StudyRef, options: AnalyzeOptions) -> Record:
    """A study through a slot; results of a study that failed after they were written are removed."""
    record = slot.measure(study, options, str(folder.results(study.label)))
    if record.status != "done" and not slot.stopping():
        folder.clear(study.label)
    return signed(record, study)


@contextmanager
def _slots(count: int, limits: Limits, work: str) -> Iterator[list[Slot]]:
    slots = [Slot(limits, work) for _ in range(count)]
    try:
        for slot in slots:
            slot.start()
        yield slots
    finally:
        for slot in slots:
            with contextlib.suppress(Exception):
                slot.stop()
