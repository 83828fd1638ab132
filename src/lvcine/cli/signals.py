"""Being asked to stop, by Ctrl-C, ``kill`` or a closed terminal: the run ends by way of its clean-up."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_SAME_WISH_S = 10.0  # whoever asks again while the clean-up runs would only spoil it


class Stopped(BaseException):
    """The process was asked to end.

    Attributes
    ----------
    exit_code : int
        128 and the signal's number, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def stoppable() -> Iterator[list[Stopped]]:
    """Turn signals that ask to stop into :class:`Stopped`, once; yields a list that it is noted in.

    A signal that was ignored at the start (``nohup``) stays ignored. The handlers of before come back at
    the end. Only the main thread of a process can do this; in another nothing happens.
    """
    asked: list[Stopped] = []
    since = 0.0

    def stop(number: int, frame: FrameType | None) -> NoReturn | None:
        nonlocal since
        if asked and time.monotonic() - since < _SAME_WISH_S:
            return None
        since = time.monotonic()
        asked.append(Stopped(number))
        raise asked[-1]

    names = ("SIGINT", "SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    handlers = {number: signal.getsignal(number) for number in numbers}
    before = {
        number: handler for number, handler in handlers.items() if handler not in (signal.SIG_IGN, None)
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
