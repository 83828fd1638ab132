"""Values that no scan has: what programs stumble over."""

from __future__ import annotations

import random
import struct

NUMBERS = (
    "", " ", "0", "-0", "-1", "1", "2", "3", "7", "255", "256", "32767", "32768", "65535", "65536",
    "2147483647",
    "-2147483648", "4294967295", "4294967296", "9223372036854775807", "99999999999999999999999", "1e5",
    "1e-5",
    "1e38", "1e39", "1e300", "1e308", "-1e308", "1.8e308", "1e999", "1e-320", "4.9e-324", "nan", "-nan",
    "inf",
    "-Infinity", "NaN", "0x10", "1_000", "1,5", "1.5.2", "+", "-", "e", ".", "--1", "1 2", "\u00b2", "\u00bd",
    "\u0663", "\uff11", "0.02", "10", "1000", "0.1", "100000", "1e-12", "1e12", "9" * 400,
    "0." + "0" * 300 + "1",
)  # fmt: skip

TEXTS = (
    "", " ", "\0", "\n", "\r\n", "\x1b[2J\x1b[31mred", "\x07", "\x9b31m", "a\u202eb", "\u200b", "\ufeff",
    "line\u2028separator", "DOE^JANE", "/data/DOE^JANE/1.dcm", "C:\\wards\\DOE", "../../etc/passwd",
    "%s%n{0}",
    "<script>alert(1)</script>", "';--", "A" * 70, "B" * 5000, "\\" * 100, "\\\\", "M\\R", "\u00e9" * 40,
    "\U0001f493", "MR", "US", "OT", "CT", "PHASE", "VELOCITY", "\ud800", "\udcff", "none", "null", "True",
)  # fmt: skip

_UNICODE_TROUBLE = (
    b"\xff\xfe\xfd",
    b"\xed\xa0\x80",
    b"\xc3",
    b"\xf4\x90\x80\x80",
    b"\x80\x81",
    b"\x1b$B\x1b(B",
)

_EDGES = (0, 1, 2, 3, 4, 7, 8, 16, 127, 128, 255, 256, 1000, 1024, 4096, 32767, 32768, 65535, 65536, 1 << 20)
_FLOATS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-45,
    1e-12,
    1e12,
    3.4e38,
    -3.4e38,
    float("nan"),
    float("inf"),
    float("-inf"),
)
_DOUBLES = (*_FLOATS, 5e-324, 1e300, 1.7e308, -1.7e308, 1e39)


def integer(rng: random.Random, size: int) -> int:
    """An integer of so many bytes (as unsigned) near an edge: of a type, of a power of two."""
    top = 1 << 8 * size
    near = rng.choice((*_EDGES, top - 1, top - 2, top // 2, top // 2 - 1, rng.randrange(top)))
    return (near + rng.choice((0, 0, 0, -1, 1))) % top


def packed_integer(rng: random.Random, size: int | None = None) -> bytes:
    """An integer in either byte order."""
    size = size or rng.choice((1, 2, 2, 4, 4, 8))
    return integer(rng, size).to_bytes(size, rng.choice(("little", "big")))


def packed_float(rng: random.Random, code: str, order: str = "<") -> bytes:
    """A float or double that calculations fail with."""
    return struct.pack(order + code, rng.choice(_DOUBLES if code == "d" else _FLOATS))


def number_text(rng: random.Random) -> str:
    """A text where a number should stand."""
    return rng.choice(NUMBERS)


def text(rng: random.Random) -> str:
    """A text that steers a terminal, leads to a file, or is no text at all."""
    return rng.choice(TEXTS)


def text_bytes(rng: random.Random) -> bytes:
    """Such a text in some encoding, or bytes that are none."""
    if rng.random() < 0.2:
        return rng.choice(_UNICODE_TROUBLE) * rng.choice((1, 1, 30))
    return text(rng).encode(rng.choice(("utf-8", "latin-1", "utf-16")), "replace")
