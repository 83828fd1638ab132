"""The parent's side: start a child, call functions in it, learn what its death was about."""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Literal

import lvcine
from lvcine import errors
from lvcine.isolated import watch
from lvcine.isolated.folder import private_folder
from lvcine.isolated.wire import ALIVE, PROGRESS, REFUSAL, REQUEST, RESULT, receive, send

SILENCE = 120.0
"""Seconds of wall time without a word from a child: its disk or its parser hangs."""

# The package is loaded from where the parent has it, and sys.path stays that of isolated mode, which
# knows neither the current directory nor PYTHONPATH.
_BOOT = """
import sys, importlib.util as util
here, run, *places = sys.argv[1:]
sys.path += [place for place in places if place not in sys.path]
spec = util.spec_from_file_location("lvcine", here + "/__init__.py", submodule_search_locations=[here])
sys.modules["lvcine"] = package = util.module_from_spec(spec)
spec.loader.exec_module(package)
module, function, *arguments = run.split(":")
import importlib
getattr(importlib.import_module(module), function)(*arguments)
"""


Cause = Literal["time", "memory", "killed", "crash"]


class ChildDiedError(Exception):
    """A child ended in the middle of a call.

    Attributes
    ----------
    working_on : str
        The file that it read then, empty where it had not begun with one.
    reason : str
        In words, for a message: ``stopped its parser``.
    cause : {"time", "memory", "killed", "crash"}
        A bound on time, a bound on memory, somebody else (or the system, out of memory), itself.
    """

    def __init__(self, working_on: str, reason: str, cause: Cause = "crash") -> None:
        super().__init__(reason)
        self.working_on, self.reason, self.cause = working_on, reason, cause


def start_python(run: str, folder: Path) -> subprocess.Popen[bytes]:
    """Run ``module:function[:argument]`` of lvcine in a new interpreter.

    Isolated mode (``-I``): neither the current directory, nor ``PYTHONPATH``, nor the user's own packages
    are searched, so that files that lie among a scan's images are never imported.

    Parameters
    ----------
    folder : Path
        Its working directory: an empty one.

    Raises
    ------
    LvcineError
        No Python can be started here.
    """
    places = [p for p in sys.path if os.path.isabs(p) and p.endswith(("site-packages", "dist-packages"))]
    command = [sys.executable, "-I", "-c", _BOOT, str(Path(lvcine.__file__).parent), run, *places]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **threads},
        )
    except OSError as error:
        raise errors.LvcineError(
            f"no process could be started to read the files in: {error.strerror}",
            advice="free memory or processes, or run lvcine with an ordinary Python",
        ) from error


class Child:
    """One child that serves calls; a new one is started where the last has died.

    Parameters
    ----------
    preload : str
        Module that it imports before the first call.
    busy_s : float
        Processor seconds without a step forward after which it is ended; 0 for no such bound.
    """

    def __init__(self, preload: str, *, busy_s: float = watch.SECONDS) -> None:
        self._preload, self._busy_s = preload, busy_s
        self._lock = threading.Lock()
        self._owner = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._stack = contextlib.ExitStack()

    def start(self) -> None:
        """Start it before it is needed: it loads its modules meanwhile."""
        if self._process is not None and self._owner == os.getpid():
            return
        self._stack = contextlib.ExitStack()  # after a fork the parent's child is not ours
        self.folder = self._stack.enter_context(private_folder())
        board = self.folder / "board"
        board.write_bytes(bytes(watch.NAME_BYTES))
        with board.open("r+b") as file:
            self._board = mmap.mmap(file.fileno(), watch.NAME_BYTES)
        self._process = start_python(
            f"lvcine.isolated.serve:main:{self._preload}:{self._busy_s}", self.folder
        )
        self._owner = os.getpid()

    def stop(self) -> None:
        """End the child and remove its folder."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            self._stack.close()

    def call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        memory: int,
        progress: Callable[..., None] | None = None,
        seconds: float | None = None,
    ) -> Any:
        """What ``module:function`` returns for these arguments.

        Parameters
        ----------
        arguments : mapping
            By name.
        memory : int
            Bytes of address space that the child may take.
        progress : callable, optional
            Passed on as ``progress``.
        seconds : float, optional
            Of wall time for the whole call; without it two minutes from one word to the next.

        Raises
        ------
        LvcineError
            What the function raised.
        ChildDiedError
            The child crashed, hung or took more memory or time than it may.
        """
        with self._lock:
            self.start()
            assert self._process is not None and self._process.stdin is not None
            until = None if seconds is None else time.monotonic() + seconds
            try:
                send(self._process.stdin, REQUEST, (function, dict(arguments), memory, progress is not None))
                return self._answer(progress, until)
            except (EOFError, OSError):
                raise self._death(until) from None
            except (errors.LvcineError, _UnforeseenError):
                raise
            except BaseException:  # Ctrl-C, or a progress function that raises: the call is not finished
                self.stop()
                raise

    def _answer(self, progress: Callable[..., None] | None, until: float | None) -> Any:
        assert self._process is not None and self._process.stdout is not None
        while True:
            patience = SILENCE if until is None else max(until - time.monotonic(), 0.0)
            kind, value = _within(patience, self._process, self._process.stdout)
            if kind == RESULT:
                return value
            if kind == PROGRESS and progress is not None:
                progress(*value)
            elif kind == REFUSAL:
                self._refuse(value)
            elif kind != ALIVE:
                raise EOFError

    def _refuse(self, said: Mapping[str, str]) -> None:
        if said["kind"] == "MemoryError":
            self.stop()  # what a parser leaves behind that ran out of memory is not to be relied on
            raise ChildDiedError(said["file"], "needs more memory than reading may take", "memory")
        if said["kind"]:
            error: type[errors.LvcineError] = getattr(errors, said["kind"])
            raise error(said["found"], where=said["where"], advice=said["advice"])
        unforeseen = _UnforeseenError(f"{said['type']}: {said['text']}")
        unforeseen.add_note(said["traceback"])
        raise unforeseen

    def _death(self, until: float | None) -> ChildDiedError:
        assert self._process is not None
        name = watch.named_on(self._board)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # its pipe closes a moment before it is gone
        code = self._process.poll()
        self.stop()
        if until is not None and time.monotonic() >= until:
            return ChildDiedError(name, "takes longer than it may", "time")
        return ChildDiedError(name, *_why(code))


class _UnforeseenError(Exception):
    """An exception in a child that is none of lvcine's own."""


def _within(seconds: float, process: subprocess.Popen[bytes], pipe: IO[bytes]) -> tuple[bytes, Any]:
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        return receive(pipe)
    finally:
        watchdog.cancel()


def _why(code: int | None) -> tuple[str, Cause]:
    """What the exit status of a child says."""
    if code == -getattr(signal, "SIGPROF", 0):
        return f"keeps the processor busy for more than {watch.SECONDS:g} s", "time"
    if code == -getattr(signal, "SIGKILL", 9):
        return "does not end, or takes all memory", "killed"
    return "makes its parser crash", "crash"
