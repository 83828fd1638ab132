"""The kinds of labelled data that there are, and where each is looked for."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lvcine.errors import ReadError, UsageError
from lvcine.evaluate import echo, exams, pairs, stills, sunnybrook
from lvcine.evaluate.case import Case
from lvcine.isolated import private_folder
from lvcine.read.datasets.sunnybrook import STILLS, subjects

Finder = Callable[[Path, ExitStack], Iterable[Case]]


@dataclass(frozen=True)
class Section:
    """One table of the results.

    Attributes
    ----------
    name, title, note : str
    find : callable
        (data, open archives) -> cases.
    by_subject : bool
        A row per subject instead of a row per figure.
    any_subject : bool
        Figures that no reader's label enters: subjects that the net has seen may stand there, marked.
    net : str
        Whose card says which subjects it has seen.
    """

    name: str
    title: str
    note: str
    find: Finder
    by_subject: bool = False
    any_subject: bool = False
    net: str = "sax"


def sections(kind: str, data: Path) -> list[tuple[Section, Path]]:
    """The tables of a kind, each with the folder or archive that it is made from.

    Raises
    ------
    UsageError
        No such kind, nothing at ``data``.
    """
    if not data.exists():
        raise UsageError("no such data", where=data.name, advice="name a folder or an archive")
    if kind == "all":
        usual = [(section, data / place) for section, place in _USUAL]
        return [(section, path) for section, path in usual if _folder_of(path).exists()]
    if kind not in KINDS:
        raise UsageError(f"no data are of kind {kind!r}", advice=f"one of {', '.join((*KINDS, 'all'))}")
    return [(section, data) for section in KINDS[kind]]


def _folder_of(path: Path) -> Path:
    """The path itself, or the archive that holds it under its first folder."""
    packed = path.parent.with_name(path.parent.name + ".tar.xz")
    return packed if packed.is_file() else path


def _opened(path: Path, archives: ExitStack) -> Path:
    """``path`` where it is a folder; the unpacked archive where it is or lies in one."""
    packed = _folder_of(path)
    if path.is_dir() and packed == path:
        return path
    inside = archives.enter_context(private_folder()) / "unpacked"
    try:
        inside.mkdir()
        with tarfile.open(packed) as archive:
            archive.extractall(inside, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise ReadError("neither a folder nor a tar archive", where=packed.name) from error
    return inside if packed == path else next(inside.rglob(path.name), inside / path.name)


def _sunnybrook_cines(data: Path, archives: ExitStack) -> Iterator[Case]:
    folder = _opened(data, archives)
    return sunnybrook.cases({s: _opened(p, archives) for s, p in subjects(folder).items()})


def _sunnybrook_stills(data: Path, archives: ExitStack) -> Iterator[Case]:
    """Of subjects whose complete cine is not there: the better data go first."""
    folder = _opened(data, archives)
    file, whole = folder / STILLS, subjects(folder)
    return (c for c in stills.cases(file) if c.subject not in whole) if file.is_file() else iter(())


def _pairs(read: Callable[[Path], Iterator[Case]], data: Path, archives: ExitStack) -> Iterator[Case]:
    folder = _opened(data, archives)
    return read(folder) if folder.is_dir() else iter(())


def _exams(data: Path, archives: ExitStack) -> Iterator[Case]:
    if not data.is_dir():
        raise ReadError("a folder of exams is expected", where=data.name)
    return exams.cases(data)


_CONTOURS = (
    "Per drawn slice: Dice of the areas, Hausdorff distance, average perpendicular distance from our contour "
    "to the reader's, share of contours nearer than 5 mm. Volumes and EF by slice summation of the drawn "
    "slices; differences are ours minus the reader's."
)
_MASKS = (
    "Dice over all slices from base to apex; distances per slice between contours around the masks; false "
    "slices: cavity where the reader drew nothing, lost slices: none where the reader drew one. Differences "
    "are ours minus the reader's."
)
_CINES = Section("sunnybrook-cines", "Sunnybrook: complete cines", _CONTOURS, _sunnybrook_cines)
_STILLS = Section(
    "sunnybrook-stills",
    "Sunnybrook: labelled ED and ES frames alone",
    f"{_CONTOURS} Two frames instead of a cycle, 1.35 mm assumed; masks brought back to the contours that "
    "they were filled from.",
    _sunnybrook_stills,
)
_TWO_PHASE = Section("two-phase", "Two phases with masks", _MASKS, partial(_pairs, pairs.two_phase))
_UNSCALED = Section(
    "two-phase-unscaled",
    "Two phases with masks, spacing not known",
    "Dice, slices and EF only: the spacing in these files is made up.",
    partial(_pairs, partial(pairs.two_phase, scaled=False)),
)
_CAVITIES = Section(
    "two-phase-cavities",
    "Two phases with masks of the cavity, many hospitals",
    "Dice over all slices; a careful layman drew, and slices beyond base and apex are in the stacks. "
    "Differences are ours minus his.",
    partial(_pairs, pairs.two_phase),
)
_CYCLES = Section("cines", "Full cycles with the reader's frames", _MASKS, partial(_pairs, pairs.cines))
_EXAMS = Section(
    "exams", "Exams as they come", "Headline numbers, no reader's to compare with.", _exams, True, True
)
_ECHO = (
    "Dice of areas in the traced frames; ED and ES of the nearest beat of ours against the traced ones. "
    "Differences are ours minus the reader's."
)
_CAMUS = Section(
    "camus", "CAMUS", f"{_ECHO} Two stills instead of a clip; EF from both planes.",
    partial(_pairs, echo.camus), net="echo",
)  # fmt: skip
_ECHONET = Section(
    "echonet", "EchoNet-Dynamic", f"{_ECHO} EF of one plane.", partial(_pairs, echo.echonet), net="echo"
)

KINDS: dict[str, tuple[Section, ...]] = {
    "sunnybrook": (_CINES, _STILLS),
    "two-phase": (_TWO_PHASE,),
    "two-phase-unscaled": (_UNSCALED,),
    "cines": (_CYCLES,),
    "exams": (_EXAMS,),
    "camus": (_CAMUS,),
    "echonet": (_ECHONET,),
}
"""Kind -> its tables."""

_USUAL = (
    (_CINES, "."),
    (_STILLS, "."),
    (_TWO_PHASE, "external_evaluation_only/acdc_two_phase"),
    (_UNSCALED, "external_evaluation_only/mnms"),
    (_CYCLES, "external_evaluation_only/acdc_cine"),
    (_CAVITIES, "dsb_evaluation_only/dsb_two_phase"),
    (_EXAMS, "."),
)
