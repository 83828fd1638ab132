"""The velocities beside a decoded stack, on its grid and frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.image import Image
from lvcine.read.dicom.planned import Stack, series_label, series_of
from lvcine.read.dicom.stack import Loaded, assembled, read_pictures, unreadable
from lvcine.read.dicom.time import Run
from lvcine.read.dicom.velocity_channels import Channel
from lvcine.read.dicom.velocity_directions import DIRECTIONS_UNKNOWN, assumed, in_patient
from lvcine.read.dicom.velocity_scale import UnclearScaleError, velocities
from lvcine.read.dicom.venc import Direction
from lvcine.read.options import ReadOptions
from lvcine.read.user_facts import venc_finding
from lvcine.study import Array, Finding, Geometry, LeftAside, Velocity

Vencs = tuple[float, float, float]

_SAME_VENC = 1e-3
_SAME_WAY_COS = 0.99  # channels of slices that are tilted by less are along one direction


def with_velocity(loaded: Loaded, decoder: Decoder, options: ReadOptions) -> Loaded:
    """The cine with the velocities of its stack; as it is where there are none.

    Parameters
    ----------
    loaded : Loaded
        From :func:`lvcine.read.dicom.stack.load_stack`.
    decoder : Decoder
    options : ReadOptions
        ``venc_cm_s`` before what the files say.

    Raises
    ------
    ReadError
        A VENC that is missing or not one in a channel; velocities beyond it; too many pixels.

    Notes
    -----
    Velocities that cannot be had for another reason are not analysed, with a finding, and the magnitude
    is read alone.
    """
    stack = loaded.stack
    if stack is None or not stack.channels:
        return loaded
    if (1 + len(stack.channels)) * loaded.cine.pixels.size > options.max_pixels:
        raise ReadError(
            f"magnitude and velocities of more than the {options.max_pixels} pixels allowed",
            where=loaded.cine.label, advice="raise max_pixels if this is meant",
        )  # fmt: skip
    vencs = options.venc_cm_s or _stated(stack)
    directions = _directions(stack, loaded.cine.geometry)
    if directions is None:
        return _aside(loaded, stack, "encoded along other directions from slice to slice")
    along, signs, findings = directions
    try:
        return _read(loaded, stack, decoder, vencs, along, signs, (*venc_finding(options), *findings))
    except UnclearScaleError as error:
        return _aside(loaded, stack, str(error))


def _stated(stack: Stack) -> Vencs:
    """The VENC of each channel by its files."""
    x, y, z = (_one_venc(channel) for channel in stack.channels)
    return x, y, z


def _one_venc(channel: Channel) -> float:
    images = _pictures(channel)
    found = {0.0 if image.encoding is None else image.encoding.venc_cm_s for image in images}
    if 0.0 not in found and max(found) - min(found) <= _SAME_VENC * max(found):
        return max(found)
    stated = " and ".join(f"{venc:g}" for venc in sorted(found - {0.0}))
    missing = "without a velocity encoding (VENC)" if not stated else "not all of which say a VENC"
    text = missing if 0.0 in found else f"with several VENCs in one channel: {stated} cm/s"
    raise ReadError(
        f"velocity pictures beside a magnitude, {text}", where=series_label(series_of(images)),
        advice="pass the VENC of the scan in cm/s: --venc V, or X,Y,Z for the three channels",
    )  # fmt: skip


def _pictures(channel: Channel) -> list[Image]:
    return [image for run in channel for image in run.images]


def _directions(
    stack: Stack, geometry: Geometry
) -> tuple[Array, NDArray[np.int_], tuple[Finding, ...]] | None:
    """Unit vectors (3, 3), sign of each slice's channels (3, Z), findings; None if slices differ.

    A slice that names a channel the other way round, or whose picture is turned over, has it turned.
    """
    signs = np.ones((3, len(stack.runs)), int)
    stated = [_directions_of(runs) for runs in zip(*stack.channels, strict=True)]
    known = [directions for directions in stated if directions is not None]
    if len(known) < len(stated) or not geometry.placed:
        return Velocity.along_picture(geometry), signs, (DIRECTIONS_UNKNOWN,)
    here, least_cos = in_patient(known[0], Velocity.along_picture(geometry))
    for z, (directions, run) in enumerate(zip(known, stack.runs, strict=True)):
        own = in_patient(directions, _axes(run.images[0]))[0]
        cosines = (own * here).sum(axis=1)
        if (np.abs(cosines) < _SAME_WAY_COS).any():
            return None
        signs[:, z] = np.sign(cosines)
    return here, signs, assumed(known[0], least_cos)


def _directions_of(channels: tuple[Run, ...]) -> list[Direction] | None:
    """The directions of a slice's channels; None where not all pictures state one and the same."""
    found = []
    for run in channels:
        stated = {None if image.encoding is None else image.encoding.along for image in run.images}
        direction = next(iter(stated))
        if direction is None or len(stated) > 1:
            return None
        found.append(direction)
    return found


def _axes(image: Image) -> Array:
    assert image.axes is not None  # the stack is placed
    return np.stack([*image.axes, np.cross(*image.axes)])


def _read(
    loaded: Loaded,
    stack: Stack,
    decoder: Decoder,
    vencs: Vencs,
    along: Array,
    signs: NDArray[np.int_],
    findings: tuple[Finding, ...],
) -> Loaded:
    read = read_pictures(stack.phase_images, decoder)
    if read.failed:
        files = {image.header.path: reason for image, reason in read.failed}
        without = _aside(loaded, stack, "damaged")
        return replace(without, findings=(*without.findings, unreadable(files)))
    channels, doubts = [], []
    for channel, venc in zip(stack.channels, vencs, strict=True):
        images = _pictures(channel)
        made = velocities(
            images, [read.pixels[id(image)] for image in images], venc, series_label(series_of(images))
        )
        by_picture = {id(image): array for image, array in zip(images, made.cm_s, strict=True)}
        channels.append(assembled(stack, loaded.cine.geometry, by_picture, runs=channel))
        doubts += [made.assumed] if made.assumed else []
    cm_s = np.stack(channels) * signs[:, :, None, None, None].astype(np.float32)
    cine = replace(loaded.cine, velocity=Velocity(cm_s, vencs, along))
    if doubts:
        text = f"scale of the velocities assumed: {doubts[0]}"
        cure = "compare a velocity with the scanner's own display"
        findings = (*findings, Finding("velocity-scale-assumed", "warning", text, cure))
    return replace(
        loaded,
        cine=cine.with_findings(*findings),
        digests=loaded.digests | read.digests,
    )


def _aside(loaded: Loaded, stack: Stack, reason: str) -> Loaded:
    """The magnitude alone."""
    images = stack.phase_images
    label = series_label(series_of(images))
    doubt = Finding(
        "velocity-unreadable", "warning",
        f"{label}: velocities are not read: {reason}",
        "export the scan again, with its private elements and in the maker's usual form",
    )  # fmt: skip
    aside = LeftAside(label, f"velocity pictures: {reason}", len({i.header.path for i in images}))
    return replace(
        loaded,
        cine=loaded.cine.with_findings(doubt),
        left_aside=(*loaded.left_aside, aside),
    )
