"""All cines that a set of files could give, before any is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from lvcine.errors import ReadError
from lvcine.isolated import working_on
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.enhanced import enhanced_images, is_enhanced
from lvcine.read.dicom.header import Header, UnusableError, guarded, read_header
from lvcine.read.dicom.image import Image, classic_image
from lvcine.read.dicom.mr import sort_images
from lvcine.read.dicom.pixels import check_syntax
from lvcine.read.dicom.planned import Stack, series_label
from lvcine.read.dicom.stack import Loaded, load_stack, planned_cine, probe_stack
from lvcine.read.dicom.us import check_clip, clip_order, load_clip, planned_clip, probe_clip
from lvcine.read.dicom.velocity import with_velocity
from lvcine.read.files import Gathered
from lvcine.read.items import Inventory, Item
from lvcine.read.options import ReadOptions
from lvcine.read.single_files import take_singles
from lvcine.read.sniff import Kind, foreign_kind
from lvcine.read.user_facts import with_user_facts

Part = TypeVar("Part", Stack, Header)


def take_inventory(files: Gathered, options: ReadOptions, only_series: str | None = None) -> Inventory:
    """Plan every cine that the files could give.

    DICOM goes first. ``only_series`` restricts it to one series number.
    """
    found = Inventory(left_aside=list(files.left_aside), broken=dict(files.broken))
    facts = replace(options, view=None)  # the view is the user's word about one cine, not about all
    _take_dicom(files.of(Kind.DICOM), facts, only_series, found)
    take_singles(files, facts, found)
    _leave_others(files.of(Kind.OTHER), found)
    return found


def _leave_others(paths: list[Path], found: Inventory) -> None:
    """Files that no reader takes; formats of pictures by their name, as a converter helps there."""
    kinds = Counter(foreign_kind(path) for path in paths)
    for kind, count in sorted(kinds.items()):
        reason = f"not read: {kind}" if kind else "no kind of picture that is read"
        found.leave(f"{kind} file" if kind else "other file", reason, count)


def _take_dicom(paths: list[Path], options: ReadOptions, only_series: str | None, found: Inventory) -> None:
    images: list[Image] = []
    clips: list[Header] = []
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
        found.leave("DICOM file", reason, count)
    planned = sort_images(images, venc_given=options.venc_cm_s is not None)
    found.left_aside += planned.left_aside
    found.findings += planned.findings
    in_order = sorted(clips, key=clip_order)
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
            found.leave("cine", reason, 1)


def _sort_in(header: Header, images: list[Image], clips: list[Header]) -> None:
    """A readable file to the pictures or to the clips."""
    modality = header.fields.text("Modality")
    if modality == "US":
        check_clip(header)
        clips.append(header)
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
        real_time=not stack.gated,
        probe=lambda decoder: probe_stack(stack, decoder),
    )


def _clip_item(header: Header, options: ReadOptions) -> Item:
    def load(decoder: Decoder) -> Loaded:
        loaded = load_clip(header, decoder)
        return replace(loaded, cine=with_user_facts(loaded.cine, options))

    return Item(
        cine=with_user_facts(planned_clip(header), options),
        load=load,
        files=1,
        header=header,
        exam=header.fields.text("StudyInstanceUID"),
        series=(header.fields.text("SeriesNumber"),),
        timing="frame times",
        probe=lambda decoder: probe_clip(header, decoder),
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
