"""A hidden folder beside the result: everything is made there, and its lock keeps other runs out.

Its name depends on nothing but where it lies and what it is for, so that the next run finds the one that
a killed run left.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.output import swap
from lvcine.output.lock import let_go, take, writing
from lvcine.output.own import STAGE_PREFIX

_NAME = re.compile(re.escape(STAGE_PREFIX) + "[0-9a-f]{12}")
_LOCK = "lock"


@contextmanager
def hold(out: Path) -> Iterator[Path]:
    """Keep all other runs out of a folder, and settle what a killed run left there.

    Parameters
    ----------
    out : Path
        Need not exist; it is not made here.

    Yields
    ------
    Path
        An empty folder on the same disk, removed at the end: in ``out`` where that exists (it may be a
        disk of its own, as in a container), else in the nearest folder above it that does.

    Raises
    ------
    UsageError
        Another run holds the folder, or it cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with hold(out) as stage:
    ...     stage.parent == out.parent
    True
    """
    out = real(out)
    settle(out)
    with writing(out):
        while True:
            home = _home(out)
            try:
                stage, lock = _enter(stage_of(out, home), out.name)
            except BaseException:
                _sweep(stage_of(out, home))
                raise
            if home == _home(out):
                break
            _leave(stage, lock)  # another run made the folder while this one waited beside it
    try:
        yield stage
    finally:
        _leave(stage, lock)


def real(out: Path) -> Path:
    """The absolute path without links: one folder has one name."""
    return Path(os.path.realpath(out))


def stage_of(out: Path, home: Path) -> Path:
    """Where a run into ``out`` stages in ``home``, which is ``out`` or lies above it."""
    path = os.fsencode(os.path.normcase(out.relative_to(home).as_posix()))
    return home / f"{STAGE_PREFIX}{hashlib.sha256(path).hexdigest()[:12]}"


def entries(out: Path) -> list[Path]:
    """What lies in a folder, without the stage of a run into it."""
    own = stage_of(real(out), real(out)).name
    return [entry for entry in out.iterdir() if entry.name != own]


def exists(path: Path) -> bool:
    """Whether something has that name, be it a link to nowhere; a name that no disk can have raises."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _home(out: Path) -> Path:
    home = next(folder for folder in (out, *out.parents) if exists(folder))
    if home == out and not out.is_dir():
        raise UsageError("the output is a file, not a folder", where=out.name, advice="name another folder")
    if not home.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(home, os.W_OK | os.X_OK):
        raise UsageError(
            "the output folder cannot be written to", where=out.name, advice="name another folder"
        )
    return home


def settle(out: Path) -> None:
    """Settle what killed runs left: into this folder, wherever they staged then, and into others beside.

    Raises
    ------
    UsageError
        A run into this folder is alive.
    """
    out = real(out)
    beside: list[Path] = []
    with writing(out):
        for folder in (out, *out.parents):
            if os.path.isdir(stage_of(out, folder)):
                _leave(*_enter(stage_of(out, folder), out.name))
        home = _home(out)
        with suppress(PermissionError), os.scandir(home) as found:
            beside = [Path(entry.path) for entry in found if _NAME.fullmatch(entry.name)]
    for stage in beside:
        if stage != stage_of(home, home):  # of a run into a folder that this one may only be reading
            _sweep(stage)


def _sweep(stage: Path) -> None:
    """Settle and remove a stage, unless it is of a run that is alive."""
    with suppress(UsageError, OSError):
        _leave(*_enter(stage, "", patience_s=0.0))


def _enter(stage: Path, where: str, patience_s: float = 1.0) -> tuple[Path, int]:
    """Make a stage or take over the one that a killed run left, and settle what lies in it."""
    while True:
        with suppress(FileExistsError):
            stage.mkdir(mode=0o700)
        with suppress(FileNotFoundError):  # another run has removed it this moment
            _refuse_foreign(stage)
            lock = take(stage / _LOCK, where, patience_s)
            break
    try:
        if stage == stage_of(stage.parent, stage.parent):
            swap.go_on(stage)
        _empty(stage)
    except BaseException:
        os.close(lock)
        raise
    return stage, lock


def _refuse_foreign(stage: Path) -> None:
    found = stage.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        raise UsageError(
            "the hidden folder of another user's run is in the way",
            where=stage.name,
            advice="name another folder, or ask that user to remove it",
        )


def _leave(stage: Path, lock: int) -> None:
    """Remove the stage, unless a result in it is not wholly in place: the next run goes on with that."""
    if swap.is_unfinished(stage):
        os.close(lock)
        return
    try:
        try:
            _empty(stage)
        finally:
            let_go(lock, lambda: _remove(stage))
    except BaseException:  # Ctrl-C in the midst of it
        _sweep(stage)
        raise


def _empty(stage: Path) -> None:
    for entry in stage.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != _LOCK:
            with suppress(OSError):
                entry.unlink()


def _remove(stage: Path) -> None:
    with suppress(OSError):  # another run may have come in as soon as the lock had no name
        (stage / _LOCK).unlink()
        stage.rmdir()
