"""Bytes changed without a thought for what they mean."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from . import absurd

_HEAD = 700  # bytes in which most formats say what they hold


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One to some dozen changes of a random kind."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 30))):
        data = rng.choice(_WAYS)(data, rng)
    return data


def place(data: bytes, rng: random.Random, room: int = 1) -> int:
    """An index, more often near the start than elsewhere."""
    most = max(len(data) - room, 0)
    return rng.randint(0, min(most, _HEAD) if rng.random() < 0.5 else most)


def written_over(data: bytes, at: int, piece: bytes) -> bytes:
    """The data with some bytes replaced, and no longer than it was."""
    return (data[:at] + piece + data[at + len(piece) :])[: len(data)]


def _bytes(data: bytes, rng: random.Random) -> bytes:
    size = rng.choice((1, 1, 2, 4, 16))
    return written_over(data, place(data, rng, size), rng.randbytes(size))


def _bit(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = place(data, rng)
    return written_over(data, at, bytes([data[at] ^ 1 << rng.randrange(8)]))


def _integer(data: bytes, rng: random.Random) -> bytes:
    piece = absurd.packed_integer(rng)
    return written_over(data, place(data, rng, len(piece)), piece)


def _float(data: bytes, rng: random.Random) -> bytes:
    piece = absurd.packed_float(rng, rng.choice("fd"), rng.choice("<>"))
    return written_over(data, place(data, rng, len(piece)), piece)


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: place(data, rng)]


def _longer(data: bytes, rng: random.Random) -> bytes:
    tail = rng.choice((bytes(1), bytes(1000), rng.randbytes(50), data[:200], data, b"\xff" * 300))
    return data + tail


def _twice(data: bytes, rng: random.Random) -> bytes:
    at, size = place(data, rng), rng.choice((1, 4, 16, 128, 1024))
    return data[: at + size] + data[at : at + size] * rng.choice((1, 1, 3)) + data[at + size :]


def _without(data: bytes, rng: random.Random) -> bytes:
    at = place(data, rng)
    return data[:at] + data[at + rng.choice((1, 2, 8, 64, 512)) :]


def _moved(data: bytes, rng: random.Random) -> bytes:
    size = rng.choice((2, 8, 64, 512))
    piece = data[(at := place(data, rng, size)) : at + size]
    left = data[:at] + data[at + size :]
    to = place(left, rng)
    return left[:to] + piece + left[to:]


def _blank(data: bytes, rng: random.Random) -> bytes:
    at, size = place(data, rng), rng.choice((4, 16, 256))
    return written_over(data, at, rng.choice((b"\0", b"\xff", b" ", b"0")) * size)


def _digits(data: bytes, rng: random.Random) -> bytes:
    """Digits written out as text become something else, often of another length."""
    found = list(re.finditer(rb"[0-9][0-9.]*", data[:20000]))
    if not found:
        return _bytes(data, rng)
    match = rng.choice(found)
    new = absurd.number_text(rng).encode("utf-8")
    if rng.random() < 0.5:  # of the same length: whatever declares it stays right
        new = new[: len(match[0])].ljust(len(match[0]))
    return data[: match.start()] + new + data[match.end() :]


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _bytes, _bytes, _bit, _bit, _integer, _integer, _integer, _float, _cut, _longer, _twice, _without,
    _moved, _blank,
    _digits,
)  # fmt: skip


def spliced(one: bytes, other: bytes, rng: random.Random) -> bytes:
    """The beginning of one file and the end of another."""
    return one[: place(one, rng)] + other[place(other, rng) :]
