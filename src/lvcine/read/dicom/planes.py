"""Pictures by place: which are parallel, which show the same slice, which are the same picture twice."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import numpy as np

from lvcine.read.dicom.image import Image
from lvcine.study import Array

T = TypeVar("T")

PARALLEL_COS = float(np.cos(np.deg2rad(5.0)))
"""Breath-holds re-planned by a few degrees still belong to one stack."""

_SAME_SLICE = 0.25  # of the slice thickness: closer planes are one slice acquired twice
_JITTER_MM = 0.15  # what rounding in headers moves a slice by
_NEARLY_ALL = 0.8
_LOSSY = {"50", "51", "81", "91", "203"}  # of transfer syntaxes 1.2.840.10008.1.2.4.n
_SAME_PICTURE = 0.995  # correlation: a picture and itself coded with loss; neighbours in time have less


def grouped(things: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Things by equal key, groups and members in order of first appearance.

    Examples
    --------
    >>> grouped([1, 4, 3, 2], lambda n: n % 2)
    [[1, 3], [4, 2]]
    """
    found: dict[Hashable, list[T]] = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return list(found.values())


def parallel_sets(images: list[Image]) -> list[list[Image]]:
    """Pictures by plane: seeds are the most frequent normals, within 5 degrees, either side up.

    The first picture of every set has the seed's own normal and serves as the reference for heights.
    Pictures without orientation come as one set.
    """
    placed = [(image, _rounded(image.normal)) for image in images if image.normal is not None]
    unplaced = [image for image in images if image.normal is None]
    sets = [unplaced] if unplaced else []
    while placed:
        count = Counter(normal for _, normal in placed)
        commonest = max(count, key=lambda normal: (count[normal], normal))
        seed = np.array(commonest) / np.linalg.norm(commonest)
        near = {id(image): abs(float(np.array(normal) @ seed)) for image, normal in placed}
        parallel = [image for image, _ in placed if near[id(image)] > PARALLEL_COS]
        sets.append(sorted(parallel, key=lambda image: -near[id(image)]))
        placed = [pair for pair in placed if near[id(pair[0])] <= PARALLEL_COS]
    return sets


def _rounded(normal: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in np.round(normal, 3) + 0.0)


def slices(images: list[Image]) -> list[list[Image]]:
    """Parallel pictures by position along the first one's normal, ascending."""
    heights = np.array([height_mm(image, images[0]) for image in images])
    order = np.argsort(heights, kind="stable")
    breaks = np.flatnonzero(np.diff(heights[order]) > same_place(images)) + 1
    return [[images[i] for i in sorted(part)] for part in np.split(order, breaks)]


def same_place(images: list[Image]) -> float:
    """How far apart parallel pictures of one slice can lie, mm.

    A repeated breath-hold moves a slice by a part of its thickness. Thickness does not say how far apart
    slices are: where nearly all lie closer, over more than a slice, they are that close.
    """
    sizes = [image.thickness_mm or image.step_mm for image in images]
    known = [size for size in sizes if size is not None]
    thick = float(np.median(known)) if known else 4.0
    moved = _SAME_SLICE * thick
    heights = np.array([height_mm(image, images[0]) for image in images])
    gaps = np.diff(np.unique(np.round(heights, 1)))
    gaps = gaps[gaps > _JITTER_MM]
    if len(gaps) >= 2 and np.mean(gaps <= moved) > _NEARLY_ALL and gaps.sum() > thick:
        return _SAME_SLICE * float(np.median(gaps))
    return moved


def height_mm(image: Image, reference: Image) -> float:
    """Position of a picture's centre along the reference normal; SliceLocation if it is not placed."""
    if image.centre_mm is not None and reference.normal is not None:
        return float(image.centre_mm @ reference.normal)
    return image.location_mm or 0.0


def grid(image: Image) -> tuple[Hashable, ...]:
    """Rows, columns, spacing and directions: equal for pictures that need no resampling."""
    axes = () if image.axes is None else tuple(float(v) for v in np.round(image.axes, 3).ravel() + 0.0)
    spacing = None if image.spacing_mm is None else tuple(round(s, 4) for s in image.spacing_mm)
    return image.rows, image.columns, spacing, axes


def majority_grid(images: list[Image]) -> Image:
    """A picture with the grid that most slices have."""
    count = Counter(grid(image) for image in images)
    return max(images, key=lambda image: count[grid(image)])


def without_copies(images: list[Image]) -> tuple[list[Image], int]:
    """Drop pictures whose pixels are those of another of the same place and time, also under another codec.

    Returns
    -------
    images : list of Image
        In the order given.
    dropped : int
    """
    kept: set[int] = set()
    for group in grouped(images, _place_and_time):
        same = [group] if len(group) == 1 else grouped(group, _pixel_digest)
        firsts = [copies[0] for copies in same]
        if len({image.header.syntax for image in firsts}) > 1:
            firsts = _in_one_coding(firsts)
        kept |= {id(image) for image in firsts}
    return [image for image in images if id(image) in kept], len(images) - len(kept)


def _in_one_coding(images: list[Image]) -> list[Image]:
    """Pictures that differ by more than their codec; of equal ones the one without compression, or loss."""
    from lvcine.read.dicom.pixels import decode  # codecs, which a header's reader does not need

    kept: list[tuple[Image, Array]] = []
    for image in sorted(images, key=_loss):
        header = image.header
        try:
            (pixels,) = decode(header.path.read_bytes(), header.syntax, [image.frame], header.path.name)
        except Exception:  # what cannot be decoded is said where it is read
            kept.append((image, np.zeros(0)))
            continue
        if not any(_equal(pixels, other) for _, other in kept):
            kept.append((image, pixels))
    return [image for image, _ in kept]


def _loss(image: Image) -> int:
    syntax = image.header.syntax
    if not syntax.startswith("1.2.840.10008.1.2.4"):
        return 0
    return 2 if syntax.rpartition(".")[2] in _LOSSY else 1


def _equal(one: Array, other: Array) -> bool:
    if one.shape != other.shape or not one.size:
        return False
    a, b = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    if (a == b).all():
        return True
    return bool(a.std() > 0 and b.std() > 0 and np.corrcoef(a, b)[0, 1] > _SAME_PICTURE)


def _place_and_time(image: Image) -> Hashable:
    place = None if image.position_mm is None else tuple(np.round(image.position_mm, 2))
    return place, image.location_mm, moment_of(image)


def moment_of(image: Image) -> Hashable:
    """What the header says about a picture's time in the cycle; the instance number where that is nothing."""
    moment = (image.trigger_ms, image.delay_ms, image.percent, image.temporal_index)
    # without any cardiac time two equal pictures may be two phases of a still part
    number = image.instance if all(value is None for value in moment) else None
    return moment, number


def _pixel_digest(image: Image) -> str:
    """Hash of a picture's stored pixels: the frame's own bytes where they are not compressed."""
    header = image.header
    with header.path.open("rb") as file:
        size = header.frame_bytes
        if size:
            file.seek(header.value_offset + image.frame * size)
            return hashlib.sha256(file.read(size)).hexdigest()
        file.seek(header.value_offset)
        return hashlib.sha256(file.read()).hexdigest() + f"/{image.frame}"
