"""All cines that a set of files could give, before any is chosen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from lvcine.errors import ReadError, UsageError
from lvcine.isolated import working_on
from lvcine.read.catalogue import Group
from lvcine.read.decoder import Decoder
from lvcine.read.dicom_enhanced import enhanced_images, is_enhanced
from lvcine.read.dicom_flow import with_velocity
from lvcine.read.dicom_header import Header, UnusableError, guarded, read_header
from lvcine.read.dicom_image import Image, classic_image
from lvcine.read.dicom_mr import Stack, series_label, sort_images
from lvcine.read.dicom_pixels import check_syntax
from lvcine.read.dicom_stack import Loaded, load_stack, planned_cine
from lvcine.read.dicom_us import Clip, load_clip, make_clip, planned_clip
from lvcine.read.files import Gathered
from lvcine.read.given import with_user_facts
from lvcine.read.options import ReadOptions
from lvcine.read.packed import opened
from lvcine.read.sniff import Kind
from lvcine.study import Cine, Finding, LeftAside

Part = TypeVar("Part", Stack, Clip)

MOST_SINGLE_FILES = 20
"""NIfTI files, videos and arrays of one folder: more are a data set, not an exam."""


@dataclass(frozen=True, eq=False)
class Item:
    """One cine that can be read.

    Attributes
    ----------
    cine : Cine
        All but the pixels, which are zeros for DICOM.
    load : callable
        Decodes it.
    files : int
    header : Header or None
        Of one of its files; None if not DICOM.
    exam : str
        Study UID.
    series : tuple of str
        Series numbers.
    timing : str
        What the order in time is from.
    velocities : bool
        Three velocity channels lie beside the pictures.
    """

    cine: Cine
    load: Callable[[Decoder], Loaded]
    files: int
    header: Header | None = None
    exam: str = ""
    series: tuple[str, ...] = ()
    timing: str = ""
    velocities: bool = False

    def group(self) -> Group:
        """For the catalogue."""
        there = self.velocities or self.cine.velocity is not None
        return replace(describe(self.cine, self.files, self.timing), velocities=there)


@dataclass
class Inventory:
    """What was found.

    Attributes
    ----------
    items : list of Item
    left_aside : list of LeftAside
    broken : dict of Path -> str
        Files that should have been readable, with the reason.
    findings : list of Finding
        About the files as a whole.
    """

    items: list[Item] = field(default_factory=list)
    left_aside: list[LeftAside] = field(default_factory=list)
    broken: dict[Path, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def take_inventory(files: Gathered, options: ReadOptions, only_series: str | None = None) -> Inventory:
    """Plan every cine that the files could give.

    DICOM goes first: other files beside it (masks, films, tables) are left aside. ``only_series``
    restricts DICOM to one series number.
    """
    found = Inventory(left_aside=list(files.left_aside), broken=dict(files.broken))
    facts = replace(options, view=None)  # the view is the user's word about one cine, not about all
    _take_dicom(files.of(Kind.DICOM), facts, only_series, found)
    scans, stills = files.of(Kind.VELOCITY), files.of(Kind.PICTURE)
    singles = [(kind, path) for kind in _SINGLE for path in files.of(kind)]
    if found.items:
        beside = len(singles) + len(scans) + len(stills)
        _leave(found, "other file", "beside DICOM; open it by itself", beside)
    elif singles or scans:
        joined = _take_velocity_scans(scans, facts, found)
        _take_singles([pair for pair in singles if pair[1].resolve() not in joined], facts, found)
        _leave(found, "still picture", "beside another cine", len(stills))
    else:
        _take_stills(stills, facts, found)
    _leave(found, "other file", "no kind of picture that is read", len(files.of(Kind.OTHER)))
    return found


def _leave(found: Inventory, label: str, reason: str, files: int) -> None:
    if files:
        found.left_aside.append(LeftAside(label, reason, files))


def _take_dicom(paths: list[Path], options: ReadOptions, only_series: str | None, found: Inventory) -> None:
    images: list[Image] = []
    clips: list[Clip] = []
    aside: Counter[str] = Counter()
    for path in paths:
        working_on(path)
        try:
            header = read_header(path, options.max_pixels)
            if only_series is not None and header.fields.text("SeriesNumber") != only_series:
                continue
            with guarded(path):
                _sort_in(header, images, clips)
        except UnusableError as error:
            if error.broken:
                found.broken[path] = error.found
            else:
                aside[error.found] += 1
    working_on("")
    for reason, count in sorted(aside.items()):
        _leave(found, "DICOM file", reason, count)
    planned = sort_images(images, venc_told=options.venc_cm_s is not None)
    found.left_aside += planned.left_aside
    found.findings += planned.findings
    in_order = sorted(clips, key=lambda clip: clip.order)
    made = [
        *_items(planned.stacks, lambda stack: _stack_item(stack, options), found),
        *_items(in_order, lambda clip: _clip_item(clip, options), found),
    ]
    found.items += _with_own_labels(made)


def _items(parts: Iterable[Part], make: Callable[[Part], Item], found: Inventory) -> Iterator[Item]:
    """The items of stacks or clips; one whose header makes no sense costs itself alone."""
    for part in parts:
        try:
            yield make(part)
        except MemoryError:
            raise
        except Exception as error:
            reason = error.found if isinstance(error, ReadError) else "its header makes no sense"
            _leave(found, "cine", reason, 1)


def _sort_in(header: Header, images: list[Image], clips: list[Clip]) -> None:
    """A readable file to the pictures or to the clips."""
    modality = header.fields.text("Modality")
    if modality == "US":
        clips.append(make_clip(header))
    elif modality not in ("MR", ""):
        raise UnusableError(f"modality {modality}, not MR or ultrasound")
    elif is_enhanced(header):
        check_syntax(header)
        images += enhanced_images(header)
    elif header.shape[0] > 1:
        raise UnusableError("several frames without a description of each")
    else:
        check_syntax(header)
        images.append(classic_image(header))


def _stack_item(stack: Stack, options: ReadOptions) -> Item:
    first = stack.reference

    def load(decoder: Decoder) -> Loaded:
        loaded = with_velocity(load_stack(stack, decoder), decoder, options)
        return replace(loaded, cine=with_user_facts(loaded.cine, options))

    return Item(
        cine=with_user_facts(planned_cine(stack), options),
        load=load,
        files=len({image.header.path for image in (*stack.images, *stack.phase_images)}),
        header=first.header,
        exam=first.study,
        series=stack.series_numbers,
        timing=stack.runs[0].clock,
        velocities=bool(stack.channels),
    )


def _clip_item(clip: Clip, options: ReadOptions) -> Item:
    def load(decoder: Decoder) -> Loaded:
        loaded = load_clip(clip, decoder)
        return replace(loaded, cine=with_user_facts(loaded.cine, options))

    fields = clip.header.fields
    return Item(
        cine=with_user_facts(planned_clip(clip), options),
        load=load,
        files=1,
        header=clip.header,
        exam=fields.text("StudyInstanceUID"),
        series=(fields.text("SeriesNumber"),),
        timing="frame times",
    )


def _with_own_labels(items: list[Item]) -> list[Item]:
    """Labels by series; a number in brackets where two cines share a series."""
    seen: Counter[str] = Counter()
    named = []
    for item in items:
        label = series_label(item.series)
        seen[label] += 1
        label = label if seen[label] == 1 else f"{label} [{seen[label]}]"
        named.append(replace(item, cine=replace(item.cine, label=label)))
    return named


def _take_velocity_scans(paths: list[Path], options: ReadOptions, found: Inventory) -> set[Path]:
    """Velocity scans that a sidecar joins out of NIfTI files; returns the files that are part of one."""
    from lvcine.read.nifti_velocity import named_by, read_velocity_nifti

    joined: set[Path] = set()
    for path in paths[:MOST_SINGLE_FILES]:
        joined |= named_by(path)  # no cines of their own, also where the scan cannot be read
        with _one_of(len(paths), path, "velocity scan", found):
            cine, parts = read_velocity_nifti(path, options)
            digests = frozenset(_content_digest(part) for part in parts)
            found.items.append(replace(_single_item(Kind.NIFTI, cine, digests), files=len(parts)))
            joined |= {part.resolve() for part in parts}
    return joined


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
        found.left_aside.append(LeftAside(label, fault.found, files, path.name))


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
    cines, digest = _SINGLE[kind](path, options), _content_digest(path)
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


def _nifti(path: Path, options: ReadOptions) -> list[Cine]:
    from lvcine.read.nifti import read_nifti

    return [read_nifti(path, options)]


def _video(path: Path, options: ReadOptions) -> list[Cine]:
    from lvcine.read.video import read_video

    return [read_video(path, options)]


def _array(path: Path, options: ReadOptions) -> list[Cine]:
    from lvcine.read.arrays import read_array

    return [read_array(path, options)]


def _lvquan(path: Path, options: ReadOptions) -> list[Cine]:
    from lvcine.read.lvquan import read_lvquan

    return read_lvquan(path, options)


_SINGLE: dict[Kind, Callable[[Path, ReadOptions], list[Cine]]] = {
    Kind.NIFTI: _nifti,
    Kind.VIDEO: _video,
    Kind.ARRAY: _array,
    Kind.MATLAB: _lvquan,
}


def describe(cine: Cine, files: int, timing: str) -> Group:
    """A cine in the catalogue's words."""
    g = cine.geometry
    step = g.slice_step_mm
    steps_ms = None if cine.times_ms is None or cine.frames < 2 else np.diff(cine.times_ms, axis=1)
    return Group(
        label=cine.label,
        modality=cine.modality,
        view=cine.view,
        slices=cine.slices,
        frames=cine.frames,
        rows=int(cine.pixels.shape[2]),
        columns=int(cine.pixels.shape[3]),
        spacing_mm=g.pixel_spacing_mm if g.calibrated else None,
        slice_step_mm=step if np.isfinite(step) and cine.slices > 1 else None,
        thickness_mm=g.thickness_mm,
        frame_ms=None if steps_ms is None else float(np.median(steps_ms)),
        cycle_ms=None if cine.cycle_ms is None else float(np.median(cine.cycle_ms)),
        heart_rate_bpm=cine.heart_rate_bpm,
        timing=timing,
        gated=cine.gated,
        phases_only=cine.phases_only,
        files=files,
        findings=cine.findings,
    )
