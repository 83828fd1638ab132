"""Two witnesses of ED and ES, the volume curve and the pixels: which one is heard, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lvcine.measure.timing import frame_times_ms
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study import Cine, Finding
from lvcine.systems.frames.infer import LEAST, FramesBeat, FramesResult, find_frames

TOGETHER_MS = 40.0
"""Or one frame, if that is longer: what two readers of one cine differ by (docs/frames.md)."""
SURE = 0.95
"""Confidence from which the pixels are heard where the two differ (measured: docs/frames.md)."""


def seen_frames(cine: Cine, options: AnalyzeOptions) -> FramesResult | None:
    """ED and ES by the pixels; None for stills, which hold no curve."""
    if cine.frames < LEAST or cine.phases_only:
        return None
    own = options.weights is not None and (options.weights / "frames.toml").is_file()
    return find_frames(
        cine, engine=options.engine, threads=options.threads, weights=options.weights if own else None
    )


def step_ms(cine: Cine) -> float | None:
    """Usual time between frames."""
    times, _ = frame_times_ms(cine)
    return None if times is None or len(times) < 2 else float(np.median(np.diff(times)))


class Pair(Protocol):
    """ED and ES of one beat, frames from 0."""

    @property
    def ed_frame(self) -> int: ...
    @property
    def es_frame(self) -> int: ...


def settle(
    volume: tuple[int, int], pixels: FramesBeat, frames: int, step_ms: float | None
) -> tuple[tuple[int, int], tuple[Finding, ...]]:
    """ED and ES of a gated cine.

    The volume curve decides, as volumes are what is reported; where the pixels say otherwise by more than
    a frame and 40 ms, and are sure, they do.

    Parameters
    ----------
    volume : (int, int)
        ED and ES by the volume curve.
    pixels : FramesBeat
        By the temporal regression.
    frames : int
        Of the cycle.
    step_ms : float or None
        Between frames.

    Returns
    -------
    (int, int), tuple of Finding
    """
    reach = _reach(step_ms)
    chosen, findings = [], []
    seen = (pixels.ed_frame, pixels.es_frame)
    for name, ours, theirs in zip(("ED", "ES"), volume, seen, strict=True):
        apart = min((ours - theirs) % frames, (theirs - ours) % frames)
        heard = theirs if apart > reach and pixels.confidence >= SURE else ours
        chosen.append(heard)
        if apart > reach:
            findings.append(_finding(name, ours, theirs, heard, pixels.confidence))
    if chosen[0] == chosen[1]:  # one was moved onto the other: both from one witness then
        chosen = list(seen) if pixels.confidence >= SURE else list(volume)
    return (chosen[0], chosen[1]), tuple(findings)


def compare_beats(
    volume: Sequence[Pair], pixels: Sequence[FramesBeat], step_ms: float | None
) -> tuple[Finding, ...]:
    """What to say where the beats of a clip by its volume curve are not those by its pixels."""
    reach = _reach(step_ms)
    if len(volume) != len(pixels):
        count = f"{len(volume)} beat{'s' * (len(volume) != 1)}"
        text = f"{count} by the volume curve, {len(pixels)} by the pixels"
        return (Finding("beats-disagree", "warning", text, "look at the curves in the report"),)
    for ours, theirs in zip(volume, pixels, strict=True):
        for name, a, b in (
            ("ED", ours.ed_frame, theirs.ed_frame),
            ("ES", ours.es_frame, theirs.es_frame),
        ):
            if abs(a - b) > reach:
                return (_finding(name, a, b, a, theirs.confidence),)
    return ()


def _reach(step_ms: float | None) -> float:
    return 1.0 if not step_ms else max(1.0, TOGETHER_MS / step_ms)


def _finding(name: str, ours: int, theirs: int, heard: int, confidence: float) -> Finding:
    text = (
        f"{name} is frame {ours} by the volume curve and {theirs} by the pixels (confidence "
        f"{confidence:.2f}); {heard} is used"
    )
    return Finding("frames-disagree", "warning", text, f"look at both frames; --{name.lower()} N decides")
