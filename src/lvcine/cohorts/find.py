"""From a folder, a list or a pattern to the studies of a cohort."""

from __future__ import annotations

import glob
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lvcine.cohorts.group import Group, Part, groups_of, parts_of
from lvcine.cohorts.labels import hashed, plain_label, quotes, unique
from lvcine.cohorts.listed import is_list, read_list
from lvcine.cohorts.scan import DAMAGED, Seen
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import ReadError, UsageError
from lvcine.isolated import Child, ChildDiedError
from lvcine.output import STAGE_PREFIX, own_files
from lvcine.output.own import RECORD
from lvcine.read.sniff import Kind
from lvcine.study.progress import Progress

Labels = Literal["folder", "hash"]
SETTING = "cohort.json"
"""Of a folder that a cohort was written into."""

_AT_ONCE = 500  # files that a child is asked about in one call
_MEMORY = 4 << 30
_EVERY_S = 5.0  # of the progress
_MASKS = ("_gt", "_seg", "_mask", "_label", "_labels")
_SINGLE = (Kind.NIFTI, Kind.VIDEO, Kind.ARRAY, Kind.MATLAB)


@dataclass
class Found:
    """The studies of a cohort.

    Attributes
    ----------
    studies : list of StudyRef
    left_aside : Counter of str
        Reason -> files that belong to no study.
    """

    studies: list[StudyRef] = field(default_factory=list)
    left_aside: Counter[str] = field(default_factory=Counter)


def find_studies(
    source: str | Path,
    *,
    labels: Labels = "folder",
    out: Path | None = None,
    progress: Progress | None = None,
) -> Found:
    """The studies that a folder, a list (CSV) or a pattern (``data/*/cine``) stands for.

    Parameters
    ----------
    labels : {"folder", "hash"}
        What a study is called that no list names. A folder's name that holds the patient's name is never
        used: the study is called by a hash then.
    out : Path, optional
        Folder of the results: it is not searched.

    Raises
    ------
    UsageError
        Nothing there; a list without paths, or with one label twice.
    ReadError
        No study in it.
    """
    path = Path(source)
    if is_list(path):
        found = Found(read_list(path, labels))
    elif glob.has_magic(str(source)) and not path.exists():
        found = Found(_matched(str(source), labels))
    elif path.is_dir():
        found = _in_tree(path.absolute(), labels, out, progress or (lambda *_: None))
    elif path.exists():
        found = _of_one_file(path.absolute(), labels)
    else:
        raise UsageError(
            "no such folder, list or pattern", where=path.name, advice="check the path; quote a pattern"
        )
    if not found.studies:
        reasons = "; ".join(f"{count} x {reason}" for reason, count in found.left_aside.most_common(4))
        raise ReadError(f"no study in it ({reasons or 'no files'})", where=path.name, advice="check the path")
    return found


def _matched(pattern: str, labels: Labels) -> list[StudyRef]:
    """A study for each file or folder that a pattern matches; its label is what the pattern left open."""
    matches = sorted(os.path.abspath(match) for match in glob.glob(pattern, recursive=True))
    if not matches:
        raise UsageError("nothing matches the pattern", where=pattern, advice="quote it, and check the path")
    top = os.path.commonpath([os.path.dirname(match) for match in matches])
    names = [os.path.relpath(match, top) for match in matches]
    while (
        len(names) > 1
        and len({os.path.basename(name) for name in names}) == 1
        and all(map(os.path.dirname, names))
    ):
        names = [os.path.dirname(name) for name in names]  # data/*/cine: the last part tells nothing apart
    taken: set[str] = set()
    return [
        StudyRef(_label(name, hashed(name), labels, (), taken), match, "pattern")
        for name, match in zip(names, matches, strict=True)
    ]


def _label(relative: str, secret: str, labels: Labels, words: Iterable[str], taken: set[str]) -> str:
    shown = plain_label(_without_endings(relative).replace(os.sep, "_"))
    return unique(secret if labels == "hash" or quotes(shown, words) else shown, taken)


def _without_endings(name: str) -> str:
    for ending in (
        ".gz",
        ".xz",
        ".bz2",
        ".nii",
        ".tar",
        ".tgz",
        ".zip",
        ".npy",
        ".npz",
        ".mat",
        ".avi",
        ".mp4",
        ".dcm",
    ):
        name = name.removesuffix(ending)
    return name


@dataclass(frozen=True)
class _Other:
    """A study that is a file, a folder of pictures, an archive or a part of one; hashed by ``secret``."""

    source: str
    by: str
    secret: str
    ending: str = ""  # of its label
    series: str | None = None
    members: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def named(self, name: str, labels: Labels, taken: set[str]) -> StudyRef:
        label = _label(_without_endings(name) + self.ending, hashed(self.secret), labels, self.words, taken)
        return StudyRef(label, self.source, self.by, members=self.members, series=self.series)


def _of_one_file(path: Path, labels: Labels) -> Found:
    child = Child(preload="lvcine.cohorts.scan")
    try:
        packed = _scanned(child, [str(path)])[0].kind == Kind.ARCHIVE
        others = (
            [*_of_archive(child, str(path), "file")] if packed else [_Other(str(path), "file", str(path))]
        )
    finally:
        child.stop()
    taken: set[str] = set()
    return Found([other.named(path.name.split(".")[0], labels, taken) for other in others])


def _of_archive(child: Child, path: str, by: str) -> Iterator[_Other]:
    """An archive is one study, unless the headers of its DICOM files name several."""
    try:
        seen = child.call("lvcine.cohorts.scan:scan_archive", {"path": path}, memory=_MEMORY)
    except (ReadError, ChildDiedError):  # a row of the table will say so
        seen = []
    pictures = [one for one in seen if one.kind == Kind.DICOM and not one.problem]
    parts = [part for group in groups_of(parts_of(path, pictures))[0] for part in group.parts]
    if len(parts) < 2:
        yield _Other(path, by, path, words=tuple(word for part in parts for word in sorted(part.words)))
        return
    for part in parts:
        secret = f"{part.uid or path} {part.person}"
        yield _Other(
            path, "study UID" if part.uid else "archive", secret, hashed(secret).removeprefix("study"),
            members=tuple(part.files), words=tuple(sorted(part.words)),
        )  # fmt: skip


# ---- a tree -------------------------------------------------------------------------------------
def _in_tree(root: Path, labels: Labels, out: Path | None, progress: Progress) -> Found:
    found = Found()
    parts: list[Part] = []
    others: list[_Other] = []
    child = Child(preload="lvcine.cohorts.scan")
    files, said = 0, time.monotonic()
    try:
        for folder, paths in _folders(root, out, found):
            seen = [one for some in _pieces(paths) for one in _scanned(child, some)]
            files += len(paths)
            if time.monotonic() - said > _EVERY_S:
                said = time.monotonic()
                progress(f"finding studies, {files} files", 0, 0)
            pictures = [one for one in seen if one.kind == Kind.DICOM and not one.problem]
            parts += parts_of(folder, pictures)
            others += _singles(folder, seen, child, beside_dicom=bool(pictures), found=found)
    finally:
        child.stop()
    groups, copies = groups_of(parts)
    if copies:
        found.left_aside["a copy of pictures in another folder"] += copies
    taken: set[str] = set()
    found.studies = [*_dicom_studies(root, groups, others, labels, taken)]
    for other in others:
        found.studies.append(other.named(os.path.relpath(other.source, root), labels, taken))
    found.studies.sort(key=lambda study: study.source)
    return found


def _folders(root: Path, out: Path | None, found: Found) -> Iterator[tuple[str, list[str]]]:
    """Every folder of a tree with its files; hidden ones and those that lvcine wrote are passed over."""
    skip = None if out is None else os.path.realpath(out)
    waiting = [str(root)]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            found.left_aside["folder that cannot be read"] += 1
            continue
        names = {entry.name for entry in entries}
        if os.path.realpath(folder) == skip or (SETTING in names and "records" in names):
            continue
        ours = own_files(Path(folder)) if RECORD in names else frozenset()
        inner, paths = [], []
        for entry in entries:
            if entry.name.startswith((".", STAGE_PREFIX)) or entry.name in ours:
                continue
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.path)
            elif entry.is_file():
                paths.append(entry.path)
        waiting += reversed(inner)
        yield folder, paths


def _pieces(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(paths), _AT_ONCE):
        yield paths[first : first + _AT_ONCE]


def _scanned(child: Child, paths: Sequence[str]) -> list[Seen]:
    """What the files are; one at which the child dies is left out."""
    left = list(paths)
    lost: list[Seen] = []
    while left:
        try:
            seen: list[Seen] = child.call("lvcine.cohorts.scan:scan_files", {"paths": left}, memory=_MEMORY)
            return [*seen, *lost]
        except ChildDiedError as death:
            culprit = death.working_on if death.working_on in left else left[0]
            lost.append(Seen(culprit, "", problem=DAMAGED))
            left.remove(culprit)
    return lost


def _singles(
    folder: str, seen: Sequence[Seen], child: Child, *, beside_dicom: bool, found: Found
) -> Iterator[_Other]:
    """Studies of one file or of a folder of pictures."""
    joined = {part for one in seen for part in one.parts}
    scans = {os.path.basename(one.path) for one in seen if one.kind == Kind.NIFTI}
    stills = [one for one in seen if one.kind == Kind.PICTURE]
    any_single = False
    damaged = [one for one in seen if one.kind == Kind.DICOM and one.problem == DAMAGED]
    if damaged and not beside_dicom:  # a row of the table will say so
        yield _Other(folder, "folder", folder)
    for one in seen:
        readable = one.problem in ("", DAMAGED)  # a file that is damaged is a study that will be refused
        reason = _no_scan(one, scans, beside_dicom) if readable and one.kind else one.problem
        if one.kind == Kind.DICOM and (not one.problem or (one in damaged and not beside_dicom)):
            continue
        if reason or one.kind == Kind.DICOM:
            found.left_aside[reason or one.problem] += 1
        elif one.kind == Kind.ARCHIVE:
            yield from _of_archive(child, one.path, "archive")
        elif one.kind in (*_SINGLE, Kind.VELOCITY) and os.path.realpath(one.path) not in joined:
            any_single = True
            for series in one.subjects or (None,):
                yield _Other(one.path, "file", f"{one.path} {series}", f"_{series}" if series else "", series)
    if len(stills) > 1 and not any_single and not beside_dicom:
        yield _Other(folder, "folder", folder)
    elif stills:
        found.left_aside["still picture"] += len(stills)


def _no_scan(one: Seen, scans: set[str], beside_dicom: bool) -> str:
    """Why a readable file is no study of its own."""
    if beside_dicom and one.kind in (*_SINGLE, Kind.VELOCITY):
        return "beside DICOM"
    name = os.path.basename(one.path)
    if one.kind == Kind.NIFTI and any(name.replace(f"{end}.nii", ".nii") in scans - {name} for end in _MASKS):
        return "labels of the scan beside it"
    return ""


def _dicom_studies(
    root: Path,
    groups: Sequence[Group],
    others: Sequence[_Other],
    labels: Labels,
    taken: set[str],
) -> Iterator[StudyRef]:
    """A whole folder where it holds one study and nothing else, else a folder and its files."""
    owners: dict[str, set[int]] = defaultdict(set)  # folder -> studies in it or below it
    for number, group in enumerate(groups):
        for part in group.parts:
            for above in _up(part.folder, root):
                owners[above].add(number)
    for number, other in enumerate(others):
        for above in _up(os.path.dirname(other.source), root):
            owners[above].add(-1 - number)
    for group in groups:
        folders = [part.folder for part in group.parts]
        top = os.path.commonpath(folders)
        words = sorted(set().union(*(part.words for part in group.parts)))
        whole = len(owners[top]) == 1
        if whole:
            while top != str(root) and len(owners[os.path.dirname(top)]) == 1:
                top = os.path.dirname(top)
        files = () if whole else tuple(file for part in group.parts for file in part.files)
        secret = f"{group.parts[0].uid} {group.parts[0].person}" if group.parts[0].uid else folders[0]
        named = top if whole or len(set(folders)) == 1 else folders[0]
        relative = root.name if named == str(root) else os.path.relpath(named, root)
        if not whole and len(set(folders)) == 1:  # beside others in one folder
            relative += hashed(secret).removeprefix("study")
        yield StudyRef(_label(relative, hashed(secret), labels, words, taken), top, group.by, files)


def _up(folder: str, root: Path) -> Iterator[str]:
    """The folder and those above it, up to the root."""
    while True:
        yield folder
        if folder == str(root) or len(folder) <= len(str(root)):
            return
        folder = os.path.dirname(folder)


Announce = Callable[[Found], None]
"""Called with what was found, before the work begins."""
