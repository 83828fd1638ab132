"""Doubts about a stack: gaps in space and time, guesses, disagreements. No pixels needed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lvcine.read.dicom.planes import grid
from lvcine.read.dicom.planned import Stack
from lvcine.read.places import step_findings
from lvcine.read.plausible import UNCALIBRATED
from lvcine.read.user_facts import NO_SPACING, NO_TIMES
from lvcine.study import Array, Finding, Geometry


def stack_findings(
    stack: Stack, geometry: Geometry, times_ms: Array | None, cycle_ms: Array | None
) -> tuple[Finding, ...]:
    """All doubts about a planned stack.

    Parameters
    ----------
    stack : Stack
    geometry : Geometry
    times_ms : ndarray, shape (Z, T), or None
    cycle_ms : ndarray, shape (Z,), or None
    """
    return (
        *_place_findings(stack, geometry),
        *_repeat_findings(stack),
        *_frame_findings(stack),
        *_order_findings(stack),
        *_time_findings(stack, times_ms, cycle_ms),
    )


def _place_findings(stack: Stack, geometry: Geometry) -> Iterator[Finding]:
    yield from stack.reference.doubts
    if "SECONDARY" in {term.upper() for term in stack.reference.image_type}:
        yield Finding(
            "derived-pictures", "warning",
            "the pictures are marked as derived: a program made them from others",
            "check that they are the scanner's cine; give that one if it is there",
        )  # fmt: skip
    if not geometry.calibrated and not any(d.code in UNCALIBRATED for d in stack.reference.doubts):
        yield NO_SPACING
    if not geometry.placed:
        yield Finding(
            "no-slice-positions", "warning",
            "the files do not say where the slices lie in the patient; their order is by slice location",
            "check the order of the slices; pass --slice-step if the distance is wrong",
        )  # fmt: skip
    yield from step_findings(geometry)
    yield from _stated_step_findings(stack, geometry)
    yield from _grid_findings(stack, geometry)


def _stated_step_findings(stack: Stack, geometry: Geometry) -> Iterator[Finding]:
    """SpacingBetweenSlices (0018,0088) against the positions, which win."""
    stated = stack.reference.step_mm
    if geometry.slices < 2 or stated is None or not geometry.placed:
        return
    measured = geometry.slice_step_mm
    several_series = len({image.series for image in stack.images}) > 1
    if abs(measured - stated) > 0.1 * measured and not several_series:
        yield Finding(
            "slice-spacing-disagrees", "warning",
            f"the header states {stated:g} mm between slices, the positions say {measured:.2f} mm; "
            "the positions are used",
            "pass --slice-step if the positions are wrong",
        )  # fmt: skip


def _grid_findings(stack: Stack, geometry: Geometry) -> Iterator[Finding]:
    other = [z for z, run in enumerate(stack.runs) if grid(run.images[0]) != grid(stack.reference)]
    if other:
        yield Finding(
            "slices-resampled", "warning",
            f"{_slices(other)} of another size, spacing or direction {_was(other)} laid on the others' grid",
        )  # fmt: skip
    if geometry.slices < 2 or not geometry.placed:
        return
    along = np.outer(geometry.slice_positions_mm, geometry.normal)
    aside = np.linalg.norm(np.diff(geometry.origins_mm - along, axis=0), axis=1)
    if aside.max() > 3.0:
        yield Finding(
            "slices-shifted", "info",
            f"neighbouring slices are shifted in plane by up to {aside.max():.1f} mm: taken into account",
        )  # fmt: skip


def _repeat_findings(stack: Stack) -> Iterator[Finding]:
    if stack.copies:
        yield Finding("duplicate-frames", "info", f"{stack.copies} identical pictures were dropped")
    if stack.repeated:
        yield Finding(
            "two-acquisitions", "warning",
            f"{_slices(stack.repeated)} {_was(stack.repeated)} acquired more than once; the more complete "
            "one is read, of equals the later",
            "choose one series (--series) if the other is better",
        )  # fmt: skip


def _frame_findings(stack: Stack) -> Iterator[Finding]:
    if stack.frames == 2:
        yield Finding(
            "two-phases-only", "warning",
            "only two phases of the cycle: taken as end-diastole and end-systole, no curves or rates",
        )  # fmt: skip
    short = [z for z, run in enumerate(stack.runs) if run.frames < stack.frames]
    long = [z for z, run in enumerate(stack.runs) if run.frames > stack.frames]
    if short:
        counts = ", ".join(str(stack.runs[z].frames) for z in short)
        yield Finding(
            "missing-phases", "warning",
            f"{_slices(short)}: {counts} of {stack.frames} frames; the nearest phase stands in for others",
            "export the exam again",
        )  # fmt: skip
    if long:
        counts = ", ".join(str(stack.runs[z].frames) for z in long)
        yield Finding(
            "unequal-frames", "info",
            f"{_slices(long)}: {counts} frames, matched by phase to the {stack.frames} of the others",
        )  # fmt: skip


def _order_findings(stack: Stack) -> Iterator[Finding]:
    clocks = sorted({run.clock for run in stack.runs})
    if clocks == ["instance number"]:
        yield Finding(
            "order-from-instance-number", "warning",
            "the headers have no time in the cycle: frames are in the order of their instance numbers",
            "look at the cine: it must beat smoothly",
        )  # fmt: skip
    elif not set(clocks) <= {"trigger time", "trigger delay"}:
        yield Finding(
            "order-without-trigger",
            "info",
            f"frames are ordered by {' and '.join(clocks)}, not by trigger time",
        )


def _time_findings(stack: Stack, times_ms: Array | None, cycle_ms: Array | None) -> Iterator[Finding]:
    if times_ms is None or cycle_ms is None:
        yield NO_TIMES
        return
    if not all(run.cycle_stated for run in stack.runs):
        yield Finding(
            "cycle-from-frames", "info",
            f"no heart rate in the headers: cycle length {np.median(cycle_ms):.0f} ms is frames x interval",
        )  # fmt: skip
    low, high = 60000 / cycle_ms.max(), 60000 / cycle_ms.min()
    if high > 1.25 * low:
        yield Finding(
            "heart-rate-varies", "info", f"heart rate differs between slices: {low:.0f} to {high:.0f} /min"
        )
    if stack.frames > 4:
        yield from _cover_findings(times_ms, cycle_ms)


def _cover_findings(times_ms: Array, cycle_ms: Array) -> Iterator[Finding]:
    """Holes in the cycle: between frames, and at its end (prospective triggering)."""
    steps = np.diff(times_ms, axis=1)
    typical = np.median(steps, axis=1)
    gaps = np.flatnonzero(steps.max(axis=1) > 1.6 * typical)
    if len(gaps):
        z = gaps[np.argmax(steps[gaps].max(axis=1))]
        t = int(np.argmax(steps[z]))
        yield Finding(
            "gap-in-time", "warning",
            f"{_slices(gaps.tolist())}: a gap in time, {steps[z, t]:.0f} ms between frames {t} and {t + 1} "
            f"(else {typical[z]:.0f} ms)",
            "look for frames that were not exported",
        )  # fmt: skip
    share = float(np.median((times_ms[:, -1] - times_ms[:, 0] + typical) / cycle_ms))
    if share < 0.85:
        yield Finding(
            "cycle-not-covered", "warning",
            f"the frames cover {100 * share:.0f} % of the R-R interval (prospective triggering)",
            "do not use filling rates and the end of the curves: late diastole is missing",
        )  # fmt: skip


def _slices(indices: list[int] | tuple[int, ...]) -> str:
    return f"slice{'s' if len(indices) > 1 else ''} {', '.join(str(z) for z in indices)}"


def _was(indices: list[int] | tuple[int, ...]) -> str:
    return "were" if len(indices) > 1 else "was"
