"""What is learned from: virtual ultrasound clips, the sector cut square as the net gets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.ultrasound.other import OTHERS, other_clip
from lvcine.study import U8
from lvcine.systems.echo.prepare import as_input, find_sector
from lvcine.training.items import virtual_subject_name

FRAMES, SIZE = 24, 256
MOST_HZ = 48.0
"""Frames a second, at the most: 24 frames are then half a second, from ED to beyond ES."""
RIGHT_HEAVY = 6
"""Of so many hearts one is seen in a four-chamber view whose right ventricle is as large as the left one and
has the larger atrium: nets without them took the ventricle below the larger atrium for the left one."""
LATE_S = 0.5
"""Every second clip begins so long after an ED: it holds the end of diastole, where the ventricle is largest
and the mitral leaflets stand open in it. Nets that had not seen this took the leaflets' tips for the valve's
plane."""
OTHER_FROM = 5000
"""From this number on a heart, or what is none, is shown in one of the views that are not apical in turn."""
OTHER_FRAMES = 4
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
        ``SUBJECT~VIEW``; A4C, A2C, A3C, or one of :data:`~lvcine.phantom.ultrasound.other.OTHERS`.
    pixels, labels : ndarray of uint8, shape (T, 256, 256)
        Labels: 0 background, 1 LV, 2 myocardium, 3 left atrium; see :data:`LV_ONLY` and :data:`UNTRACED`.
    """

    name: str
    view: str
    pixels: U8
    labels: U8


def make(number: int, side: str) -> Iterator[LabelledClip]:
    """The clip of one heart; from :data:`OTHER_FROM` on of no apical view, untraced."""
    if number >= OTHER_FROM:
        kind = OTHERS[number % len(OTHERS)]
        pixels = other_clip(seed_of("echo", side, number), kind, OTHER_FRAMES, SIZE)
        yield clip_of(virtual_subject_name(side, number), kind, pixels, np.full_like(pixels, UNTRACED))
        return
    heavy = number % RIGHT_HEAVY == RIGHT_HEAVY - 1
    _, truth = virtual_clip(
        seed_of("echo", side, number), "A4C" if heavy else None, FRAMES, SIZE, right_heavy=heavy,
        most_hz=MOST_HZ, start_s=LATE_S if number % 2 else 0.0,
    )  # fmt: skip
    clip = truth.clip
    yield clip_of(virtual_subject_name(side, number), clip.view.value, clip.pixels, clip.reader_labels)


def clip_of(subject: str, view: str, pixels: U8, labels: U8) -> LabelledClip:
    """A clip as the net gets it, from pixels and labels (T, Y, X) of the whole screen."""
    sector = find_sector(pixels, (1.0, 1.0), SIZE)
    square = np.rint(as_input(pixels, sector) * 255).astype(np.uint8)
    return LabelledClip(f"{subject}~{view}", view, square, sector.window.resample_nearest(labels))
