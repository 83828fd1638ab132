"""The child's side: calls of functions by name, one after the other, until the parent ends."""

from __future__ import annotations

import contextlib
import importlib
import mmap
import os
import queue
import shutil
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any

from lvcine import errors
from lvcine.isolated import watch
from lvcine.isolated.wire import ALIVE, PROGRESS, REFUSAL, RESULT, receive, send


def main(preload: str, busy_s: str) -> None:
    """Serve requests on standard input, the module ``preload`` imported first.

    The working directory is the child's own. ``busy_s`` are the processor seconds that it may take without a
    step forward, as text; 0 for as long as it likes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between messages
    with open("board", "r+b") as file:
        board = mmap.mmap(file.fileno(), watch.NAME_BYTES)
    watch.begin(board, lambda: send(answers, ALIVE), float(busy_s))
    # pydicom brings it in where it is installed, and it opens a socket while it is imported.
    sys.modules["requests"] = None  # type: ignore[assignment]  # Python's own mark for "not to be found"
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    importlib.import_module(preload)
    while True:
        _serve(requests.get(), answers)


def _listen(pipe: IO[bytes], requests: queue.SimpleQueue[Any]) -> None:
    """Hand on what comes; when the parent is gone, however it went, leave nothing behind."""
    try:
        home = Path.cwd()  # now: who cleans up after a killed parent may have removed it by then
        with contextlib.suppress(EOFError, OSError):
            while True:
                requests.put(receive(pipe)[1])
        shutil.rmtree(home, ignore_errors=True)
    finally:
        signal.raise_signal(signal.SIGTERM)  # the whole process, whatever its other thread is in


def _serve(request: Any, answers: IO[bytes]) -> None:
    name, arguments, memory, wants_progress = request
    watch.limit_memory(memory)
    watch.still_working()
    if wants_progress:
        arguments = {**arguments, "progress": lambda *steps: send(answers, PROGRESS, steps)}
    module, _, function = name.partition(":")
    try:
        result = getattr(importlib.import_module(module), function)(**arguments)
        watch.still_working()
        send(answers, RESULT, result)
    except (BrokenPipeError, ConnectionError):
        signal.raise_signal(signal.SIGTERM)
    except BaseException as error:
        send(answers, REFUSAL, _described(error))
    finally:
        watch.rest()


def _described(error: BaseException) -> dict[str, str]:
    """An exception as text that the parent makes its own from."""
    if isinstance(error, MemoryError):
        return {"kind": "MemoryError", "file": watch.file_in_work()}
    if isinstance(error, errors.LvcineError):
        kind = next(c.__name__ for c in type(error).__mro__ if c.__module__ == errors.__name__)
        return {"kind": kind, "found": error.found, "where": error.where, "advice": error.advice}
    said = "".join(traceback.format_exception(error))
    return {"kind": "", "type": type(error).__name__, "text": str(error), "traceback": said}
