"""One holder of a file at a time among all processes; one that dies, however, lets go."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lvcine.errors import FolderInUseError, UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


@contextmanager
def writing(out: Path, what: str = "the results") -> Iterator[None]:
    """A disk that refuses becomes one clear error."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{what} could not be written: {error.strerror or error}",
            where=out.name,
            advice="check the folder's rights and the space on the disk",
        ) from error


def take(path: Path, where: str, patience_s: float = 1.0) -> int:
    """Open a file, made where it is missing, with a lock on it; :func:`let_go` ends it.

    Parameters
    ----------
    where : str
        What is written there, for the message.
    patience_s : float
        Who cleans up holds a lock for a moment only.

    Returns
    -------
    int
        The file's descriptor.

    Raises
    ------
    FolderInUseError
        Another process, or another thread, holds it.
    """
    until = time.monotonic() + patience_s
    while True:
        file, made = _open(path)
        try:
            # The file may have been removed or moved while it was waited for: then the lock is on no name.
            if _lock(file, made) and _lies_at(file, path):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        if time.monotonic() >= until:
            raise FolderInUseError(
                "another run is writing there",
                where=where,
                advice="wait until it ends, or name another place",
            )
        time.sleep(0.02)


def let_go(file: int, last: Callable[[], object]) -> None:
    """Do one last thing under the lock, then open it; Windows moves and removes no open file."""
    if sys.platform == "win32":
        os.close(file)
        last()
        return
    try:
        last()
    finally:
        os.close(file)


def _open(path: Path) -> tuple[int, bool]:
    """Descriptor, and whether the file was made."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with contextlib.suppress(FileExistsError):
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666), True
    return os.open(path, flags | os.O_CREAT, 0o666), False


def _lock(file: int, made: bool) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # On a disk without locks who makes the file holds it: safe, and after a kill a matter for the user.
        return made and error.errno in _NO_LOCKS
    return True


def _lies_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.lstat())
    except FileNotFoundError:
        return False
