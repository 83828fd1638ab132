"""The plain files behind a path: a file, a folder tree, an archive, archives in a tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lvcine.errors import ReadError, UsageError
from lvcine.read.sniff import Kind, sniff
from lvcine.study import LeftAside


@dataclass
class Gathered:
    """Plain files by kind.

    Attributes
    ----------
    by_kind : dict of Kind -> list of Path
    left_aside : list of LeftAside
        Links that lead out, archives that were refused, files that cannot be opened.
    """

    by_kind: dict[Kind, list[Path]] = field(default_factory=dict)
    left_aside: list[LeftAside] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Path]:
        """The files of one kind."""
        return self.by_kind.get(kind, [])

    @property
    def count(self) -> int:
        return sum(len(paths) for paths in self.by_kind.values())


@contextmanager
def gathered(path: Path) -> Iterator[Gathered]:
    """All plain files that a path stands for, unpacked ones as long as the ``with`` block lasts.

    Parameters
    ----------
    path : Path
        A file, a folder (searched to its leaves) or an archive. Links that lead out of the
        folder are not followed; neither are references in a DICOMDIR.

    Raises
    ------
    UsageError
        There is nothing at the path.
    ReadError
        The folder is empty, or the archive is refused.
    """
    if not path.exists():
        raise UsageError("no such file or folder", where=path.name, advice="check the path")
    with ExitStack() as stack:
        result = Gathered()
        if path.is_dir():
            _add_tree(path, result, stack)
        else:
            _add(path, result, stack, alone=True)
        if not result.count and not result.left_aside:
            raise ReadError("the folder is empty", where=path.name, advice="point at the exported exam")
        yield result


def _add_tree(root: Path, result: Gathered, stack: ExitStack) -> None:
    top = root.resolve()
    for folder, subfolders, names in os.walk(root):
        subfolders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() and not path.resolve().is_relative_to(top):
                result.left_aside.append(LeftAside("link", "leads out of the folder"))
            elif _is_regular(path):
                _add(path, result, stack, alone=False)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _add(path: Path, result: Gathered, stack: ExitStack, *, alone: bool) -> None:
    """One file by its kind; an archive by what it holds."""
    from lvcine.read.archive import unpacked

    try:
        kind = sniff(path)
    except OSError:
        if alone:
            raise ReadError("cannot be opened", where=path.name, advice="check its permissions") from None
        result.left_aside.append(LeftAside("file", "cannot be opened"))
        return
    if kind is not Kind.ARCHIVE:
        result.by_kind.setdefault(kind, []).append(path)
        return
    try:
        folder = stack.enter_context(unpacked(path))
    except ReadError as error:
        if alone:
            raise
        result.left_aside.append(LeftAside("archive", error.found))
        return
    for inner in sorted(folder.iterdir()):
        _add_inner(inner, result)


def _add_inner(path: Path, result: Gathered) -> None:
    """A file out of an archive; archives within it were opened with it."""
    result.by_kind.setdefault(sniff(path), []).append(path)
