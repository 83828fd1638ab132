"""The bytes of a file, with one layer of compression or without, and memory taken only for what is there."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mmap
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lvcine.errors import ReadError
from lvcine.isolated import still_working

_OPENERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
DAMAGE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
"""What reading a damaged compressed stream raises."""


@dataclass(frozen=True)
class Limits:
    """How much an archive may grow into.

    Attributes
    ----------
    members : int
        Entries in all, those of nested archives included.
    total_bytes, member_bytes : int
        Inflated size of everything, and of one file.
    ratio : float
        Inflated bytes per byte read from the archive so far. Scans shrink 2 to 10 times;
        deflate reaches 1032, xz and bzip2 more.
    free_bytes : int
        The first bytes are not held against the ratio: a small archive of empty masks is harmless.
    depth : int
        Archives within archives; 1 = none inside.
    single_read : int
        Largest piece that a parser may ask for at once (zip directories, tar headers).
    """

    members: int = 30_000
    total_bytes: int = 16 << 30
    member_bytes: int = 4 << 30
    ratio: float = 100.0
    free_bytes: int = 64 << 20
    depth: int = 3
    single_read: int = 32 << 20


DEFAULT_LIMITS = Limits()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file in a refusal that does not say where."""
    try:
        yield
    except ReadError as error:
        error.where = error.where or path.name
        raise


def is_packed(head: bytes) -> bool:
    """Whether a file that starts with these bytes is one compressed stream."""
    return any(head.startswith(magic) for magic in _OPENERS)


def most_inflated(packed_bytes: int) -> int:
    """Bytes that a compressed file of this size may grow into.

    Examples
    --------
    >>> most_inflated(1 << 20) >> 20
    164
    """
    return DEFAULT_LIMITS.free_bytes + int(DEFAULT_LIMITS.ratio * packed_bytes)


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, without the one layer of compression that it may have.

    Raises
    ------
    ReadError
        When read on: it inflates to an absurd size.
    """
    raw = path.open("rb")
    head = raw.read(6)
    raw.seek(0)
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            return _Inflated(raw, opener(raw), path.name)  # type: ignore[return-value]
    return raw


@contextmanager
def mapped(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file for a parser that believes what the file says of lengths.

    An open file takes memory for as many bytes as are asked for, and only then looks how many there are.

    Raises
    ------
    ValueError
        The file is empty.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a"
    >>> _ = path.write_bytes(b"four")
    >>> with mapped(path) as content:
    ...     content.read(1 << 40)
    b'four'
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content  # type: ignore[misc]


class _Inflated(io.RawIOBase):
    """A compressed file's content, counted as it comes."""

    def __init__(self, raw: IO[bytes], stream: Any, where: str) -> None:
        self._raw, self._stream, self._where = raw, stream, where
        self._left = most_inflated(os.fstat(raw.fileno()).st_size)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = self._left + 1
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        still_working()
        if self._left < 0:
            raise ReadError(
                f"it inflates to more than {DEFAULT_LIMITS.ratio:g} times its size", where=self._where,
                advice="check where the file comes from; if you trust it, unpack it",
            )  # fmt: skip
        return data

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._raw.close()
        super().close()
