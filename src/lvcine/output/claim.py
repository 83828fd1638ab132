"""A folder claimed for one result from the start of a run to its end."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.output import swap
from lvcine.output.lock import writing
from lvcine.output.own import FILES, RECORD, is_result
from lvcine.output.stage import entries, exists, hold, real, settle

_MEANWHILE = "somebody else has written there meanwhile"

Replaced = Callable[[Path], Iterable[str]]
"""From an existing folder to the names in it that a new result replaces; raises where none may lie there."""


@dataclass(frozen=True)
class Claim:
    """A folder that this run alone writes to.

    Attributes
    ----------
    out : Path
        Absolute, without links.
    new : Path
        Empty folder for the new result's files, named as they shall lie in ``out``.
    old : tuple of str
        Files in ``out`` that go when the new ones come.
    last : str
        The file that is moved in last: without it the folder holds no finished result.
    """

    out: Path
    new: Path
    old: tuple[str, ...]
    last: str

    def commit(self) -> None:
        """Put everything in ``new`` in its place, in one step that is taken or not.

        Raises
        ------
        UsageError
            The disk refuses, or somebody wrote there meanwhile; what lay in ``out`` lies there still.
        """
        with writing(self.out):
            swap.sync(self.new)
            if self.new.parent.parent != self.out:
                _appear(self.new, self.out)
                return
            names = _files(self.new)
            if any(exists(self.out / name) for name in names if name not in self.old):
                raise FileExistsError(errno.EEXIST, _MEANWHILE)
            _check_kinds(self.out, self.old)
            swap.put(self.new.parent, self.out, self._ordered(self.old)[::-1], self._ordered(names))

    def _ordered(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=lambda name: (name == self.last, name))


@contextmanager
def claim(
    out: Path, replaced: Replaced, *, source: Path | None = None, last: str = RECORD
) -> Iterator[Claim]:
    """Claim a folder for a result before the work begins; see :class:`Claim`.

    Parameters
    ----------
    out : Path
        Made, with the folders above it, when the result is whole.
    replaced : callable
        :data:`Replaced`, as :func:`old_results`.
    source : Path, optional
        What is read: no part of it is ever replaced.

    Raises
    ------
    UsageError
        The folder cannot be used, or another run is writing there.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "out"
    >>> with claim(out, old_results()) as place:
    ...     _ = (place.new / "run.json").write_text("{}")
    ...     place.commit()
    >>> [path.name for path in out.iterdir()]
    ['run.json']
    """
    out = real(out)

    def check() -> tuple[str, ...]:
        with writing(out):
            return _check(out, replaced, source)

    if source is not None and _same(out, source):
        raise UsageError("results and scan would lie in one folder", advice="name another output folder")
    settle(out)
    try:
        check()
    except UsageError:
        # Where results lie another run may be exchanging them: its lock tells. Other folders stay untouched.
        if not out.is_dir() or not any(exists(out / name) for name in FILES):
            raise
    with hold(out) as stage:
        old = check()
        with writing(out):
            (stage / swap.NEW).mkdir()
        yield Claim(out, stage / swap.NEW, old, last)


def old_results(*, overwrite: bool = False) -> Replaced:
    """An earlier analysis is replaced with ``overwrite``; without it the folder must be empty."""

    def replaced(out: Path) -> list[str]:
        if not overwrite and entries(out):
            raise UsageError(
                "the output folder is not empty",
                where=out.name,
                advice="name another folder, or pass --overwrite",
            )
        found = [name for name in FILES if exists(out / name)]
        if found and not is_result(out):
            raise UsageError(
                f"{found[0]} in the output folder is not lvcine's: no {RECORD} of lvcine lies beside it",
                where=out.name,
                advice="name another folder",
            )
        return found

    return replaced


def check_out(out: Path, *, overwrite: bool = False) -> None:
    """Raise :class:`UsageError` where ``out`` is a file, or holds files that may not be overwritten."""
    with writing(out):
        _check(real(out), old_results(overwrite=overwrite), None)


def _check(out: Path, replaced: Replaced, source: Path | None) -> tuple[str, ...]:
    """Names in ``out`` that the result will replace."""
    if not exists(out):
        return ()
    if not out.is_dir():
        raise UsageError("the output is a file, not a folder", where=out.name, advice="name another folder")
    old = tuple(replaced(out))
    _check_kinds(out, old)
    for name in old:
        if source is not None and _same(out / name, source):
            raise UsageError(
                f"the results would replace their own input, {name}", advice="name another output folder"
            )
    return old


def _check_kinds(out: Path, names: Iterable[str]) -> None:
    """Only files are replaced, and links as links, never a folder."""
    for name in names:
        try:
            mode = (out / name).lstat().st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
            raise UsageError(f"{name} is no file there", where=out.name, advice="name another folder")


def _appear(new: Path, out: Path) -> None:
    """The whole folder in one step; folders above it that were made for it go again if that fails."""
    if exists(out):
        raise FileExistsError(errno.EEXIST, _MEANWHILE)
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        os.rename(new, out)
    except BaseException:
        swap.remove_empty(made)
        raise
    swap.sync_folder(out.parent)


def _files(folder: Path) -> list[str]:
    """Names of all files of a tree, relative, with slashes."""
    return [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()]


def _same(path: Path, other: Path) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
