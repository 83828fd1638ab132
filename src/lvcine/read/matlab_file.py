"""The numbers in a MATLAB file (5 to 7.2), every byte of it checked before it is believed.

SciPy's parser is native code, and one changed byte in a file can make it end the process; of what it reads
only arrays of numbers are wanted here. Layout: "MAT-File Format", The MathWorks (R2023b), chapter 1.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.isolated import still_working
from lvcine.read.packed import most_inflated

_HEADER_BYTES = 128
_HEAD_BYTES = 1024  # of a variable: its class, its shape and its name lie in far less
_MOST_VARIABLES = 10_000
_MATRIX, _COMPRESSED, _INT8, _INT32, _UINT32 = 14, 15, 1, 5, 6
_NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"
}  # fmt: skip
_CLASSES_OF_NUMBERS = range(6, 16)
_COMPLEX = 0x0800


@dataclass(frozen=True)
class _Variable:
    """Where a variable lies, and what its head says."""

    at: int
    size: int
    packed: bool
    of_numbers: bool
    shape: tuple[int, ...]
    data_at: int


class MatlabFile:
    """The variables of a file.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    shapes : dict of str to tuple of int
        Of every array, by its name.

    Raises
    ------
    ReadError
        MATLAB 7.3 (HDF5), damaged.

    Examples
    --------
    >>> import tempfile
    >>> from scipy.io import savemat
    >>> path = Path(tempfile.mkdtemp()) / "a.mat"
    >>> savemat(path, {"a": np.arange(6).reshape(2, 3), "b": "text"}, do_compression=True)
    >>> file = MatlabFile(path)
    >>> file.shapes["a"], file.numbers("a").tolist()
    ((2, 3), [[0, 1, 2], [3, 4, 5]])
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                self._order = _byte_order(file.read(_HEADER_BYTES))
                self._variables = dict(self._found(file))
        except (struct.error, zlib.error, ValueError) as error:
            raise _damaged() from error
        self.shapes = {name: variable.shape for name, variable in self._variables.items()}

    def holds_numbers(self, name: str) -> bool:
        """Whether an array is one of real numbers."""
        return self._variables[name].of_numbers

    def numbers(self, name: str) -> NDArray[Any]:
        """The values of an array, in the type in which they are stored.

        Raises
        ------
        ReadError
            No real numbers, cut off, damaged, inflating to an absurd size.
        """
        variable = self._variables[name]
        if not variable.of_numbers:
            raise ReadError(f"{name} is of another type than real numbers", advice="give numbers")
        try:
            with self._path.open("rb") as file:
                return self._values(self._content(file, variable), variable)
        except (struct.error, zlib.error, ValueError) as error:
            raise _damaged() from error

    def _found(self, file: IO[bytes]) -> Iterator[tuple[str, _Variable]]:
        """Every array with its name; what else is in the file is passed over."""
        at, end = _HEADER_BYTES, file.seek(0, os.SEEK_END)
        for _ in range(_MOST_VARIABLES):
            still_working()
            file.seek(at)
            tag = file.read(8)
            if not tag:
                return
            kind, size = struct.unpack(f"{self._order}II", tag)
            if at + 8 + size > end:
                raise ValueError("cut off")
            if kind in (_MATRIX, _COMPRESSED):
                head = file.read(min(size, _HEAD_BYTES))
                if kind == _COMPRESSED:
                    head = zlib.decompressobj().decompress(head, _HEAD_BYTES)[8:]
                yield self._described(head, at + 8, size, kind == _COMPRESSED)
            at += 8 + size
        raise ReadError("a MATLAB file of absurdly many variables", advice="give the pictures alone")

    def _described(self, head: bytes, at: int, size: int, packed: bool) -> tuple[str, _Variable]:
        """Name and place of a variable whose content begins so."""
        flags, after = self._part(head, 0, _UINT32)
        said = struct.unpack(f"{self._order}I", flags[:4])[0]
        if (said & 0xFF) not in (
            *range(1, 6),
            *_CLASSES_OF_NUMBERS,
        ):  # functions, and what MATLAB does not tell
            return "", _Variable(at, size, packed, False, (), 0)
        sides, after = self._part(head, after, _INT32)
        shape = struct.unpack(f"{self._order}{len(sides) // 4}i", sides)
        letters, after = self._part(head, after, _INT8)
        if not 2 <= len(shape) <= 32 or min(shape) < 0:
            raise ValueError(shape)
        of_numbers = (said & 0xFF) in _CLASSES_OF_NUMBERS and not said & _COMPLEX
        return letters.decode("ascii"), _Variable(at, size, packed, of_numbers, shape, after)

    def _part(self, data: bytes, at: int, kind: int) -> tuple[bytes, int]:
        """A part of a variable that must be of this kind, and where the next begins."""
        found, start, size, after = self._tag(data, at)
        if found != kind or start + size > len(data):
            raise ValueError(f"part {found} of {size} bytes")
        return data[start : start + size], after

    def _tag(self, data: bytes, at: int) -> tuple[int, int, int, int]:
        """Kind, start and size of a part's content (in the tag if it is small), and where the next begins."""
        kind, size = struct.unpack_from(f"{self._order}II", data, at)
        if kind >> 16:
            return kind & 0xFFFF, at + 4, min(kind >> 16, 4), at + 8
        return kind, at + 8, size, at + 8 + size + -size % 8

    def _content(self, file: IO[bytes], variable: _Variable) -> bytes:
        """A variable's bytes, as many as it says."""
        file.seek(variable.at)
        if not variable.packed:
            return file.read(variable.size)
        inflate, most = zlib.decompressobj(), most_inflated(self._path.stat().st_size)
        packed = file.read(variable.size)
        size = struct.unpack(f"{self._order}II", inflate.decompress(packed, 8))[1]
        if size > most:
            raise ReadError("it inflates to an absurd size", advice="save it again without compression")
        content = inflate.decompress(inflate.unconsumed_tail, size) if size else b""
        still_working()
        inflate.decompress(inflate.unconsumed_tail, 8)
        if not inflate.eof:  # then the sum at the end was not compared
            raise ValueError("cut off")
        return content

    def _values(self, content: bytes, variable: _Variable) -> NDArray[Any]:
        kind, start, size, _ = self._tag(content, variable.data_at)
        dtype = np.dtype(f"{self._order}{_NUMBERS.get(kind, 'V1')}")
        count = math.prod(variable.shape)
        if dtype.kind == "V" or size != count * dtype.itemsize or start + size > len(content):
            raise ValueError(f"{count} values in {size} bytes")
        values = np.frombuffer(content, dtype, count, start).reshape(variable.shape, order="F")
        return values.astype(values.dtype.newbyteorder("="), copy=False)


def _byte_order(header: bytes) -> str:
    """As ``struct`` writes it, by the last four bytes of a file's header."""
    if header.startswith(b"MATLAB 7.3"):
        raise ReadError("MATLAB 7.3, which is not read", advice="save it again with -v7")
    orders = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}
    if header[124:128] not in orders:
        raise _damaged()
    return orders[header[124:128]]


def _damaged() -> ReadError:
    return ReadError("damaged MATLAB file", advice="copy it again")
