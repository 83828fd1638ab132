"""Stored values of velocity pictures -> cm/s.

- A unit of velocity (RescaleType or real world values, as Philips and enhanced files have it): as it says.
- GE without a rescale, signed: mm/s.
- A rescale that runs as far down as up: its ends are half a turn of the phase, which is the VENC.
  So with Siemens (-4096 to 4094 by slope 2 and intercept -4096 of 12 bits), and with a rescale to cm/s
  that names no unit; any other such range is an assumption, and said.
- Unsigned and without a rescale: rest is the middle of the smallest power of two that holds all values,
  if the pictures agree with that in the mean. An assumption too.

Anything else is not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.dicom.image import VELOCITY_UNITS, Image
from lvcine.read.dicom.venc import GE_SOURCE, SIEMENS_HALF_TURN
from lvcine.read.plausible import rescale
from lvcine.study import F32

_MM_S = VELOCITY_UNITS["mm/s"]
_SAME = 0.02  # of the VENC: rounding of a rescale, of mm/s, of a stated VENC
_NEAR_MIDDLE = 0.25  # of half the range: air and what stands still keep the mean near rest
_FEWEST_STEPS = 64  # fewer values than that are no phase


class UnclearScaleError(Exception):
    """Nothing says how the stored values become velocities; the text says what was met."""


@dataclass(frozen=True, eq=False)
class Velocities:
    """A channel in cm/s.

    Attributes
    ----------
    cm_s : list of ndarray of float32, shape (Y, X)
        In the order of the pictures.
    assumed : str
        What was assumed about the stored values; empty if the files say it.
    """

    cm_s: list[F32]
    assumed: str = ""


def velocities(
    images: Sequence[Image], arrays: Sequence[NDArray[Any]], venc_cm_s: float, where: str
) -> Velocities:
    """Turn the pictures of one channel into velocities.

    Parameters
    ----------
    images : sequence of Image
    arrays : sequence of ndarray, shape (Y, X)
        Their rescaled pixels.
    venc_cm_s : float
    where : str
        Name of the channel, for the error.

    Raises
    ------
    UnclearScaleError
        The scale is neither stated nor to be inferred.
    ReadError
        Velocities beyond the VENC.
    """
    ways = [_way(image, venc_cm_s) for image in images]
    if any(way is None for way in ways):
        way = _about_the_middle(images, arrays, venc_cm_s)
        ways = [way] * len(images)
    known = [way for way in ways if way is not None]
    scaled = [
        (array * np.float32(way.factor) + np.float32(way.offset)).astype(np.float32)
        for array, way in zip(arrays, known, strict=True)
    ]
    return Velocities(
        _within(scaled, venc_cm_s, where), next((way.assumed for way in known if way.assumed), "")
    )


@dataclass(frozen=True)
class _Way:
    """cm/s = rescaled value * factor + offset."""

    factor: float
    offset: float = 0.0
    assumed: str = ""


def _way(image: Image, venc: float) -> _Way | None:
    """From what the header says; None where it says nothing and the pixels must."""
    encoding = image.encoding
    if encoding is not None and encoding.unclear:
        raise UnclearScaleError(encoding.unclear)
    if rescale(image.slope, image.intercept) != (image.slope, image.intercept):
        raise UnclearScaleError(f"a rescale by {image.slope:g} and {image.intercept:g}")
    if image.unit in VELOCITY_UNITS:
        return _Way(VELOCITY_UNITS[image.unit])
    low, high = (v * image.slope + image.intercept for v in image.stored_range)
    if (image.slope, image.intercept) != (1.0, 0.0):
        return _of_half_turn(low, high, 2.0 * abs(image.slope), venc)
    if low >= 0.0:
        return None
    if encoding is not None and encoding.source == GE_SOURCE:
        return _Way(_MM_S)
    raise UnclearScaleError("signed values without a rescale or a unit")


def _of_half_turn(low: float, high: float, rounding: float, venc: float) -> _Way:
    """A rescale whose ends are minus and plus half a turn."""
    half = max(abs(low), abs(high))
    if abs(low + high) > rounding:
        raise UnclearScaleError(
            f"a rescale to {low:g}..{high:g}, which is neither cm/s nor a phase about rest"
        )
    known = half == SIEMENS_HALF_TURN or abs(half - venc) <= _SAME * venc
    return _Way(
        venc / half, assumed="" if known else f"rescaled values of {half:g} are half a turn of the phase"
    )


def _about_the_middle(images: Sequence[Image], arrays: Sequence[NDArray[Any]], venc: float) -> _Way:
    """Unsigned values whose rest is the middle of their range."""
    if any(image.stored_range[0] < 0 or image.slope != 1.0 or image.intercept for image in images):
        raise UnclearScaleError("pictures of one channel with and without a rescale")
    top = float(max(array.max() for array in arrays))
    middle = 2.0 ** (np.ceil(np.log2(top + 1.0)) - 1.0)
    mean = float(np.mean([array.mean(dtype=np.float64) for array in arrays]))
    if top < _FEWEST_STEPS or abs(mean - middle) > _NEAR_MIDDLE * middle:
        raise UnclearScaleError(f"unsigned values up to {top:g} without a rescale, whose mean is {mean:.4g}")
    return _Way(venc / middle, -venc, f"unsigned values without a rescale, rest is {middle:g}")


def _within(velocity: list[F32], venc: float, where: str) -> list[F32]:
    """Without what rounding put beyond the VENC."""
    most = max(float(np.nanmax(np.abs(array), initial=0.0)) for array in velocity)
    if most > (1.0 + _SAME) * venc:
        raise ReadError(
            f"velocities of {most:.4g} cm/s in a channel with a VENC of {venc:g} cm/s", where=where,
            advice="pass the VENC of the scan: --venc",
        )  # fmt: skip
    return [np.clip(array, -venc, venc) for array in velocity]
