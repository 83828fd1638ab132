"""Any cine in, its curve and the frames of ED and ES out: from the pixels, without masks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import SHIPPED, Net, Runtime, load_all, provenance
from lvcine.errors import NotACineError
from lvcine.localise import middle_slices
from lvcine.measure.timing import frame_times_ms
from lvcine.study import F32, Array, Cine, Finding
from lvcine.systems.frames.beats import FoundBeat, beats_of
from lvcine.systems.frames.decode import best_fit, nearest
from lvcine.systems.frames.prepare import as_input, heart_window
from lvcine.systems.frames.recipe import WARM_UP

SLICES = 5
"""Of a stack that are looked at; the middle ones, where the heart moves most."""
FRAME_MS = 33.0
"""Between frames of a free-running clip that does not say; a finding says so. Clips with shorter steps are
looked at in passes with about this one: the net learned from up to 30 frames, which should hold a beat."""
CYCLE = 30
"""Frames of a cycle that are one pass; cycles of more are looked at in several."""


@dataclass(frozen=True)
class FramesBeat:
    """ED and ES of one beat.

    Attributes
    ----------
    ed_frame, es_frame : int
        The nearest frames, from 0.
    ed, es : float
        Between frames.
    end : float or None
        The next ED: where the beat ends. Of a gated cine ED a cycle later, beyond its last frame; None
        where a clip ends before.
    ed_ms, es_ms, end_ms : float or None
        On the cine's own clock; None where it has none.
    confidence : float
        Likelihood that both lie within one frame (gated cines), or 20 ms if that is longer.
    """

    ed_frame: int
    es_frame: int
    ed: float
    es: float
    end: float | None
    ed_ms: float | None
    es_ms: float | None
    end_ms: float | None
    confidence: float


@dataclass(frozen=True, eq=False)
class FramesResult:
    """What the room gives back.

    Attributes
    ----------
    curve : ndarray, shape (T,)
        About 1 at ED and 0 at ES; the mean over slices.
    slice_curves : ndarray, shape (S, T)
        Of the slices that were looked at.
    slices : tuple of int
        Which ones.
    beats : tuple of FramesBeat
        One for a gated cine; all whole beats of a free-running clip, none where nothing beats.
    findings : tuple of Finding
    net : dict of str
    """

    curve: Array
    slice_curves: Array
    slices: tuple[int, ...]
    beats: tuple[FramesBeat, ...]
    findings: tuple[Finding, ...]
    net: dict[str, str]


def find_frames(cine: Cine, runtime: Runtime = SHIPPED) -> FramesResult:
    """ED and ES of a cine of any view.

    Parameters
    ----------
    cine : Cine
        At least four frames; gated (one closed cycle) or free-running.
    runtime : Runtime
        What runs the net, and whose weights are taken.

    Returns
    -------
    FramesResult

    Raises
    ------
    NotACineError
        Fewer than four frames.
    """
    if cine.frames < LEAST:
        raise NotACineError(
            f"{cine.frames} frame{'s' * (cine.frames > 1)}, {LEAST} or more are needed for a curve",
            where=cine.label,
            advice="two stills are ED and ES already",
        )
    encoder, over_time = load_all("frames", runtime)
    slices = tuple(middle_slices(cine.slices, SLICES))
    times, cycle = frame_times_ms(cine)
    every = _passes(cine, times)
    curves = np.stack([_curve(encoder, over_time, cine.pixels[z], cine.gated, every) for z in slices])
    curve = curves.mean(0)
    findings: tuple[Finding, ...] = ()
    if cine.gated:
        found = best_fit(curve)
        beats: tuple[FoundBeat, ...] = (
            FoundBeat(found.ed, found.es, found.ed + cine.frames, found.confidence),
        )
    else:
        if times is None:
            findings = (_UNTIMED,)
        beats = beats_of(curve, FRAME_MS if times is None else float(np.median(np.diff(times))))
    clocked = tuple(_clocked(beat, cine.frames, times, cycle if cine.gated else None) for beat in beats)
    return FramesResult(curve, curves, slices, clocked, findings, provenance((encoder, over_time)))


LEAST = 4
_UNTIMED = Finding(
    "frame-time-assumed",
    "warning",
    f"time between frames not specified: {FRAME_MS:g} ms assumed to find the beats",
    "state --frame-ms",
)


def _clocked(found: FoundBeat, frames: int, times: Array | None, cycle_ms: float | None) -> FramesBeat:
    return FramesBeat(
        ed_frame=nearest(found.ed, frames),
        es_frame=nearest(found.es, frames),
        ed=found.ed,
        es=found.es,
        end=found.end,
        ed_ms=_time(found.ed, times, cycle_ms),
        es_ms=_time(found.es, times, cycle_ms),
        end_ms=None if found.end is None else _time(found.end, times, cycle_ms),
        confidence=found.confidence,
    )


def _time(frame: float, times: Array | None, cycle_ms: float | None) -> float | None:
    """Between frames too; beyond the last one where the cycle closes."""
    if times is None:
        return None
    if cycle_ms is not None:
        rounds, rest = divmod(frame, len(times))
        around = np.append(times, times[0] + cycle_ms)
        return float(rounds * cycle_ms + np.interp(rest, np.arange(len(around)), around))
    return float(np.interp(frame, np.arange(len(times)), times)) if frame <= len(times) - 1 else None


def _curve(encoder: Net, over_time: Net, clip: NDArray[np.generic], closed: bool, every: int = 1) -> Array:
    """The net's values (T,) of frames (T, Y, X); in ``every`` passes, each over every so manyth frame."""
    seen = as_input(clip, heart_window(clip, encoder.card.contract.size[-1]))
    curve = np.empty(len(seen))
    for first in range(every):
        curve[first::every] = _passed(encoder, over_time, seen[first::every], closed)
    return curve


def _passed(encoder: Net, over_time: Net, seen: F32, closed: bool) -> Array:
    features = encoder({"frames": seen})["features"]
    frames = len(features)
    rounds = math.ceil(WARM_UP / frames) if closed else 0
    values = over_time({"features": np.tile(features, (2 * rounds + 1, 1))})["values"]
    return np.asarray(values[rounds * frames : (rounds + 1) * frames], np.float64)


def _passes(cine: Cine, times: Array | None) -> int:
    """In how many passes a cine is looked at: more than one where frames are closer than in training."""
    if cine.gated:
        return max(1, round(cine.frames / CYCLE))
    step = FRAME_MS if times is None else float(np.median(np.diff(times)))
    return max(1, min(round(FRAME_MS / step), cine.frames // LEAST))
