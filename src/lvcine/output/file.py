"""One file, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from lvcine.errors import UsageError
from lvcine.output.lock import let_go, take, writing
from lvcine.output.own import STAGE_PREFIX
from lvcine.output.stage import real


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing: who looks sees the old one or, after the ``with`` block, the new one.

    Parameters
    ----------
    path : Path
        A link is followed; what is no file (``/dev/stdout``) is written to as it is.

    Raises
    ------
    UsageError
        The disk refuses, or another run is writing it.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> with whole(path) as stream:
    ...     _ = stream.write(b"a,b")
    >>> path.read_text(), len(list(path.parent.iterdir()))
    ('a,b', 1)
    """
    path = real(path)
    with writing(path, path.name):
        if _is_device(path):
            with path.open("wb") as stream:
                yield stream
            return
        part = path.with_name(f"{STAGE_PREFIX}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}.part")
        lock = take(part, path.name)
        done = False
        try:
            os.ftruncate(lock, 0)  # what a killed run left
            with open(lock, "wb", closefd=False) as stream:
                yield stream
            os.fsync(lock)
            done = True
        finally:
            let_go(lock, lambda: os.replace(part, path) if done else part.unlink())


@contextmanager
def whole_text(path: Path) -> Iterator[TextIO]:
    """As :func:`whole`, for text: UTF-8, line ends as they are written."""
    with whole(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    r"""Rows as the text of a CSV file; a cell of None is empty.

    Examples
    --------
    >>> csv_text([("a", "b"), (1, None)])
    'a,b\n1,\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def write_whole(path: Path, content: bytes | str) -> Path:
    """Write a file as :func:`whole` does; text as UTF-8, its line ends as they are."""
    with whole(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
    return path


def check_file(path: Path, source: Path | None = None, begins: bytes | None = None) -> None:
    """Refuse a place for a file before the work, rather than after it.

    Parameters
    ----------
    source : Path, optional
        What is read: it is never replaced, nor a file that lies in it, unless that ``begins`` as the new
        one will.

    Raises
    ------
    UsageError
        No such folder, a folder of that name, no right to write, or the input itself.
    """
    path = real(path)
    with writing(path, path.name):
        if path.is_dir():
            raise UsageError("a folder, not a file", where=path.name, advice="name a file")
        if not path.parent.is_dir():
            raise UsageError("no such folder", where=path.parent.name, advice="make it first")
        if _is_device(path):
            return
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise UsageError("the folder cannot be written to", where=path.parent.name, advice="name another")
        if source is not None and path.exists() and _is_input(path, real(source), begins):
            raise UsageError(f"{path.name} is part of the input", advice="name another file")


def _is_input(path: Path, source: Path, begins: bytes | None) -> bool:
    if source.exists() and os.path.samefile(path, source):
        return True
    if not path.is_relative_to(source):
        return False
    with path.open("rb") as stream:
        return begins is None or stream.read(len(begins)) != begins


def _is_device(path: Path) -> bool:
    return path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir()
