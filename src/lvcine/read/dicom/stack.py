"""A planned stack -> a cine: one grid, one frame axis, decoded pixels."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.dicom.cures import cure_of
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.header import UnusableError
from lvcine.read.dicom.image import Image
from lvcine.read.dicom.mr import sort_images
from lvcine.read.dicom.planes import grid, grouped
from lvcine.read.dicom.planned import Stack, series_label
from lvcine.read.dicom.stack_findings import stack_findings
from lvcine.read.dicom.time import Run
from lvcine.read.dicom.velocity_channels import Channel
from lvcine.read.plausible import rescale
from lvcine.study import Array, Cine, FileGrid, Finding, Geometry, LeftAside, Whole


@dataclass(frozen=True, eq=False)
class Timing:
    """Which picture stands at which slice and frame, and when.

    Attributes
    ----------
    chosen : ndarray of int, shape (Z, T)
        Index into the images of each slice's run.
    times_ms : ndarray, shape (Z, T), or None
    cycle_ms : ndarray, shape (Z,), or None
    """

    chosen: Whole
    times_ms: Array | None
    cycle_ms: Array | None


@dataclass(frozen=True, eq=False)
class Loaded:
    """A cine with what was found while decoding it.

    Attributes
    ----------
    cine : Cine
    digests : frozenset of str
        SHA-256 of every file that went into it.
    left_aside : tuple of LeftAside
    findings : tuple of Finding
        About files, not about the cine.
    stack : Stack or None
        What the cine was decoded from: the planned stack without damaged pictures.
    """

    cine: Cine
    digests: frozenset[str]
    left_aside: tuple[LeftAside, ...] = ()
    findings: tuple[Finding, ...] = ()
    stack: Stack | None = None


def stack_timing(stack: Stack) -> Timing:
    """Put every slice on the stack's T frames.

    A slice with another number of frames gives the picture nearest in the normalised cycle
    (each breath-hold has its own heart rate), cyclically, and takes the time of the frame it
    stands for.
    """
    full = [run for run in stack.runs if run.frames == stack.frames]
    target = np.median([run.phases for run in full], axis=0)
    cycles = [run.cycle_ms for run in stack.runs]
    known = [cycle for cycle in cycles if cycle is not None]
    cycle_ms = np.array([cycle or np.median(known) for cycle in cycles]) if known else None
    chosen = np.stack([_nearest_phases(run, target) for run in stack.runs])
    if cycle_ms is None:
        return Timing(chosen, None, None)
    times = [
        run.times_ms if run.frames == len(target) and run.times_ms is not None else target * cycle
        for run, cycle in zip(stack.runs, cycle_ms, strict=True)
    ]
    return Timing(chosen, np.stack(times), cycle_ms)


def _nearest_phases(run: Run, target: Array) -> Whole:
    if run.frames == len(target):
        return np.arange(run.frames)
    away = np.abs(run.phases[None, :] - target[:, None]) % 1.0
    return np.argmin(np.minimum(away, 1.0 - away), axis=1)


def stack_geometry(stack: Stack) -> Geometry:
    """The stack's grid in the patient; slices of another grid are placed on it (see :func:`_resampled`)."""
    reference = stack.reference
    dy, dx = reference.spacing_mm or (1.0, 1.0)
    axes = np.array([[1.0, 0, 0], [0, 1.0, 0]]) if reference.axes is None else reference.axes
    normal = np.cross(axes[0], axes[1])
    placed = reference.axes is not None and all(run.images[0].position_mm is not None for run in stack.runs)
    if placed:
        origins = _origins(stack, normal)
    else:
        origins = stack.heights_mm[:, None] * normal
    return Geometry(
        origins_mm=origins,
        row_step_mm=axes[1] * dy,
        column_step_mm=axes[0] * dx,
        thickness_mm=reference.thickness_mm,
        calibrated=reference.spacing_mm is not None,
        placed=placed,
    )


def _origins(stack: Stack, normal: Array) -> Array:
    """Centre of pixel (0, 0) of every slice.

    For a slice of another grid that of its nearest neighbour on the stack's, moved along the normal.
    """
    heights = stack.heights_mm
    same = [_on_grid(run.images[0], stack) for run in stack.runs]
    origins = []
    for z in range(len(stack.runs)):
        near = z if same[z] else min(np.flatnonzero(same), key=lambda k: abs(heights[k] - heights[z]))
        position = stack.runs[near].images[0].position_mm
        assert position is not None  # the caller checked that the stack is placed
        origins.append(position + (heights[z] - heights[near]) * normal)
    return np.array(origins)


def _on_grid(image: Image, stack: Stack) -> bool:
    return grid(image) == grid(stack.reference)


def planned_cine(stack: Stack) -> Cine:
    """The cine without its pixels: zeros that take no memory stand in for them."""
    geometry, timing = stack_geometry(stack), stack_timing(stack)
    shape = len(stack.runs), stack.frames, stack.reference.rows, stack.reference.columns
    return Cine(
        pixels=np.broadcast_to(np.zeros((), np.uint8), shape),
        geometry=geometry,
        times_ms=timing.times_ms,
        cycle_ms=timing.cycle_ms,
        phases_only=stack.frames == 2,
        modality=stack.reference.modality or "UNKNOWN",
        label=series_label(stack.series_numbers),
        file_grid=FileGrid(),
        findings=stack_findings(stack, geometry, timing.times_ms, timing.cycle_ms),
        instances=_instances(stack, timing),
    )


def _instances(stack: Stack, timing: Timing) -> tuple[tuple[str, ...], ...]:
    """The object of every picture; none of those that are resampled, and none of several to a file."""
    if len({(image.sop, image.frame) for image in stack.images}) != len({i.sop for i in stack.images}):
        return ()
    return tuple(
        tuple(image.sop if _on_grid(image, stack) else "" for image in (run.images[k] for k in row))
        for run, row in zip(stack.runs, timing.chosen, strict=True)
    )


def probe_stack(stack: Stack, decoder: Decoder) -> None:
    """Decode one picture of every series.

    Raises
    ------
    ReadError
        None of them can be decoded, and why the first cannot.
    """
    read = read_pictures([part[0] for part in grouped(stack.images, lambda image: image.series)], decoder)
    if read.failed and not read.pixels:
        image, reason = read.failed[0]
        raise ReadError(reason, where=image.header.path.name, advice=cure_of([reason]))


def load_stack(stack: Stack, decoder: Decoder) -> Loaded:
    """Decode a stack.

    Parameters
    ----------
    stack : Stack
    decoder : Decoder

    Raises
    ------
    ReadError
        None of the pictures can be decoded.
    """
    read = read_pictures(stack.images, decoder)
    if read.failed:
        return _without(stack, read.failed, decoder)
    cine = planned_cine(stack)
    array = assembled(stack, cine.geometry, read.pixels)
    return Loaded(replace(cine, pixels=array), frozenset(read.digests), stack=stack)


@dataclass
class Pictures:
    """Decoded pictures.

    Attributes
    ----------
    pixels : dict of int -> ndarray (Y, X)
        Rescaled, by the identity (``id``) of their :class:`Image`.
    digests : set of str
        SHA-256 of the files they were in.
    failed : list of (Image, str)
        Pictures that could not be decoded, with the reason.
    """

    pixels: dict[int, NDArray[Any]] = field(default_factory=dict)
    digests: set[str] = field(default_factory=set)
    failed: list[tuple[Image, str]] = field(default_factory=list)


def read_pictures(images: list[Image], decoder: Decoder) -> Pictures:
    """Decode pictures, each file once."""
    read = Pictures()
    for of_file in grouped(images, lambda image: image.header.path):
        try:
            digest, arrays = _read_file(of_file, decoder)
        except UnusableError as error:
            read.failed += [(image, error.found) for image in of_file]
            continue
        read.digests.add(digest)
        read.pixels.update({id(image): array for image, array in zip(of_file, arrays, strict=True)})
    return read


def _read_file(images: list[Image], decoder: Decoder) -> tuple[str, list[NDArray[Any]]]:
    """Digest of a file and its wanted pictures, in the order of ``images``."""
    header = images[0].header
    try:
        data = header.path.read_bytes()
    except OSError as error:
        raise UnusableError("cannot be opened", broken=True, where=header.path.name) from error
    wanted = sorted(image.frame for image in images)
    by_frame = dict(zip(wanted, decoder.frames(data, header, wanted), strict=True))
    return hashlib.sha256(data).hexdigest(), [_rescaled(by_frame[image.frame], image) for image in images]


def _rescaled(array: NDArray[Any], image: Image) -> NDArray[Any]:
    """Modality LUT (PS3.3 C.11.1): stored values stay as they are where it is the identity or cannot be."""
    slope, intercept = rescale(image.slope, image.intercept)
    if (slope, intercept) == (1.0, 0.0):
        return array
    return (array * slope + intercept).astype(np.float32)


def _without(stack: Stack, failed: list[tuple[Image, str]], decoder: Decoder) -> Loaded:
    """Load what remains of a stack when some of its pictures turned out to be damaged."""
    bad = {id(image) for image, _ in failed}
    whole = [image for image in stack.images if id(image) not in bad]
    remaining = sort_images([*whole, *stack.phase_images], venc_given=True).stacks
    if not remaining:
        image, reason = failed[0]
        raise ReadError(reason, where=image.header.path.name, advice=cure_of([reason]))
    loaded = load_stack(max(remaining, key=lambda part: len(part.images)), decoder)
    files = {image.header.path: reason for image, reason in failed}
    label = series_label(stack.series_numbers)
    return Loaded(
        loaded.cine,
        loaded.digests,
        (*loaded.left_aside, *(LeftAside(label, why, file=path.name) for path, why in files.items())),
        (*loaded.findings, unreadable(files)),
        loaded.stack,
    )


def unreadable(files: dict[Path, str]) -> Finding:
    """The finding for damaged files among good ones; it names none of them, as names may be patients'."""
    counts = Counter(files.values()).most_common()
    reasons = "; ".join(f"{count} x {reason}" for reason, count in counts[:3])
    more = "; others for other reasons" if len(counts) > 3 else ""
    text = f"{len(files)} file{'s' if len(files) > 1 else ''} could not be read ({reasons}{more})"
    text += ", named by `lvcine info`"
    return Finding("unreadable-files", "warning", text, cure_of(files.values()))


def assembled(
    stack: Stack, geometry: Geometry, pixels: dict[int, NDArray[Any]], *, runs: Channel | None = None
) -> NDArray[Any]:
    """Pixels (Z, T, Y, X) in the narrowest type that holds all pictures.

    Parameters
    ----------
    stack : Stack
    geometry : Geometry
        Of the stack.
    pixels : dict
        By the identity of their pictures, see :class:`Pictures`.
    runs : tuple of Run, optional
        A velocity channel's instead of the stack's own; what lies on another grid is not interpolated
        then, as velocities wrap.
    """
    chosen = stack_timing(stack).chosen
    kinds = np.result_type(*{array.dtype for array in pixels.values()})
    shape = stack.reference.rows, stack.reference.columns
    out = np.empty((len(stack.runs), stack.frames, *shape), kinds)
    order = 1 if runs is None else 0
    for z, run in enumerate(runs or stack.runs):
        for t, index in enumerate(chosen[z]):
            image = run.images[index]
            array = pixels[id(image)]
            here = _on_grid(image, stack)
            out[z, t] = array if here else _resampled(array, image, geometry, z, shape, order)
    return out


def _resampled(
    array: NDArray[Any], image: Image, geometry: Geometry, z: int, shape: tuple[int, int], order: int
) -> NDArray[Any]:
    """A picture of another grid (size, spacing, turned, slightly tilted) on the stack's.

    ``order`` 1 is bilinear, 0 the nearest pixel.
    """
    from scipy.ndimage import map_coordinates  # slow to import, seldom needed

    y, x = np.indices(shape).reshape(2, -1)
    points = geometry.to_patient(z, np.stack([y, x], axis=1))
    assert image.axes is not None and image.position_mm is not None  # only placed pictures are resampled
    dy, dx = image.spacing_mm or (1.0, 1.0)
    at = Geometry(image.position_mm[None], image.axes[1] * dy, image.axes[0] * dx).to_pixels(0, points)
    outside = 0.0 if order else np.nan
    values = map_coordinates(
        array.astype(np.float64), at.T, order=order, mode="grid-constant", cval=outside
    ).reshape(shape)
    return np.rint(values) if array.dtype.kind in "iu" else values
