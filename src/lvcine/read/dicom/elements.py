"""The elements of a DICOM header, by pydicom's parser, with bounds that the file cannot lift.

pydicom's ``dcmread`` inflates a deflated file whole, and builds every item of every sequence; a thousand
headers take it two seconds. Here its element parser is called directly: on the first block of the file
where that holds the header, as it does for a classic picture, and else on the file.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import IO, Any

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import data_element_generator, read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

BLOCK = 16 << 10
"""First bytes of a file: the header of a classic picture takes some four thousand."""

MOST_HEADER_BYTES = 64 << 20
MOST_READS = 250_000
"""Of a parser on one header: some hundred a frame in an enhanced file."""
MOST_ITEMS = 100_000
"""In one sequence with those inside it: some fifteen a frame in an enhanced file."""
FREE_READS, BYTES_A_READ = 10_000, 40
FREE_ITEMS, BYTES_AN_ITEM = 5_000, 100
"""What a small file may have, and how much larger a file is for each one more. An item takes pydicom 50 us:
a folder of small files that hold nothing else would take minutes."""

_ITEM = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}  # by little-endian
_SYNTAX = 0x00020010
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})  # not the length of their group, 7FE0,0000


class HeaderBoundError(Exception):
    """A header beyond the bounds; the text says which."""


@dataclass(frozen=True)
class Elements:
    """A header's elements.

    Attributes
    ----------
    dataset : Dataset
        Those that were asked for.
    syntax : str
        Transfer syntax UID.
    offset : int
        Byte at which the pixel data element begins, or the end of the header.
    start : bytes
        The twelve bytes there.
    """

    dataset: Dataset
    syntax: str
    offset: int
    start: bytes


def read_elements(file: IO[bytes], tags: list[int]) -> Elements:
    """Parse the header of an open file up to its pixels.

    Parameters
    ----------
    file : binary file
        At its start.
    tags : list of int
        Elements that are wanted.

    Raises
    ------
    HeaderBoundError
        The file is deflated as a whole, or its header is too long or has too many items.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    block = file.read(BLOCK)
    syntax, at = _meta(block)
    if syntax == DeflatedExplicitVRLittleEndian:
        raise HeaderBoundError(_DEFLATED)
    found = None
    if syntax:
        found = _in_block(block, at, syntax, tags) or _parsed(_Bounded(file, size), at, syntax, tags)
    else:
        found = _by_pydicom(_Bounded(file, size), tags)
    _check_items(found.dataset, min(MOST_ITEMS, FREE_ITEMS + size // BYTES_AN_ITEM))
    return found


_DEFLATED = "transfer syntax is not read: the whole file is deflated"


class _Bounded:
    """A file that a parser may read for so long and no longer."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._bytes, self._reads = file, 0, 0
        self._most_reads = min(MOST_READS, FREE_READS + size // BYTES_A_READ)
        self.seek, self.tell, self.name = file.seek, file.tell, ""
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        if size < 0:  # pydicom asks for all that is left only where it is going to inflate it
            raise HeaderBoundError(_DEFLATED)
        self._reads += 1
        if self._reads > self._most_reads or self._bytes + size > MOST_HEADER_BYTES:
            raise HeaderBoundError("a header of absurd size")
        data = self._file.read(size)
        self._bytes += len(data)
        return data


def _meta(block: bytes) -> tuple[str, int]:
    """Transfer syntax of a file with this first block, and where its data set begins; "" if it is unclear."""
    begin = 132 if block[128:132] == b"DICM" else 0
    stream, syntax = io.BytesIO(block), ""
    stream.seek(begin)
    try:
        for element in data_element_generator(stream, False, True, lambda tag, vr, length: tag >> 16 != 2):
            if element.tag == _SYNTAX and isinstance(element.value, bytes):
                syntax = element.value.decode("ascii").strip(" \0")
    except Exception:  # a strange beginning: pydicom's own way in may know it
        return "", 0
    at = stream.tell()
    known = at < len(block) - 8 and block[at : at + 2] != b"\0\0"  # a command set comes first, rarely
    return (syntax, at) if known and UID(syntax).is_transfer_syntax else ("", 0)


def _in_block(block: bytes, at: int, syntax: str, tags: list[int]) -> Elements | None:
    """The elements where all of the header lies in the first block."""
    try:
        found = _parsed(io.BytesIO(block), at, syntax, tags)
    except Exception:  # cut off in the middle of a sequence, or damaged: on the whole file it is told
        return None
    return found if len(found.start) == 12 or len(block) < BLOCK else None


def _parsed(stream: Any, at: int, syntax: str, tags: list[int]) -> Elements:
    stream.seek(at)
    dataset = read_dataset(
        stream,
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
        stop_when=lambda tag, vr, length: tag in _PIXELS,
        specific_tags=tags,
    )
    offset = stream.tell()
    return Elements(dataset, syntax, offset, stream.read(12))


def _by_pydicom(file: _Bounded, tags: list[int]) -> Elements:
    """The elements of a file that begins in an unusual way: old, without preamble or syntax."""
    dataset = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=tags)
    offset = file.tell()
    declared = str(dataset.file_meta.get("TransferSyntaxUID") or "")
    return Elements(dataset, declared or _encoding(dataset), offset, file.read(12))


def _encoding(dataset: FileDataset) -> str:
    """The transfer syntax that a header without one is written in."""
    implicit, little = dataset.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _check_items(dataset: Dataset, most: int) -> None:
    """Sequences are built when they are asked for: refuse before that one of millions of items."""
    for element in dataset.values():
        value = element.value
        if isinstance(element, RawDataElement) and value and len(value) > 8 * most:
            if bytes(value).count(_ITEM[element.is_little_endian]) > most:
                raise HeaderBoundError("a sequence of absurd length")
