"""What nets learn from, one file an item: virtual items made from seeds, real ones from labelled scans.

An item is a frozen dataclass of arrays, text and numbers, different for each system, with a ``name`` that no
other item has: ``SUBJECT~PART``. A folder of items is a pool. Virtual subjects are called ``SIDE-NUMBER``
(``training-000012``), so that every item says on which side of the split it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np

from lvcine.errors import SplitError
from lvcine.output import whole
from lvcine.phantom.seeds import SIDES

CACHE_BYTES = 6 * 2**30
"""Items of a pool that are kept in memory, together; the rest is read again each time."""


class Item(Protocol):
    """What every item has beside its arrays."""

    @property
    def name(self) -> str:
        """``SUBJECT~PART``; no other item of a pool has it."""


I_co = TypeVar("I_co", bound=Item, covariant=True)
Make = Callable[[int, str], Iterable[Item]]
"""The items of a number on a side of the split."""


def virtual_subject_name(side: str, number: int) -> str:
    """Name of a virtual subject.

    Examples
    --------
    >>> virtual_subject_name("training", 12)
    'training-000012'
    """
    return f"{side}-{number:06d}"


def subject_of(name: str) -> str:
    """Whose scan an item is; all items of a subject stand on one side of a split.

    Examples
    --------
    >>> subject_of("training-000012~SAX3")
    'training-000012'
    """
    return name.partition("~")[0]


def side_of(name: str) -> str | None:
    """The side of a virtual subject or its item; None of a real one.

    Examples
    --------
    >>> side_of("choosing-000003"), side_of("SC-HF-I-02")
    ('choosing', None)
    """
    side = name.partition("-")[0]
    return side if side in SIDES else None


def write_item(folder: Path, item: Item) -> Path:
    """Write ``folder/NAME.npz``, whole or not at all; fields that are None are left out."""
    file = folder / f"{item.name}.npz"
    stored = {f.name: getattr(item, f.name) for f in fields(item)}  # type: ignore[arg-type]
    with whole(file) as stream:
        np.savez(stream, **{name: value for name, value in stored.items() if value is not None})
    return file


def read_item(file: Path, kind: Callable[..., Any]) -> Any:
    """The item of class ``kind`` in a file of :func:`write_item`."""
    with np.load(file, allow_pickle=False) as stored:
        return kind(**{name: a if (a := stored[name]).ndim else a.item() for name in stored.files})


def fill(folder: Path, make: Make, side: str, numbers: Iterable[int]) -> None:
    """Make the items of some numbers of a side, those that are in the folder already not again."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        done = folder / f"{virtual_subject_name(side, number)}.done"
        if not done.exists():
            for item in make(number, side):
                write_item(folder, item)
            done.touch()


def write_items(folder: Path, items: Iterable[Item], without: Sequence[str] = ()) -> list[str]:
    """Write items of real subjects, but for those ``without``; the subjects' names.

    Raises
    ------
    SplitError
        A real subject is named like a virtual one: it would be taken for one, of another side perhaps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for item in items:
        if side_of(item.name) is not None:
            raise SplitError(
                f"real subject {subject_of(item.name)!r} is named like a virtual one",
                advice=f"rename it: names of virtual subjects begin with {', '.join(SIDES)}",
            )
        if subject_of(item.name) not in without:
            written.add(subject_of(write_item(folder, item).stem))
    return sorted(written)


def renamed(items: Iterable[Any], reading: int) -> Iterator[Any]:
    """The items of a subject that was read before, as its reading of a number: ``SUBJECT~NUMBER~PART``.

    Examples
    --------
    >>> from collections import namedtuple
    >>> [item.name for item in renamed([namedtuple("One", "name")("a~SAX")], 1)]
    ['a~SAX']
    """
    for item in items:
        subject, _, part = item.name.partition("~")
        yield item if reading == 1 else replace(item, name=f"{subject}~{reading}~{part}")


class Pool(Sequence[I_co], Generic[I_co]):
    """The items in a folder, read when they are used; it may be filled meanwhile.

    Parameters
    ----------
    folder : Path
    kind : class
        Of the items.
    chosen : callable
        Takes an item's file name without ending; False leaves the item out.
    """

    def __init__(
        self, folder: Path, kind: Callable[..., I_co], chosen: Callable[[str], bool] = lambda name: True
    ) -> None:
        self.folder, self.kind, self.chosen = folder, kind, chosen
        self._kept: dict[Path, I_co] = {}
        self._room = CACHE_BYTES
        self.refresh()

    def refresh(self) -> None:
        """See what has come into the folder."""
        self._files = [file for file in sorted(self.folder.glob("*.npz")) if self.chosen(file.stem)]

    def __len__(self) -> int:
        return len(self._files)

    @property
    def names(self) -> list[str]:
        """Of the items, without reading them."""
        return [file.stem for file in self._files]

    @overload
    def __getitem__(self, place: int) -> I_co: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[I_co]: ...
    def __getitem__(self, place: int | slice) -> I_co | Sequence[I_co]:
        if isinstance(place, slice):
            return [self[k] for k in range(len(self))[place]]
        file = self._files[place]
        if file in self._kept:
            return self._kept[file]
        item: I_co = read_item(file, self.kind)
        size = sum(v.nbytes for v in vars(item).values() if isinstance(v, np.ndarray))
        if size <= self._room:
            self._room -= size
            self._kept[file] = item
        return item


def names_of(items: Sequence[Item]) -> list[str]:
    """The names of some items, in their order; a pool's files are not read for it."""
    return items.names if isinstance(items, Pool) else [item.name for item in items]


def subjects_of(items: Sequence[Item]) -> list[str]:
    """The subjects of some items, each once, in their order; a pool's files are not read for it."""
    return list(dict.fromkeys(map(subject_of, names_of(items))))
