"""Decoding that survives its codecs: the fragile ones run in a child process.

A damaged JPEG stream can make a C++ codec abort, and the process with it (seen with gdcm on
single flipped bytes). The child takes the file's bytes on its standard input and gives the
pictures back on its standard output; if it dies, one file is unreadable and a new child takes
over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from lvcine.read.dicom_header import Header, UnusableError
from lvcine.read.dicom_pixels import FRAGILE, Pixels, check_syntax, decode

SECONDS = 120.0
"""For one file; a codec that takes longer is hung."""

_DEATHS = 5  # children lost in one study; then its codec is not trusted with more files


class Decoder:
    """Decodes frames of DICOM files, in this process or in a child.

    Use as a context manager, once per study: the child is started when first needed and serves
    all files.

    Parameters
    ----------
    tick : callable, optional
        Called with the number of pictures just decoded.
    command : sequence of str, optional
        What to run as the child.
    """

    def __init__(
        self,
        tick: Callable[[int], None] = lambda pictures: None,
        command: Sequence[str] = (sys.executable, "-m", "lvcine.read.decoder"),
    ) -> None:
        self.tick = tick
        self._command = list(command)
        self._child: subprocess.Popen[bytes] | None = None
        self._deaths = 0

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def frames(self, data: bytes, header: Header, wanted: Sequence[int]) -> list[Pixels]:
        """Grey pictures of the wanted frames, each (Y, X); see :func:`lvcine.read.dicom_pixels.decode`.

        Parameters
        ----------
        data : bytes
            The whole file.
        header : Header
            Of the same file.
        wanted : sequence of int
            Frame indices, ascending.

        Raises
        ------
        UnusableError
        """
        check_syntax(header)
        if header.syntax in FRAGILE:
            pixels = self._by_child(data, header, wanted)
        else:
            pixels = decode(data, header.syntax, wanted, header.path.name)
        self.tick(len(wanted))
        return pixels

    def _by_child(self, data: bytes, header: Header, wanted: Sequence[int]) -> list[Pixels]:
        if self._deaths >= _DEATHS:
            raise _undecodable(header)
        try:
            answer, content = self._ask({"syntax": header.syntax, "frames": list(wanted)}, data)
            if not answer["error"]:
                return list(np.frombuffer(content, answer["dtype"]).reshape(answer["shape"]))
        except (OSError, EOFError, ValueError) as error:
            self._deaths += 1
            self._stop()
            raise _undecodable(header) from error
        raise UnusableError(answer["error"], broken=True, where=header.path.name)

    def _ask(self, facts: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        child = self._child = self._child or _start(self._command)
        assert child.stdin is not None and child.stdout is not None  # both are pipes
        watch = threading.Timer(SECONDS, child.kill)
        watch.start()
        try:
            _send(child.stdin, facts, data)
            return _receive(child.stdout)
        finally:
            watch.cancel()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _undecodable(header: Header) -> UnusableError:
    return UnusableError("pixels cannot be decoded", broken=True, where=header.path.name)


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """The child, with this package on its path and its codecs' chatter thrown away."""
    here = str(Path(__file__).parents[2])
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )


def _send(pipe: IO[bytes], facts: dict[str, Any], content: bytes) -> None:
    pipe.write(json.dumps({**facts, "bytes": len(content)}).encode() + b"\n")
    pipe.write(content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    line = pipe.readline()
    if not line:
        raise EOFError
    facts = json.loads(line)
    content = pipe.read(facts["bytes"])
    if len(content) != facts["bytes"]:
        raise EOFError
    return facts, content


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """The child's life: decode what comes until the parent closes the pipe."""
    while True:
        try:
            asked, data = _receive(requests)
        except EOFError:
            return
        try:
            pixels = np.stack(decode(data, asked["syntax"], asked["frames"], ""))
            facts = {"error": "", "dtype": pixels.dtype.str, "shape": pixels.shape}
            _send(answers, facts, pixels.tobytes())
        except UnusableError as error:
            _send(answers, {"error": error.found}, b"")


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
