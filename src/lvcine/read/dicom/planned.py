"""Stacks that were found among MR pictures, planned but not yet decoded, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from lvcine.read.dicom.image import Image, is_whole_number
from lvcine.read.dicom.planes import height_mm
from lvcine.read.dicom.time import Run
from lvcine.read.dicom.velocity_channels import Channel
from lvcine.study import Array, Finding, LeftAside


@dataclass(frozen=True, eq=False)
class Stack:
    """Parallel slices that belong together, planned but not yet decoded.

    Attributes
    ----------
    runs : tuple of Run, length Z
        Ascending along the reference normal.
    reference : Image
        Its grid (rows, columns, spacing, axes) is the stack's.
    frames : int
        T of the stack; runs with another count are matched by phase.
    repeated : tuple of int
        Slices of which another acquisition was not analysed.
    copies : int
        Identical pictures that were dropped.
    channels : tuple of Channel, length 0 or 3
        Velocity-encoded pictures beside those of the runs.
    """

    runs: tuple[Run, ...]
    reference: Image
    frames: int
    repeated: tuple[int, ...] = ()
    copies: int = 0
    channels: tuple[Channel, ...] = ()

    @property
    def images(self) -> list[Image]:
        return [image for run in self.runs for image in run.images]

    @property
    def phase_images(self) -> list[Image]:
        return [image for channel in self.channels for run in channel for image in run.images]

    @property
    def gated(self) -> bool:
        return any(run.gated for run in self.runs)

    @property
    def series_numbers(self) -> tuple[str, ...]:
        return series_of(self.images)

    @property
    def heights_mm(self) -> Array:
        """Along the reference normal, shape (Z,)."""
        return np.array([height_mm(run.images[0], self.reference) for run in self.runs])


@dataclass
class Sorted:
    """Stacks found, what was not used with the reason, and what was noted about that."""

    stacks: list[Stack] = field(default_factory=list)
    left_aside: list[LeftAside] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()

    def leave(self, images: Iterable[Image], reason: str) -> None:
        """Note pictures as not used, one line per series."""
        series = Counter(image.series_number for image in images)
        for number in sorted(series, key=numeric):
            self.left_aside.append(LeftAside(series_label([number]), reason, series[number]))


def numeric(text: str) -> tuple[float, str]:
    """Sort key that puts series 9 before series 10."""
    return (float(text), "") if is_whole_number(text) else (float("inf"), text)


def series_of(images: Iterable[Image]) -> tuple[str, ...]:
    """The series numbers of pictures, ascending."""
    return tuple(sorted({image.series_number for image in images}, key=numeric))


def series_label(numbers: Sequence[str]) -> str:
    """Neutral name of one or several series.

    Examples
    --------
    >>> series_label(["5"]), series_label(["7001", "8001", "9001"]), series_label([""])
    ('series 5', 'series 7001 to 9001 (3)', 'series without number')
    """
    known = [number for number in numbers if is_whole_number(number)]
    if not known:
        return "series without number"
    return f"series {known[0]}" if len(known) == 1 else f"series {known[0]} to {known[-1]} ({len(known)})"
