"""What lvcine itself wrote: known by its name beside the record, and by a mark in films and masks."""

from __future__ import annotations

import json
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

FILES = (
    "measurements.json",
    "measurements.csv",
    "segmentation.nii.gz",
    "contours.json",
    "cine.nii.gz",
    "ed.nii.gz",
    "ed_labels.nii.gz",
    "es.nii.gz",
    "es_labels.nii.gz",
    "frames.zip",
    "slices.zip",
    "report.html",
    "contours.gif",
    "contours.mp4",
    "velocity_curves.csv",
    "velocity.npz",
    "run.json",
)
"""Every name that the results of an analysis may have; no other file is ever replaced."""

RECORD = "run.json"
"""Of them, the one that is moved in last: a folder without it holds no finished result."""

_NAMES = re.compile(
    "|".join(
        [
            *map(re.escape, FILES),
            r"truth\.json",
            r"study/[\w-]+\.dcm",
            r"results\.md",
            r"results/[\w-]+\.csv",
            r"(?:agreement|pairs|masks)\.csv",
            r"compare\.html",
        ]  # of a comparison
    )
)

STAGE_PREFIX = ".lvcine-"
"""How the hidden names begin under which lvcine writes before it moves into place."""

FILM_MARK = b"lvcine contours"
"""The comment in ``contours.gif`` and ``contours.mp4``."""

_RECORD_BYTES = 1 << 20
_FILM_BYTES = 1 << 16  # a GIF's comment follows its palette; an MP4's stands in the index at the end


def is_result(folder: Path) -> bool:
    """Whether a folder holds the finished results of an analysis.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "run.json").write_text('{"lvcine_version": "1.0"}')
    >>> is_result(folder), own_files(folder)
    (True, frozenset({'run.json'}))
    """
    try:
        if not stat.S_ISREG((folder / RECORD).stat().st_mode):
            return False
        with (folder / RECORD).open("rb") as stream:
            record = json.loads(stream.read(_RECORD_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "lvcine_version" in record


def is_own_name(name: str) -> bool:
    """Whether a file of that name within a folder may be one of lvcine's: of an analysis, a demo or a table.

    Examples
    --------
    >>> is_own_name("run.json"), is_own_name("study/S001_I00001.dcm"), is_own_name("../run.json")
    (True, True, False)
    """
    return _NAMES.fullmatch(name) is not None


def own_files(folder: Path) -> frozenset[str]:
    """Names of the files in a folder that are results of lvcine; none where there is no record of them."""
    if not is_result(folder):
        return frozenset()
    return frozenset(name for name in FILES if (folder / name).is_file())


def is_own_film(path: Path) -> bool:
    """Whether a film is one that lvcine drew contours into, wherever it lies now.

    Reads the ends of the file only. A film that another program has written anew is not known again.
    """
    with path.open("rb") as stream:
        head = stream.read(_FILM_BYTES)
        size = stream.seek(0, 2)
        stream.seek(max(size - _FILM_BYTES, 0))
        return FILM_MARK in head or FILM_MARK in stream.read(_FILM_BYTES)


@dataclass(frozen=True)
class MaskMark:
    """What ``aux_file`` in the header of ``segmentation.nii.gz`` says of the analysis that wrote it.

    Attributes
    ----------
    ed, es : int
        Frames from 0.
    papillary : str
        ``include`` or ``exclude``.
    """

    ed: int
    es: int
    papillary: str


_MARK = re.compile(rb"ED(\d{1,3}) ES(\d{1,3}) (in|ex) ([0-9a-f]{8})")


def mask_mark(mark: MaskMark, voxels: bytes) -> bytes:
    """The mark of masks, 24 bytes at the most; it ends in a checksum of them. Empty beyond 999 frames.

    Examples
    --------
    >>> text = mask_mark(MaskMark(0, 9, "include"), b"masks")
    >>> text
    b'ED0 ES9 in 3da89064'
    >>> read_mask_mark(text, b"masks"), read_mask_mark(text, b"other")
    (MaskMark(ed=0, es=9, papillary='include'), None)
    """
    if max(mark.ed, mark.es) > 999:
        return b""
    return f"ED{mark.ed} ES{mark.es} {mark.papillary[:2]} {zlib.crc32(voxels):08x}".encode()


def read_mask_mark(text: bytes, voxels: bytes) -> MaskMark | None:
    """The mark in a header; None where there is none, or where the masks were changed since."""
    found = _MARK.fullmatch(text.rstrip(b"\0 "))
    if found is None or int(found[4], 16) != zlib.crc32(voxels):
        return None
    return MaskMark(int(found[1]), int(found[2]), "exclude" if found[3] == b"ex" else "include")
