"""NumPy, NIfTI and MATLAB files whose headers say something else than what follows."""

from __future__ import annotations

import random
import struct
import zlib

import nibabel as nib

from . import absurd, damage

_DESCRIPTIONS = (
    "'<u2'", "'>u2'", "'<f4'", "'<f8'", "'<f2'", "'|b1'", "'|i1'", "'<i8'", "'<u8'", "'<c16'", "'<U3'",
    "'|S5'", "'|V7'",
    "'|O'", "'<M8[ns]'", "'<m8[D]'", "'<f16'", "'<u3'", "''", "'<U99999999999'", "'|V0'", "'<U0'", "None",
    "1", "[]",
    "[('a', '<u2')]", "[('a', '<f4', (3,))]", "[('a', '|O')]", "('<u2', (2, 2))", "[['a', '<u2']]",
    "'object'", "'float'",
    "[('\\x1b[31m', '<u2')]", "[('a', [('b', '<u2')])]", "'<u2,<u2'",
)  # fmt: skip
_SHAPES = (
    "()", "(0,)", "(1,)", "(4,)", "(2, 4, 12)", "(2, 4, 12, 12)", "(4, 12, 24)", "(1, 1, 1152)", "(1152,)",
    "(-1,)",
    "(-2, -4, 12, 12)", "(2, 4, 12, 12, 1)", "(1, 2, 576)", "(65536, 65536, 65536)",
    "(4294967296, 4294967296)",
    "(9223372036854775807, 2)", "(9999999999999999999999,)", "(1000000000, 2)", "(True, 2, 3)", "(2.0, 3)",
    "[2, 3]", "2",
    "None", "('a',)", "(0, 99999999999999)", "(1,) * 40", "(" + "1," * 40 + ")", "(2, 4, 3, 48)",
    "(20, 30000, 1000, 2)",
)  # fmt: skip


def damaged_npy(data: bytes, rng: random.Random) -> bytes:
    """A NumPy file whose header says something else."""
    if len(data) < 12 or data[:6] != b"\x93NUMPY":
        return damage.damaged(data, rng)
    start = 10 if data[6] == 1 else 12
    length = int.from_bytes(data[8:start], "little")
    header, body = data[start : start + length].decode("latin-1"), data[start + length :]
    for _ in range(rng.choice((1, 1, 2))):
        header = _other_header(header, rng)
    if rng.random() < 0.15:
        body = damage.damaged(body, rng)
    version = rng.choice((1, 1, 1, 2, 3, 0, 9, 255))
    raw = header.encode("utf-8", "replace")
    size = len(raw) if rng.random() < 0.9 else absurd.integer(rng, 2)
    wide = 2 if version == 1 else 4
    return (
        b"\x93NUMPY"
        + bytes([version, rng.choice((0, 0, 0, 1))])
        + size.to_bytes(4, "little")[:wide]
        + raw
        + body
    )


def _other_header(header: str, rng: random.Random) -> str:
    way = rng.randrange(6)
    if way <= 1:
        return _between(header, "'descr': ", ", 'fortran", rng.choice(_DESCRIPTIONS))
    if way <= 3:
        return _between(header, "'shape': ", ", }", rng.choice(_SHAPES))
    if way == 4:
        return _between(
            header, "'fortran_order': ", ", 'shape", rng.choice(("True", "1", "None", "'a'", "False"))
        )
    deep = rng.choice((30, 200, 3000, 60_000))
    return rng.choice((header[: len(header) // 2], "", "{}", "(" * deep, "[" * deep, "-" * deep + "1",
    "{'a':" * deep,
                       header.replace("}", "'x': 1}"), header.replace("'", '"'), "\0" + header, "9" * deep,
                       header.replace("(", "(" * deep), f"{header}\n{header}", "'" * deep,
                       "\\" * deep))  # fmt: skip


def _between(text: str, before: str, after: str, new: str) -> str:
    start = text.find(before) + len(before)
    end = text.find(after, start)
    return text if start < len(before) or end < 0 else text[:start] + new + text[end:]


def damaged_nifti(data: bytes, rng: random.Random) -> bytes:
    """Fields of the header replaced, each by a value of its own type."""
    little = int.from_bytes(data[:4], "little") in (348, 540)
    size = int.from_bytes(data[:4], "little" if little else "big")
    kind = {348: nib.Nifti1Header, 540: nib.Nifti2Header}.get(size)
    if kind is None or len(data) < size:
        return damage.damaged(data, rng)
    fields = kind.template_dtype.newbyteorder("<" if little else ">").fields
    raw = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        dtype, at = rng.choice(list(fields.values()))[:2]
        base, count = dtype.base, max(dtype.itemsize // max(dtype.base.itemsize, 1), 1)
        if base.kind == "S":
            raw[at : at + base.itemsize] = absurd.text_bytes(rng)[: base.itemsize].ljust(base.itemsize, b"\0")
            continue
        at += rng.randrange(count) * base.itemsize
        order = "<" if little else ">"
        piece = (
            absurd.packed_float(rng, "f" if base.itemsize == 4 else "d", order)
            if base.kind == "f"
            else absurd.integer(rng, base.itemsize).to_bytes(base.itemsize, "little" if little else "big")
        )
        raw[at : at + base.itemsize] = piece
    return bytes(raw)


def damaged_mat(data: bytes, rng: random.Random) -> bytes:
    """Elements of a MATLAB file changed under their compression."""
    out, at = [data[:128]], 128
    while at + 8 <= len(data):
        kind, size = struct.unpack("<II", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if rng.random() < 0.5:
            kind, body = _bent_element(kind, body, rng)
        out.append(struct.pack("<II", kind, len(body)) + body)
        at += 8 + size
    if rng.random() < 0.1:
        out.append(out[rng.randrange(len(out))])
    return b"".join(out)


def _bent_element(kind: int, body: bytes, rng: random.Random) -> tuple[int, bytes]:
    packed = kind == 15
    plain = zlib.decompress(body) if packed else struct.pack("<II", kind, len(body)) + body
    raw = bytearray(plain)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = (
            rng.randrange(0, min(len(raw), 120) - 3) & ~3
            if rng.random() < 0.7
            else rng.randrange(len(raw) - 3)
        )
        way = rng.random()
        if way < 0.5:
            raw[at : at + 4] = rng.choice(
                (rng.randrange(20), rng.randrange(300), absurd.integer(rng, 4))
            ).to_bytes(4, "little")
        elif way < 0.8:
            raw[at] = rng.choice((*range(19), 255, rng.randrange(256)))
        else:
            raw = bytearray(damage.damaged(bytes(raw), rng))
            if len(raw) < 16:
                break
    if packed:
        return kind, zlib.compress(bytes(raw))
    return int.from_bytes(raw[:4], "little"), bytes(raw[8:])
