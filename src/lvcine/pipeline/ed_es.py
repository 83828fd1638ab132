"""ED and ES by temporal regression: an estimate beside the volume curve; what to say where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from lvcine.engine import Runtime
from lvcine.measure.timing import frame_times_ms
from lvcine.study import Cine, Curve, Finding, PhaseEstimate
from lvcine.systems.frames.infer import LEAST, FramesResult, find_frames

AGREEMENT_MS = 40.0
"""Or one frame, if that is longer: what two human readers differ by (docs/evidence/notebook-frames.md)."""


def regress_frames(cine: Cine, runtime: Runtime) -> FramesResult | None:
    """ED and ES by temporal regression; None for stills, which hold no curve."""
    if cine.frames < LEAST or cine.phases_only:
        return None
    return find_frames(cine, runtime.supplemented("frames"))


def estimates_of(regression: FramesResult | None, cine: Cine) -> tuple[PhaseEstimate, ...]:
    """What temporal regression says of the one beat of a gated cine."""
    if regression is None or not cine.gated or not regression.beats:
        return ()
    beat = regression.beats[0]
    return (PhaseEstimate("temporal regression", beat.ed_frame, beat.es_frame, beat.confidence),)


def regression_curve(regression: FramesResult, volume: Curve) -> Curve:
    """The regression's curve, 1 at ED and 0 at ES, on the time axis of the volume curve."""
    return Curve("ed_es_curve", "1", volume.times_ms, regression.curve)


class Beat(Protocol):
    """ED and ES of one beat, frames from 0."""

    @property
    def ed_frame(self) -> int: ...
    @property
    def es_frame(self) -> int: ...


def compare_beats(volume: Sequence[Beat], regression: FramesResult, cine: Cine) -> tuple[Finding, ...]:
    """What to say where ED or ES in use differ from the regression's by a frame and :data:`AGREEMENT_MS`.

    ``volume`` holds the one beat of a gated cine, or all whole beats of a free-running clip. Of a gated cine
    both ED and ES are named, of a clip the first of all; or that the number of beats differs.
    """
    if len(volume) != len(regression.beats):
        count = f"{len(volume)} beat{'s' * (len(volume) != 1)}"
        text = f"{count} by the volume curve, {len(regression.beats)} by temporal regression"
        return (Finding("beats-disagree", "warning", text, "look at the curves in the report"),)
    return tuple(islice(_differences(volume, regression, cine), None if cine.gated else 1))


def _differences(volume: Sequence[Beat], regression: FramesResult, cine: Cine) -> Iterator[Finding]:
    for ours, theirs in zip(volume, regression.beats, strict=True):
        for name, a, b in (("ED", ours.ed_frame, theirs.ed_frame), ("ES", ours.es_frame, theirs.es_frame)):
            steps = abs(a - b)
            if cine.gated:  # frames close a circle
                steps = min(steps, cine.frames - steps)
            if steps > _tolerance(cine):
                text = f"{name}: frame {a} is used, {b} by temporal regression (confidence "
                advice = f"look at both frames; --{name.lower()} N decides"
                yield Finding("frames-disagree", "warning", f"{text}{theirs.confidence:.2f})", advice)


def _tolerance(cine: Cine) -> float:
    """In frames."""
    times, _ = frame_times_ms(cine)
    step = 0.0 if times is None or len(times) < 2 else float(np.median(np.diff(times)))
    return max(1.0, AGREEMENT_MS / step) if step else 1.0
