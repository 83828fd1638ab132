"""Small valid scans of every kind that is read: what the fuzzer changes."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

from .scans_dicom import dicom_scans
from .scans_film import film_scans
from .scans_plain import archive_scans, plain_scans

Files = dict[str, bytes]
"""Content by name within a folder."""

PIPED = "pipe-"
"""Kinds whose name begins so are films that come through a pipe."""


def make_corpus() -> dict[str, Files]:
    """Scans by the name of their kind; made anew in some seconds."""
    scans: dict[str, Files] = {}
    for make in (dicom_scans, plain_scans, film_scans):
        with tempfile.TemporaryDirectory() as work:
            scans |= make(Path(work))
    return scans | archive_scans(scans)


def stored_corpus(path: Path) -> dict[str, Files]:
    """The corpus kept in a file, made and put there if there is none.

    Some writers put random numbers or dates into what they write: a case can be repeated only on the files
    that it was made from.
    """
    if not path.exists():
        path.write_bytes(pickle.dumps(make_corpus()))
    return pickle.loads(path.read_bytes())
