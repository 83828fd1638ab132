"""Which DICOM files are one study: by study UID where it can be trusted, by folder where not."""

from __future__ import annotations

import filecmp
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lvcine.cohorts.scan import Seen

_SAMPLE = 64
"""Pictures of a folder by which it is compared with others: the first ones in the order of their hashes."""
_COMPARED = 3
"""Pictures that are compared byte for byte before a folder passes for a copy: UIDs alone may lie."""
_SLICES = 3
"""So many UIDs of one slice each, side by side, are slices of one stack."""


@dataclass
class Part:
    """The pictures of one study UID and one person in one folder.

    ``pictures``: of a sample, hash of series and number -> (hash of the picture's own UID, file).
    """

    folder: str
    uid: str
    person: str
    files: list[str] = field(default_factory=list)
    places: set[tuple[float, ...]] = field(default_factory=set)
    pictures: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Group:
    """Parts that are one study, and what that was decided by."""

    parts: tuple[Part, ...]
    by: str


def parts_of(folder: str, seen: Iterable[Seen]) -> list[Part]:
    """The DICOM pictures of one folder by study UID and person."""
    found: dict[tuple[str, str], Part] = {}
    for one in seen:
        part = found.setdefault((one.study, one.person), Part(folder, one.study, one.person))
        part.files.append(one.path)
        part.words |= set(one.words)
        if len(part.places) < _SLICES:
            part.places.add(one.place)
        part.pictures[one.picture[0]] = (one.picture[1], one.path)
    for part in found.values():
        part.pictures = dict(sorted(part.pictures.items())[:_SAMPLE])
    return _one_stack(list(found.values()))


def _one_stack(parts: list[Part]) -> list[Part]:
    """UIDs that a program made anew for each slice are no study's: the folder goes before them."""
    by_person: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_person[part.person].append(part)
    kept: list[Part] = []
    for person, mine in by_person.items():
        slices = [p for p in mine if p.uid and len(p.places) == 1 and () not in p.places]
        directions = {place[:3] for p in slices for place in p.places}
        heights = {place for p in slices for place in p.places}
        if len(slices) == len(mine) >= _SLICES and len(directions) == 1 and len(heights) == len(mine):
            files = [file for p in mine for file in p.files]
            words = set().union(*(p.words for p in mine))
            kept.append(Part(mine[0].folder, "", person, files, heights, mine[0].pictures, words))
        else:
            kept += mine
    return kept


def groups_of(parts: Sequence[Part]) -> tuple[list[Group], int]:
    """Studies out of the parts of all folders, in the order of their first folder.

    Returns
    -------
    groups : list of Group
    copies : int
        Files that were left out, since another folder of the same study holds the same pictures.
    """
    by_key: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in parts:
        by_key[(part.uid, part.person) if part.uid else ("", part.person, part.folder)].append(part)
    groups: list[Group] = []
    copies = 0
    for key, mine in by_key.items():
        mine, dropped = _without_copies(mine)
        copies += dropped
        if not key[0]:
            groups.append(Group(tuple(mine), "folder"))
        elif _clash(mine):
            groups += [Group(tuple(some), "folder") for some in _by_folder(mine)]
        else:
            groups.append(Group(tuple(mine), "study UID"))
    return groups, copies


def _without_copies(parts: list[Part]) -> tuple[list[Part], int]:
    """An exam that was exported twice is one study: the same pictures, to the byte."""
    known: dict[str, tuple[str, str]] = {}
    kept, dropped = [], 0
    for part in parts:
        same = [(own, known[number]) for number, own in part.pictures.items() if number in known]
        copies = [(own[1], other[1]) for own, other in same if own[0] == other[0]]
        if 2 * len(copies) > len(part.pictures) and all(_equal(*pair) for pair in copies[:_COMPARED]):
            dropped += len(part.files)
        else:
            kept.append(part)
            known = part.pictures | known
    return kept, dropped


def _equal(file: str, other: str) -> bool:
    try:
        return filecmp.cmp(file, other, shallow=False)
    except OSError:
        return False


def _clash(parts: Sequence[Part]) -> bool:
    """Whether several exams go by one UID: other pictures under the same series and number."""
    known: set[str] = set()
    for part in parts:
        if 2 * len(known & part.pictures.keys()) > len(part.pictures):
            return True
        known |= part.pictures.keys()
    return False


def _by_folder(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts by the folder just below the one that they have in common."""
    top = os.path.commonpath([part.folder for part in parts])
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        found[os.path.relpath(part.folder, top).split(os.sep)[0]].append(part)
    return list(found.values())
