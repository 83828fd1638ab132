"""A private folder for temporary files that is gone when its process is, however that ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

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
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked() -> tuple[Path, int]:
    """A new folder and the lock on it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        if fcntl is None:
            return folder, lock
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():  # else another process took it for abandoned before the lock was on it
            return folder, lock
        os.close(lock)


def remove_abandoned(home: Path) -> None:
    """Remove the folders of this user's processes that were killed."""
    if fcntl is None:
        return
    for lock in home.glob(f"{PREFIX}*/lock"):
        with contextlib.suppress(OSError):
            if lock.stat().st_uid != os.getuid():
                continue
            file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
            finally:
                os.close(file)
