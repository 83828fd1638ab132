"""Processes that work for a run: they import lvcine's own modules only, and end when it does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from typing import Any


@contextmanager
def processes(count: int) -> Iterator[Callable[..., Future[Any]]]:
    """Start as many processes as there is work for, up to ``count``.

    Yields
    ------
    callable
        ``submit(function, *arguments)``.

    Notes
    -----
    Spawned, not forked: the caller's threads (the bar's, the net's) must not be copied half-way. When the
    block is left by an exception, or the run is killed, they end at once, whatever they have in hand.
    """
    alive, end = Pipe(duplex=False)
    with alive, end, _own_imports_only():
        with ProcessPoolExecutor(count, get_context("spawn"), _begin, (alive,)) as pool:

            def submit(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
                with _ctrl_c_waits():
                    return pool.submit(work, *arguments)

            try:
                yield submit
            except BaseException:
                end.close()
                raise


def _begin(alive: Connection) -> None:
    """Ctrl-C is for the run; a process ends when that closes the pipe, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_run, args=(alive,), daemon=True).start()


def _end_with_run(alive: Connection) -> None:
    wait([alive])
    signal.raise_signal(signal.SIGTERM)


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """A process that is just starting would answer it with a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _own_imports_only() -> Iterator[None]:
    """Python processes that start now import nothing from the folder they are started in."""
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ours = {
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(place for place in places if os.path.isabs(place)),
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
