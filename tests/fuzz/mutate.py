"""A scan of the corpus made into one that nobody wrote, always the same for the same numbers."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import absurd, damage
from .corpus import PIPED, Files
from .damage_arrays import damaged_mat, damaged_nifti, damaged_npy
from .damage_dicom import damaged_dicom
from .damage_forms import damaged_json, damaged_packed, damaged_png, damaged_tar, damaged_zip

_MOST_BYTES = 4 << 20
_OPTIONS: tuple[dict[str, Any], ...] = (
    {"spacing_mm": (1.5, 1.25)}, {"slice_step_mm": 8.0}, {"frame_ms": 33.0}, {"view": "SAX"},
    {"gated": False},
    {"gated": True}, {"axes": "YXT"}, {"axes": "TYX"}, {"axes": "YXZT"}, {"axes": "ZTYX"}, {"axes": "XYT"},
    {"venc_cm_s": "30"}, {"reversed_channels": "1,3"}, {"max_pixels": 2000}, {"max_pixels": 100_000},
)  # fmt: skip


@dataclass
class Mutant:
    """A scan to be read.

    Attributes
    ----------
    kind : str
        Of the corpus.
    files : dict of bytes -> bytes
        Content by name within a folder.
    options : dict
        For :class:`lvcine.read.ReadOptions`.
    alone : bool
        The only file is to be given itself, not its folder.
    """

    kind: str
    files: dict[bytes, bytes]
    options: dict[str, Any] = field(default_factory=dict)
    alone: bool = False


def mutant(corpus: Mapping[str, Files], kind: str, rng: random.Random) -> Mutant:
    """One scan of a kind with one to three things done to it."""
    scan = Mutant(kind, {os.fsencode(name): data for name, data in corpus[kind].items()})
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        way = rng.random()
        if way < 0.85 or kind.startswith(PIPED):
            _content(scan, rng)
        elif way < 0.92:
            _names(scan, rng)
        else:
            rng.choice(_ARRANGEMENTS)(scan, corpus, rng)
    scan.files = {name: data[:_MOST_BYTES] for name, data in scan.files.items()}
    for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 2))):
        scan.options.update(rng.choice(_OPTIONS))
    scan.alone = len(scan.files) == 1 and rng.random() < 0.5
    return scan


def changed(data: bytes, rng: random.Random) -> bytes:
    """A file changed in its own terms, or without a thought."""
    if rng.random() < 0.4:
        return damage.damaged(data, rng)
    way = _way_for(data)
    try:
        return damage.damaged(data, rng) if way is None else way(data, rng)
    except Exception:  # changed before, so that it cannot be taken apart any more
        return damage.damaged(data, rng)


def _way_for(data: bytes) -> Callable[[bytes, random.Random], bytes] | None:
    """What changes a file of this kind in its own terms."""
    if data[128:132] == b"DICM" or (data[:1] in (b"\x02", b"\x08") and data[1:2] == data[3:4] == b"\0"):
        return damaged_dicom
    if data[:2] == b"\x1f\x8b" or data[:3] == b"BZh" or data[:6] == b"\xfd7zXZ\0":
        return lambda data, rng: damaged_packed(data, rng, changed)
    if data[:4] == b"PK\x03\x04":
        return lambda data, rng: damaged_zip(data, rng, changed)
    if data[257:262] == b"ustar":
        return lambda data, rng: damaged_tar(data, rng, changed)
    if data[:4] in (b"\x5c\x01\0\0", b"\0\0\x01\x5c", b"\x1c\x02\0\0", b"\0\0\x02\x1c"):
        return damaged_nifti
    starts = {b"{": damaged_json, b"\x93NUMPY": damaged_npy, b"MATLAB": damaged_mat, b"\x89PNG": damaged_png}
    return next((way for start, way in starts.items() if data.startswith(start)), None)


def _content(scan: Mutant, rng: random.Random) -> None:
    """One file changed, or some, or all of them in the same way."""
    names = sorted(scan.files)
    if not names:
        return
    share = rng.random()
    if share < 0.5 or len(names) == 1:
        chosen = [rng.choice(names)]
        seeds = [rng.random()]
    elif share < 0.85:
        chosen, seeds = names, [rng.random()] * len(names)
    else:
        chosen = rng.sample(names, rng.randint(1, len(names)))
        seeds = [rng.random() for _ in chosen]
    for name, seed in zip(chosen, seeds, strict=True):
        scan.files[name] = changed(scan.files[name], random.Random(seed))


# ---- names ---------------------------------------------------------------------------------------


def _names(scan: Mutant, rng: random.Random) -> None:
    for name in sorted(scan.files):
        if rng.random() < 0.5:
            new = file_name(rng, name)
            parts = [part for part in new.split(b"/") if part not in (b"", b".", b"..")]
            scan.files[b"/".join(parts)[:2000] or b"n"] = scan.files.pop(name)


def file_name(rng: random.Random, old: bytes = b"1.png") -> bytes:
    """A name that a file system allows and a program does not expect."""
    stem, dot, end = old.rpartition(b".")
    names = (
        b"\xff\xfe" + old, b"\x1b[31m" + old, b"a\nb" + old, b"." + old, b"._" + old,
        "\u00b2\u00b3.png".encode(),
        "\u0661\u0662.png".encode(), "\u2460".encode() + old, "a\u202eb".encode() + old, b"x" * 250,
        b"9" * 250,
        b"1" * 240 + b".png", b"-rf", b" ", b"*", b"%s%n", b"\\", b"a\\..\\b", b"C:x", b"\x7f", b"\r",
        b"a/b/c/" + old,
        b"/".join([b"d"] * 60) + b"/" + old, b"\xff/" + old, b"\x1b]0;t\x07/" + old, b"000001_" + old,
        b"000001_",
        stem + dot + b"exe", stem, b"measurements.csv", b"report.html", b"movie.mp4", b".lvcine", b"DICOMDIR",
        "\ud7ff\ue000".encode(), b"\xed\xa0\x80" + old, "\u00e9".encode() * 120, b"00" + old, b"-1.png",
        b"1e5.png",
    )  # fmt: skip
    return rng.choice(names)


# ---- arrangements --------------------------------------------------------------------------------


def _swapped(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    one, other = rng.choice(sorted(scan.files)), rng.choice(sorted(scan.files))
    scan.files[one], scan.files[other] = scan.files[other], scan.files[one]


def _left_out(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    if len(scan.files) > 1:
        del scan.files[rng.choice(sorted(scan.files))]


def _copied(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    scan.files[file_name(rng).strip(b"/").replace(b"/", b"")] = scan.files[rng.choice(sorted(scan.files))]


def _strangers(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    """A scan of another kind beside it, or one file of it."""
    other = corpus[rng.choice(sorted(corpus))]
    names = sorted(other) if rng.random() < 0.5 else [rng.choice(sorted(other))]
    scan.files |= {b"other-" + os.fsencode(name).replace(b"/", b"-"): other[name] for name in names}


def _spliced(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    """Half a file of this kind and half of another of its family."""
    family = scan.kind.partition("-")[0]
    other = corpus[rng.choice([kind for kind in sorted(corpus) if kind.partition("-")[0] == family])]
    name = rng.choice(sorted(scan.files))
    scan.files[name] = damage.spliced(scan.files[name], other[rng.choice(sorted(other))], rng)


def _emptied(scan: Mutant, corpus: Mapping[str, Files], rng: random.Random) -> None:
    new = rng.choice((b"", b"\0", b"{", absurd.text_bytes(rng)))
    scan.files[rng.choice(sorted(scan.files))] = new


_ARRANGEMENTS: tuple[Callable[[Mutant, Mapping[str, Files], random.Random], None], ...] = (
    _swapped, _left_out, _copied, _strangers, _spliced, _spliced, _emptied,
)  # fmt: skip
