"""One place for a study at a time: a process of its own, bounded, replaced where it dies."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from lvcine.cohorts.record import Record, failed
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import LvcineError
from lvcine.isolated import Child, ChildDiedError
from lvcine.pipeline.options import AnalyzeOptions

WORK = "lvcine.cohorts.work:measure"
_TRIES = 2  # of a study whose process was killed from outside


@dataclass(frozen=True)
class Limits:
    """What one study may take.

    Attributes
    ----------
    seconds : float
        Wall time.
    memory_gb : float
        Address space of its process.
    """

    seconds: float = 3600.0
    memory_gb: float = 12.0


class Slot:
    """A worker's process, which keeps its nets from study to study.

    Parameters
    ----------
    limits : Limits
    work : str
        ``module:function``, called with (study, options, folder) by name; returns a record.
    """

    def __init__(self, limits: Limits, work: str = WORK) -> None:
        self.limits, self.work = limits, work
        self._stopping = threading.Event()
        self._child = Child(preload=work.partition(":")[0], busy_s=0.0)

    def stopping(self) -> bool:
        """Whether the run ends: what the process has in hand is worth nothing then."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Let the process load its modules."""
        self._child.start()

    def stop(self) -> None:
        """End the process, whatever it has in hand."""
        self._stopping.set()
        self._child.stop()

    def measure(self, study: StudyRef, options: AnalyzeOptions, folder: str) -> Record:
        """The record of a study, whatever becomes of it.

        Raises
        ------
        LvcineError
            What is no study's fault: the disk refuses, no process can be started.
        """
        memory = int(self.limits.memory_gb * 2**30)
        arguments = {"study": study, "options": options, "folder": folder}
        for attempt in range(1, _TRIES + 1):
            try:
                # Answered once the modules are loaded: a process that has just begun has its whole time too.
                self._child.call("lvcine.isolated.watch:still_working", {}, memory=memory)
                found: Record = self._child.call(
                    self.work, arguments, memory=memory, seconds=self.limits.seconds
                )
                if found.peak_mb is not None and found.peak_mb > 512 * self.limits.memory_gb:
                    self._child.stop()  # half of what it may: the next study begins with a fresh one
                return found
            except ChildDiedError as death:
                if death.cause != "killed" or attempt == _TRIES or self.stopping():
                    return self._ended(study, death)
            except LvcineError:
                raise
            except Exception as error:  # nobody foresaw it; the process may be in any state
                self._child.stop()
                return failed(study, "error", f"unexpected {error}")
        raise AssertionError

    def _ended(self, study: StudyRef, death: ChildDiedError) -> Record:
        reasons = {
            "time": (
                f"takes more than {self.limits.seconds:g} s",
                "raise --time-limit, or give a part of it",
            ),
            "memory": (f"needs more than {self.limits.memory_gb:g} GB of memory", "raise --memory-limit"),
            "killed": (
                "its process was killed twice, by somebody or for want of memory",
                "use fewer workers",
            ),
            "crash": ("its process crashed", "measure it alone with lvcine analyze --verbose"),
        }
        return failed(study, death.cause, *reasons[death.cause])


def signed(record: Record, study: StudyRef) -> Record:
    """The record with the signature of the files that it was made from."""
    return replace(record, signature=study.signature())
