"""What is learned from: virtual ultrasound clips, the sector cut square as the net gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.study import U8
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.training.items import virtual_subject_name

FRAMES, SIZE = 24, 256
THIN_FROM = 560
"""From this number on all are four-chamber views of thin walls: on some scanners the septum is but a line."""
RIGHT_HEAVY_FROM = 780
"""From this number on the right ventricle is as large as the left one, too, and its atrium the larger: nets
without them took the ventricle below the larger atrium for the left one."""
UNTRACED = 255
"""Label of frames without a tracing, of real clips."""
LV_ONLY = 16
"""Added to the labels of frames in which the left ventricle alone was traced."""


@dataclass(frozen=True)
class LabelledClip:
    """A clip and its labels.

    Attributes
    ----------
    name, view : str
        ``SUBJECT~VIEW``; A4C, A2C or A3C.
    pixels, labels : ndarray of uint8, shape (T, 256, 256)
        Labels: 0 background, 1 LV, 2 myocardium, 3 left atrium; see :data:`LV_ONLY` and :data:`UNTRACED`.
    """

    name: str
    view: str
    pixels: U8
    labels: U8


def make(number: int, side: str) -> Iterator[LabelledClip]:
    """The clip of one heart."""
    _, truth = virtual_clip(
        seed_of("echo", side, number),
        *(("A4C", FRAMES, SIZE, "thin") if number >= THIN_FROM else (None, FRAMES, SIZE)),
        right_heavy=number >= RIGHT_HEAVY_FROM,
    )
    clip = truth.clip
    yield clip_of(virtual_subject_name(side, number), clip.view.value, clip.pixels, clip.reader_labels)


def clip_of(subject: str, view: str, pixels: U8, labels: U8) -> LabelledClip:
    """A clip as the net gets it, from pixels and labels (T, Y, X) of the whole screen."""
    sector = find_sector(pixels, (1.0, 1.0), SIZE)
    square = np.rint(as_input(pixels, sector) * 255).astype(np.uint8)
    return LabelledClip(f"{subject}~{view}", view, square, sector.window.resample_nearest(labels))
