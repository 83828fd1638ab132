"""A film from a pipe, decoded in a process of its own: its codecs are native code that damage can crash."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO

from lvcine.errors import ReadError
from lvcine.isolated import private_folder, start_python, watch, wire
from lvcine.study import U8

_CHUNK = 1 << 16
_MEMORY = 2 << 30
_DAMAGED = "the stream makes its decoder crash, or takes too much memory or time"

_FRAME, _END = b"f", b"z"


def piped_frames(raw: BinaryIO) -> Iterator[tuple[U8, float | None]]:
    """Grey frames of a film as it comes; see :func:`lvcine.read.video.film_frames`.

    Parameters
    ----------
    raw : binary file
        A pipe, read forwards only.

    Raises
    ------
    ReadError
        Not a film of a kind that is read, damaged, or its decoder died.
    """
    with private_folder() as folder:
        child = start_python("lvcine.read.video_pipe:decode", folder)
        assert child.stdin is not None and child.stdout is not None
        threading.Thread(target=_feed, args=(_reader(raw), child.stdin), daemon=True).start()
        try:
            while True:
                try:
                    kind, value = wire.receive(child.stdout)
                except (EOFError, OSError):
                    raise ReadError(_DAMAGED, advice="check what is piped in") from None
                if kind == _END:
                    return
                if kind == wire.REFUSAL:
                    raise ReadError(value["found"], advice=value["advice"])
                yield value
        finally:
            child.kill()
            child.wait()
            child.stdout.close()


def _reader(raw: BinaryIO) -> Callable[[], bytes]:
    """What gives the next bytes as soon as there are any."""
    try:
        number = raw.fileno()
    except (OSError, AttributeError, io.UnsupportedOperation):
        return lambda: raw.read(_CHUNK)
    return lambda: os.read(number, _CHUNK)  # not by the buffer, whose lock would outlive the program


def _feed(read: Callable[[], bytes], pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := read():
            pipe.write(data)
            pipe.flush()
    with contextlib.suppress(OSError):
        pipe.close()


def decode() -> None:
    """The child: a film on standard input, its frames on standard output."""
    from lvcine.read.video import film_frames

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    watch.limit_memory(_MEMORY)
    watch.begin_alone()
    try:
        for frame in film_frames(sys.stdin.buffer):
            watch.still_working()
            wire.send(answers, _FRAME, frame)
        wire.send(answers, _END)
    except ReadError as error:
        wire.send(answers, wire.REFUSAL, {"found": error.found, "advice": error.advice})
