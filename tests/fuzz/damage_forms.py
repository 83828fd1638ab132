"""Archives, sidecars and PNG, changed in their own terms and closed again with the right sums."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from . import absurd, damage

Change = Callable[[bytes, random.Random], bytes]


# ---- compressed files and archives ---------------------------------------------------------------


def damaged_packed(data: bytes, rng: random.Random, inner: Change) -> bytes:
    """Something is changed under one layer of compression."""
    codec: Any = gzip if data[:2] == b"\x1f\x8b" else bz2 if data[:3] == b"BZh" else lzma
    packed = codec.compress(inner(codec.decompress(data), rng))
    if rng.random() < 0.1:
        packed += rng.choice((packed, bytes(100), rng.randbytes(20)))
    return packed


def damaged_zip(data: bytes, rng: random.Random, inner: Change) -> bytes:
    """Entries changed, renamed, with other attributes; sums and sizes are right."""
    entries = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [[name, archive.read(name)] for name in archive.namelist()]
    for _ in range(rng.choice((1, 1, 2))):
        _changed_entries(entries, rng, inner)
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # of the same name twice
        for name, content in entries:
            archive.writestr(
                _zip_entry(name, rng), content, rng.choice((0, 8, 8, 8, 12 if rng.random() < 0.1 else 8))
            )
    return stream.getvalue()


def _changed_entries(entries: list[list[Any]], rng: random.Random, inner: Change) -> None:
    at, way = rng.randrange(len(entries)) if entries else -1, rng.random()
    if at < 0:
        return
    if way < 0.6:
        entries[at][1] = inner(entries[at][1], rng)
    elif way < 0.7:
        entries[at][0] = entry_name(rng)
    elif way < 0.8:
        entries.append([rng.choice((entry_name(rng), entries[at][0])), entries[at][1]])
    elif way < 0.9:
        entries.pop(at)
    else:
        entries.append(
            [entry_name(rng), rng.choice((b"", bytes(3000), rng.randbytes(99), entries[at][1][:50]))]
        )


def entry_name(rng: random.Random) -> str:
    """A name of an archive's entry that leads elsewhere or nowhere."""
    common = ("a/b/c.dcm", "../up", "/etc/passwd", "C:/x", "a\\..\\b", "__MACOSX/a", "._a", ".DS_Store",
    "a/", "x" * 300,
              "pixels.npy", "a.npy", "velocity_cm_s.npy", "times_ms.npy", "\u00b2.png", "1\u0661.png",
              "9" * 5000)  # fmt: skip
    return rng.choice(
        (*common, absurd.text(rng).encode("utf-8", "replace").decode("utf-8").replace("\0", "") or "n")
    )


def _zip_entry(name: str, rng: random.Random) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name or "n")
    if rng.random() < 0.1:
        entry.external_attr = rng.choice((0o120777, 0o40755, 0o60644, 0o100644, 0xFFFF)) << 16
    if rng.random() < 0.1:
        entry.extra, entry.comment = rng.randbytes(rng.choice((3, 20))), rng.randbytes(9)
    return entry


def damaged_tar(data: bytes, rng: random.Random, inner: Change) -> bytes:
    """Entries changed in content, name, type and size, with right sums."""
    stream = io.BytesIO()
    form = rng.choice((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(fileobj=stream, mode="w", format=form, errors="surrogateescape") as new,
    ):
        for entry in old.getmembers():
            file = old.extractfile(entry) if entry.isreg() else None
            content = file.read() if file else b""
            if rng.random() < 0.4:
                content = inner(content, rng)
            entry.size = len(content)
            if rng.random() < 0.2:
                _bend(entry, rng)
            new.addfile(
                entry, io.BytesIO(content.ljust(entry.size, b"\0") if entry.size < 1 << 20 else content)
            )
    return stream.getvalue()


def _bend(entry: tarfile.TarInfo, rng: random.Random) -> None:
    way = rng.randrange(5)
    if way == 0:
        entry.name = entry_name(rng)
    elif way == 1:
        entry.type = rng.choice(
            (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"S", b"L", b"K", b"x", b"g", b"V", b"\0")
        )
        entry.linkname = entry_name(rng)[:90]
    elif way == 2:
        entry.size = rng.choice((0, 1, entry.size + 512, entry.size * 2))
    elif way == 3:
        entry.pax_headers = {rng.choice(("path", "size", "GNU.sparse.map", "GNU.sparse.major", "mtime",
        "comment")):
                             absurd.number_text(rng) or "0"}  # fmt: skip
    else:
        entry.uname, entry.gname = entry_name(rng)[:30], entry_name(rng)[:30]


# ---- sidecars ------------------------------------------------------------------------------------


def damaged_json(data: bytes, rng: random.Random) -> bytes:
    """Values of a JSON object replaced, keys taken away or doubled."""
    try:
        facts = json.loads(data)
    except ValueError:
        return damage.damaged(data, rng)
    for _ in range(rng.choice((1, 1, 2))):
        key = rng.choice(list(facts) or ["magnitude"])
        if rng.random() < 0.1:
            facts.pop(key, None)
        elif isinstance(facts.get(key), list) and rng.random() < 0.6:
            _bent_list(facts[key], rng)
        else:
            facts[rng.choice((key, "unit", "directions", "venc_cm_s"))] = json_value(rng)
    text = json.dumps(facts)
    if rng.random() < 0.1:
        text = text.replace("{", '{"unit": "phase", "unit": "cm/s",', 1)
    return text.replace('"@deep@"', "[" * 40_000).encode("utf-8", rng.choice(("surrogatepass", "replace")))


def _bent_list(values: list[Any], rng: random.Random) -> None:
    at = rng.randrange(len(values)) if values else 0
    if values and isinstance(values[at], list) and rng.random() < 0.7:
        _bent_list(values[at], rng)
    elif values and rng.random() < 0.7:
        values[at] = json_value(rng)
    else:
        values[:] = rng.choice(([], values + values, [values], values[:-1]))


def json_value(rng: random.Random) -> Any:
    """Anything that JSON can say, and some that it cannot."""
    simple = (None, True, False, 0, -1, 1, 1e308, -1e-320, float("nan"), float("inf"), 10**30, 10**400, {},
    [], [[]],
              [1, 2], [1e300] * 3, [0, 0, 0], [[0, 0, 0]] * 3, [["a"] * 3] * 3, {"a": 1}, "@deep@",
              "scan-x.nii.gz",
              "scan.velocity.json", "a" * 5000, "../scan-x.nii.gz", "/etc/passwd", ".", "scan-x.nii.gz/",
              "phase",
              [10, 10, 10], "\ud800", "\x1b[31m", "a\nb")  # fmt: skip
    return rng.choice((*simple, absurd.text(rng), absurd.number_text(rng), rng.uniform(-1e3, 1e3)))


# ---- pictures ------------------------------------------------------------------------------------


def damaged_png(data: bytes, rng: random.Random) -> bytes:
    """Chunks changed, doubled and taken away, with the right sums."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    for _ in range(rng.choice((1, 1, 2))):
        k = rng.randrange(len(chunks)) if chunks else 0
        way = rng.random()
        if way < 0.6 and chunks:
            name, body = chunks[k]
            if name == b"IDAT" and rng.random() < 0.6:
                body = zlib.compress(damage.damaged(zlib.decompress(body), rng))
            else:
                body = damage.damaged(body, rng)
            chunks[k] = name, body
        elif way < 0.7 and chunks:
            chunks.insert(k, rng.choice(chunks))
        elif way < 0.8 and chunks:
            chunks.pop(k)
        else:
            extra = (
                b"tRNS",
                b"iCCP",
                b"zTXt",
                b"iTXt",
                b"acTL",
                b"fcTL",
                b"PLTE",
                b"pHYs",
                b"eXIf",
                b"gAMA",
                b"sRGB",
            )
            chunks.insert(k, (rng.choice(extra), rng.randbytes(rng.choice((0, 3, 8, 26, 99)))))
    return data[:8] + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
