"""Scans of one file each, or of a folder of pictures: NIfTI, films, arrays, MATLAB, still pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lvcine.errors import ReadError, UsageError
from lvcine.isolated import working_on
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.stack import Loaded
from lvcine.read.files import Gathered
from lvcine.read.items import Inventory, Item
from lvcine.read.options import ReadOptions
from lvcine.read.packed import opened
from lvcine.read.sniff import Kind
from lvcine.study import Cine

_SINGLE = (Kind.NIFTI, Kind.VIDEO, Kind.ARRAY, Kind.MATLAB)
MOST_SINGLE_FILES = 20
"""Cines in NIfTI files, videos and arrays of one folder: more are a data set, not an exam."""
MOST_PARTS = 400
"""NIfTI files of one exam: a slice and a moment each."""


def take_singles(files: Gathered, options: ReadOptions, found: Inventory) -> None:
    """Plan the cines of files that are no DICOM; still pictures only where there is nothing else.

    Beside DICOM such files (masks, films, tables) are not analysed.
    """
    scans, stills = files.of(Kind.VELOCITY), files.of(Kind.PICTURE)
    singles = [(kind, path) for kind in _SINGLE for path in files.of(kind)]
    if found.items:
        beside = len(singles) + len(scans) + len(stills)
        found.leave("other file", "beside DICOM; open it by itself", beside)
    elif singles or scans:
        joined = _take_velocity_scans(scans, options, found)
        rest = [pair for pair in singles if pair[1].resolve() not in joined]
        volumes = [path for kind, path in rest if kind is Kind.NIFTI]
        if len(volumes) > 1:
            _take_volumes(volumes, len(rest), options, found)
            rest = [pair for pair in rest if pair[0] is not Kind.NIFTI]
        _take_singles(rest, options, found)
        found.leave("still picture", "beside another cine", len(stills))
    else:
        _take_stills(stills, options, found)


def _take_velocity_scans(paths: list[Path], options: ReadOptions, found: Inventory) -> set[Path]:
    """Velocity scans that a sidecar joins out of NIfTI files; returns the files that are part of one."""
    from lvcine.read.nifti.velocity import named_by, read_velocity_nifti

    joined: set[Path] = set()
    for path in paths[:MOST_SINGLE_FILES]:
        joined |= named_by(path)  # no cines of their own, also where the scan cannot be read
        with _one_of(len(paths), path, "velocity scan", found):
            cine, parts = read_velocity_nifti(path, options)
            digests = frozenset(_content_digest(part) for part in parts)
            found.items.append(replace(_single_item(Kind.NIFTI, cine, digests), files=len(parts)))
            joined |= {part.resolve() for part in parts}
    return joined


def _take_volumes(paths: list[Path], singles: int, options: ReadOptions, found: Inventory) -> None:
    """NIfTI files that are cines, or slices and moments of one."""
    from lvcine.read.nifti.several import read_several

    folders = {path.parent for path in paths}
    if len(folders) > MOST_SINGLE_FILES or len(paths) > MOST_PARTS:
        raise ReadError(
            f"{len(paths)} NIfTI files in {len(folders)} folders", advice="give the folder of one exam"
        )
    cines, failed = read_several(paths, options)
    if len(cines) > MOST_SINGLE_FILES:
        raise ReadError(
            f"{len(cines)} cines in NIfTI files of one folder", advice="give the files of one exam"
        )
    for path, error in failed.items():
        with _one_of(singles, path, str(Kind.NIFTI), found):
            raise error
    for joined in cines:
        digests = frozenset(map(_content_digest, joined.paths))
        found.items.append(replace(_single_item(Kind.NIFTI, joined.cine, digests), files=len(joined.paths)))


@contextmanager
def _one_of(count: int, path: Path, label: str, found: Inventory, files: int = 1) -> Iterator[None]:
    """Read one of several scans: whatever its parser stumbles over costs that one, named by its kind.

    The only one's fault is everybody's: it is raised.
    """
    working_on(path)
    try:
        yield
    except (MemoryError, UsageError):
        raise
    except Exception as error:
        unknown = ReadError(f"damaged, or a {label} of an unknown make", where=path.name)
        fault = error if isinstance(error, ReadError) else unknown
        if count == 1:
            raise fault from error
        found.leave(label, fault.found, files, path.name)


def _take_stills(stills: list[Path], options: ReadOptions, found: Inventory) -> None:
    """Folders of still pictures, a clip each; a single picture among them is none."""
    from lvcine.read.pictures import by_folder, read_pictures

    folders = by_folder(stills)
    if len(folders) > MOST_SINGLE_FILES:
        raise ReadError(f"{len(folders)} folders of pictures", advice="give one of the folders")
    for paths in folders:
        with _one_of(len(folders), paths[0], "pictures", found, len(paths)):
            cine = read_pictures(paths, options)
            item = _single_item(Kind.PICTURE, cine, frozenset(map(_content_digest, paths)))
            found.items.append(replace(item, files=len(paths), timing="names"))


def _take_singles(singles: list[tuple[Kind, Path]], options: ReadOptions, found: Inventory) -> None:
    """Files that are one cine each. They are small enough to be decoded on the spot."""
    if len(singles) > MOST_SINGLE_FILES:
        raise ReadError(
            f"{len(singles)} NIfTI, video or array files in one folder", advice="give one of the files"
        )
    for kind, path in singles:
        with _one_of(len(singles), path, str(kind), found):
            found.items += _single_items(kind, path, options)


def _single_items(kind: Kind, path: Path, options: ReadOptions) -> list[Item]:
    cines, digest = _cines_of(kind, path, options), _content_digest(path)
    items = [_single_item(kind, cine, frozenset({digest})) for cine in cines]
    if kind is Kind.MATLAB:  # every cine is another person
        return [
            replace(item, exam=f"{digest} {item.cine.label}", series=(str(number),))
            for number, item in enumerate(items, start=1)
        ]
    return items


def _single_item(kind: Kind, cine: Cine, digests: frozenset[str]) -> Item:
    loaded = Loaded(cine, digests)

    def load(decoder: Decoder) -> Loaded:
        decoder.tick(cine.slices * cine.frames)
        return loaded

    return Item(
        cine=cine, load=load, files=1, timing="" if kind in (Kind.ARRAY, Kind.MATLAB) else f"{kind} header"
    )


def _content_digest(path: Path) -> str:
    """Of what is in the file, however it is compressed."""
    digest = hashlib.sha256()
    with opened(path) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _cines_of(kind: Kind, path: Path, options: ReadOptions) -> list[Cine]:
    """The cines of one file; its reader is loaded when it is needed."""
    if kind is Kind.NIFTI:
        from lvcine.read.nifti.reader import read_nifti

        return [read_nifti(path, options)]
    if kind is Kind.VIDEO:
        from lvcine.read.video import read_video

        return [read_video(path, options)]
    if kind is Kind.ARRAY:
        from lvcine.read.arrays import read_array

        return [read_array(path, options)]
    from lvcine.read.datasets.lvquan import read_lvquan

    return read_lvquan(path, options)
