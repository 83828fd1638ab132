"""What is learned from: virtual clips of every view with the times of their ED and ES."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.mr import render
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.study import virtual_long_axis
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.views import short_axis
from lvcine.study import U8, Array, View
from lvcine.systems.frames.prepare import heart_window
from lvcine.training.items import virtual_subject_name
from lvcine.training.virtual_hearts import virtual_subject

SIZE = 128
LONG_AXES = (View.CH2, View.CH3, View.CH4)
HEIGHTS = (0.2, 0.42, 0.65, 0.85)
"""Of the short-axis slices as shares of the LV's length, base to apex."""


@dataclass(frozen=True)
class LabelledClip:
    """Pictures of one or more beats with the truth about their times.

    Attributes
    ----------
    name : str
        ``SUBJECT~VIEW``.
    pixels : ndarray of uint8, shape (T, 128, 128)
        Around what moves.
    closed : bool
        One cycle that closes.
    eds, ess : ndarray
        Frames of every ED and ES, fractions between frames.
    pixel_mm : float
        Side of a pixel; NaN where the picture has no scale.
    """

    name: str
    pixels: U8
    closed: bool
    eds: Array
    ess: Array
    pixel_mm: float = np.nan


def make(number: int, side: str) -> Iterator[LabelledClip]:
    """All clips of one heart's number: short-axis slices, a long axis, an ultrasound clip of another."""
    yield from cycles_of(number, side)
    yield _ultrasound(virtual_subject_name(side, number), seed_of("frames", side, number))


def cycles_of(
    number: int, side: str, frames: int | None = None, use: str = "frames"
) -> Iterator[LabelledClip]:
    """The gated MR clips of a number, of as many ``frames`` each or of 12 to 35.

    ``use`` is a name of :data:`lvcine.phantom.seeds.RANGES`.
    """
    subject, seed = virtual_subject_name(side, number), seed_of(use, side, number)
    yield from _short_axis(subject, seed, frames)
    yield _long_axis(subject, seed, frames)


def _short_axis(subject: str, seed: int, stated: int | None) -> Iterator[LabelledClip]:
    scene, protocol, rng = virtual_subject(seed, strong=False)
    heart = scene.anatomy.heart
    frames = stated or int(rng.integers(12, 36))
    start = float(rng.integers(frames)) if rng.random() < 0.5 else 0.0
    phases = (np.arange(frames) + start) / frames % 1.0
    protocol = replace(
        protocol, phases=tuple(float(p) for p in phases), window=float(rng.uniform(0.5, 1.2)) / frames
    )
    heights = np.array(HEIGHTS) + rng.uniform(-0.08, 0.08, len(HEIGHTS))
    kept = rng.choice(len(HEIGHTS), 2, replace=False)
    planes = tuple(
        short_axis(float(heights[k] * heart.length_mm), protocol.turn, protocol.offset_mm) for k in kept
    )
    stack = render(scene, planes, protocol, rng)
    ed, es = -start % frames, (float(heart.beat.systole) * frames - start) % frames
    for z, pixels in enumerate(stack.pixels):
        yield cut_out(f"{subject}~SAX{z}", pixels * 120.0, True, [ed], [es], protocol.spacing_mm)


def _long_axis(subject: str, seed: int, stated: int | None) -> LabelledClip:
    rng = np.random.default_rng([seed, 2])
    frames = stated or int(rng.integers(15, 36))
    start = float(rng.integers(frames)) / frames if rng.random() < 0.5 else 0.0
    view = LONG_AXES[int(rng.integers(3))]
    cine, truth = virtual_long_axis(seed, view, frames=frames, size=160, first_phase=start)
    systole = float(truth.anatomy.heart.beat.systole)
    ed, es = (-start * frames) % frames, ((systole - start) * frames) % frames
    mm = float(cine.geometry.pixel_spacing_mm[0])
    return cut_out(f"{subject}~{view.value}", cine.pixels[0] / 600.0 * 120.0, True, [ed], [es], mm)


def _ultrasound(subject: str, seed: int) -> LabelledClip:
    cine, truth = virtual_clip(seed, frames=72, size=160)
    step_s = float(np.median(np.diff(truth.clip.times_ms))) / 1000.0
    first_s = float(truth.clip.times_ms[0]) / 1000.0
    last = len(truth.clip.times_ms) - 1
    eds, ess = ((t - first_s) / step_s for t in (truth.rhythm.starts_s, truth.rhythm.end_systoles_s))
    eds, ess = (e[(e >= 0) & (e <= last)] for e in (eds, ess))
    name = f"{subject}~{truth.clip.view.value}"
    return cut_out(name, cine.pixels[0].astype(np.float32), False, eds, ess)


def cut_out(
    name: str, pixels: NDArray[np.generic], closed: bool, eds: Iterable[float], ess: Iterable[float],
    mm: float = np.nan,
) -> LabelledClip:  # fmt: skip
    """What moves in pixels (T, Y, X) of 0 to 255 that are ``mm`` wide, as a clip."""
    window = heart_window(pixels, SIZE)
    grey = np.clip(window.resample(pixels), 0, 255).astype(np.uint8)
    return LabelledClip(
        name, grey, closed, np.asarray(list(eds)), np.asarray(list(ess)), mm * float(window.step[0])
    )
