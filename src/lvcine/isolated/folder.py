"""A private folder for temporary files that is gone when its process is, however that ended."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.output.lock import let_go, take

PREFIX = "lvcine-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder that only this user may open, for as long as the ``with`` block lasts.

    A lock in it tells the folder of a living process from one that a killed process left; those are
    removed first, since they may hold a patient's files.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    folder, lock = _locked()
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _locked() -> tuple[Path, int]:
    """A new folder and the lock on it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError, UsageError):  # another process just took it for abandoned
            return folder, take(folder / "lock", PREFIX)


def remove_abandoned(home: Path) -> None:
    """Remove the folders of this user's processes that were killed."""
    for lock in home.glob(f"{PREFIX}*/lock"):
        with suppress(OSError, UsageError):
            if not hasattr(os, "getuid") or lock.stat().st_uid == os.getuid():
                _remove(lock.parent, take(lock, PREFIX, 0.0))


def _remove(folder: Path, lock: int) -> None:
    let_go(lock, lambda: shutil.rmtree(folder, ignore_errors=True))
