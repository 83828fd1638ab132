"""The plain files behind a path: a file, a folder tree, an archive, archives in a tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from lvcine.errors import NotACineError, ReadError, UsageError
from lvcine.isolated import own_folder, working_on
from lvcine.output import STAGE_PREFIX, is_own_film, own_files
from lvcine.output.own import RECORD
from lvcine.read.archive import unpacked
from lvcine.read.names import natural
from lvcine.read.sniff import Kind, sniff
from lvcine.study import LeftAside


@dataclass
class Gathered:
    """Plain files by kind.

    Attributes
    ----------
    by_kind : dict of Kind -> list of Path
    left_aside : list of LeftAside
        Links that lead out, archives that were refused, files and folders that cannot be opened.
    broken : dict of Path -> str
        Files that stop their parser, with the reason.
    """

    by_kind: dict[Kind, list[Path]] = field(default_factory=dict)
    left_aside: list[LeftAside] = field(default_factory=list)
    broken: dict[Path, str] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Path]:
        """The files of one kind."""
        return self.by_kind.get(kind, [])

    @property
    def count(self) -> int:
        return sum(len(paths) for paths in self.by_kind.values())


@contextmanager
def gathered(path: Path, stops: Mapping[str, str] = MappingProxyType({})) -> Iterator[Gathered]:
    """All plain files that a path stands for, unpacked ones as long as the ``with`` block lasts.

    Parameters
    ----------
    path : Path
        A file, a folder (searched to its leaves) or an archive. Links that lead out of the
        folder are not followed; neither are references in a DICOMDIR.
    stops : mapping of str to str
        Files (as :func:`lvcine.isolated.working_on` names them) that are not to be opened, and why.

    Raises
    ------
    UsageError
        There is nothing at the path.
    ReadError
        The folder is empty or cannot be read, or the archive is refused.
    """
    with ExitStack() as stack:
        walk = _Walk(stack, stops)
        kind = _mode(path)
        if kind is None:
            raise UsageError("no such file or folder", where=path.name, advice="check the path")
        if stat.S_ISDIR(kind):
            walk.tree(path)
        elif stat.S_ISREG(kind):
            walk.file(path, alone=True)
        else:
            raise UsageError(
                "neither a file nor a folder, but a pipe or a device", where=path.name,
                advice="save it as a file first; lvcine stream - takes a film from a pipe",
            )  # fmt: skip
        found = walk.result
        if not (found.count or found.left_aside or found.broken):
            raise ReadError("the folder is empty", where=path.name, advice="point at the exported exam")
        working_on("")
        yield found


class _Walk:
    """One search for files."""

    def __init__(self, stack: ExitStack, stops: Mapping[str, str]) -> None:
        self.result = Gathered()
        self._stack, self._stops = stack, stops
        self._archives = 0

    def tree(self, root: Path) -> None:
        """All files of a folder, to its leaves; links to other folders are not followed."""
        top = root.resolve()
        waiting = [str(root)]  # as text: parts of a path cost time where folders lie thousands deep
        while waiting:  # no recursion: thousands of nested folders are no error
            folder = waiting.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: natural(entry.name))
            except OSError as error:
                self._closed(folder == str(root), root, error)
                continue
            inner = []
            ours = own_files(Path(folder)) if any(entry.name == RECORD for entry in entries) else ()
            for entry in entries:
                if entry.name in ours:
                    self._aside("result of lvcine", "an output of lvcine, not a scan")
                elif entry.is_dir(follow_symlinks=False):
                    inner += [] if entry.name.startswith(STAGE_PREFIX) else [entry.path]
                else:
                    self._entry(Path(entry.path), top)
            waiting += reversed(inner)

    def _entry(self, path: Path, top: Path) -> None:
        mode = _mode(path)
        if _leads_out(path, top):
            self._aside("link", "leads out of the folder")
        elif mode is None:
            self._aside("file", "cannot be opened, or a link that leads nowhere")
        elif stat.S_ISREG(mode):
            self.file(path, alone=False)
        elif not stat.S_ISDIR(mode):
            self._aside("special file", "a pipe or a device")

    def _closed(self, outermost: bool, root: Path, error: OSError) -> None:
        """Nothing of a folder that cannot be listed is passed over without a word."""
        if outermost:
            raise ReadError(
                f"the folder cannot be read: {error.strerror}",
                where=root.name,
                advice="check its permissions",
            ) from None
        self._aside("folder", f"cannot be read: {error.strerror}")

    def _aside(self, label: str, reason: str) -> None:
        """Note what is left out; the same reason for many files is one line."""
        met = self.result.left_aside
        same = next(
            (k for k, aside in enumerate(met) if (aside.label, aside.reason) == (label, reason)), None
        )
        if same is None:
            met.append(LeftAside(label, reason))
        else:
            met[same] = replace(met[same], files=met[same].files + 1)

    def file(self, path: Path, *, alone: bool) -> None:
        """One file by its kind; an archive by what it holds."""
        if self._stopped(path):
            return
        try:
            kind = sniff(path)
        except OSError:
            if alone:
                raise ReadError("cannot be opened", where=path.name, advice="check its permissions") from None
            self._aside("file", "cannot be opened")
            return
        if kind is not Kind.ARCHIVE:
            self._add(kind, path, alone=alone)
            return
        try:
            folder = self._stack.enter_context(unpacked(path, work=self._work()))
        except ReadError as error:
            if alone:
                raise
            self._aside("archive", error.found)
            return
        for inner in sorted(folder.iterdir()):
            if not self._stopped(inner):
                self._add(sniff(inner), inner, alone=False)  # archives within it were opened with it

    def _add(self, kind: Kind, path: Path, *, alone: bool) -> None:
        """A plain file to its kind, unless lvcine drew it."""
        if kind is Kind.VIDEO and is_own_film(path):
            if alone:
                raise NotACineError(
                    "a film that lvcine made, with contours drawn in", where=path.name, advice="give the scan"
                )
            self._aside("result of lvcine", "an output of lvcine, not a scan")
            return
        self.result.by_kind.setdefault(kind, []).append(path)

    def _work(self) -> Path | None:
        """Where to unpack: in the folder of the process that reads, under a name that a rerun repeats."""
        home = own_folder()
        if home is None:
            return None
        self._archives += 1
        return home / f"archive-{self._archives}"

    def _stopped(self, path: Path) -> bool:
        """Whether the file is one that stops its parser; it is noted as the one in work if not."""
        if str(path) in self._stops:
            self.result.broken[path] = self._stops[str(path)]
            return True
        working_on(path)
        return False


def _mode(path: Path) -> int | None:
    """What lies at a path, through links; None for nothing and for links that lead nowhere."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return None


def _leads_out(path: Path, top: Path) -> bool:
    if not path.is_symlink():
        return False
    try:
        return not path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):  # a link to itself, which some versions of Python call a RuntimeError
        return False
