"""What the user gives in place of what the file says: spacing, timing, view. Every reader uses it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np

from lvcine.read.options import ReadOptions
from lvcine.read.plausible import UNCALIBRATED, plausible
from lvcine.study import Cine, Finding, Geometry

NO_SPACING = Finding(
    "no-pixel-spacing",
    "warning",
    "the file does not say how large a pixel is: areas are in pixels, volumes are not given",
    "pass the pixel spacing in mm",
)
NO_SLICE_STEP = Finding(
    "no-slice-step",
    "warning",
    "the file does not say how far apart the slices are: volumes are not given",
    "pass the distance between slices in mm",
)
NO_TIMES = Finding(
    "no-frame-times",
    "warning",
    "the file does not say when the frames were taken: no heart rate, no rates of filling or ejection",
    "pass the time between frames in ms",
)

_RESOLVED_BY_SPACING = {NO_SPACING.code, "spacing-implausible"}
_RESOLVED_BY_STEP = {NO_SLICE_STEP.code, "slice-step-implausible", "thickness-implausible"}
_RESOLVED_BY_TIMES = {NO_TIMES.code, "frame-times-implausible", "cycle-implausible"}

TWO_PHASES = Finding(
    "two-phases-only",
    "info",
    "two phases, taken as end-diastole and end-systole: no curve, no rates",
    "give the whole cine for those",
)


def with_user_facts(cine: Cine, options: ReadOptions) -> Cine:
    """The cine with what the user said in place of what the file says, one finding per fact.

    Parameters
    ----------
    cine : Cine
        As the file has it. Findings ``no-pixel-spacing``, ``no-slice-step`` and ``no-frame-times``
        are dropped when the user supplies what was missing, and so are those of numbers that cannot be.
    options : ReadOptions

    Returns
    -------
    Cine
        Without numbers that cannot be (:func:`lvcine.read.plausible.plausible`).

    Examples
    --------
    >>> bare = Geometry.stack(1, (1.0, 1.0), 1.0, calibrated=False)
    >>> clip = Cine(np.zeros((1, 5, 8, 8)), bare, findings=(NO_SPACING,))
    >>> given = with_user_facts(clip, ReadOptions(spacing_mm=(1.5, 1.4)))
    >>> given.geometry.pixel_spacing_mm, given.geometry.calibrated, given.findings[0].code
    ((1.5, 1.4), True, 'given-by-user')
    """
    for step in (_spacing, _slice_step, _timing):
        cine = step(cine, options)
    if options.view is not None:
        cine = _note(replace(cine, view=options.view), f"view {options.view}")
    return plausible(cine)


def venc_finding(options: ReadOptions) -> tuple[Finding, ...]:
    """The finding for velocities scaled by the user's VENC; none where the file's was used."""
    if options.venc_cm_s is None:
        return ()
    text = ", ".join(f"{venc:g}" for venc in options.venc_cm_s)
    return (Finding("given-by-user", "info", f"VENC {text} cm/s: given by the user"),)


def with_reversed_channels(cine: Cine, options: ReadOptions) -> Cine:
    """The cine with the velocity channels turned that the user knows to be stored the other way round."""
    if cine.velocity is None or not options.reversed_channels:
        return cine
    signs = np.array([[-1.0 if k + 1 in options.reversed_channels else 1.0] for k in range(3)])
    turned = replace(cine.velocity, directions=cine.velocity.directions * signs)
    numbers = ", ".join(map(str, options.reversed_channels))
    return _note(replace(cine, velocity=turned), f"velocity channel {numbers} reversed")


def _note(cine: Cine, fact: str, resolves: Set[str] = frozenset()) -> Cine:
    kept = tuple(f for f in cine.findings if f.code not in resolves)
    return replace(cine, findings=(*kept, Finding("given-by-user", "info", f"{fact}: given by the user")))


def _calibrated(cine: Cine) -> Cine:
    open_doubts = {f.code for f in cine.findings} & UNCALIBRATED
    return replace(cine, geometry=replace(cine.geometry, calibrated=not open_doubts))


def _spacing(cine: Cine, options: ReadOptions) -> Cine:
    if options.spacing_mm is None:
        return cine
    rows, columns = options.spacing_mm
    old = cine.geometry.pixel_spacing_mm
    geometry = replace(
        cine.geometry,
        row_step_mm=cine.geometry.row_step_mm * (rows / old[0]),
        column_step_mm=cine.geometry.column_step_mm * (columns / old[1]),
    )
    noted = _note(
        replace(cine, geometry=geometry), f"pixel spacing {rows:g} x {columns:g} mm", _RESOLVED_BY_SPACING
    )
    return _calibrated(noted)


def _slice_step(cine: Cine, options: ReadOptions) -> Cine:
    if options.slice_step_mm is None:
        return cine
    geometry = _respaced(cine.geometry, options.slice_step_mm)
    fact = f"slices {options.slice_step_mm:g} mm apart"
    return _calibrated(_note(replace(cine, geometry=geometry), fact, _RESOLVED_BY_STEP))


def _respaced(geometry: Geometry, step_mm: float) -> Geometry:
    """Slices at an even distance in their order; the thickness of a single one."""
    if geometry.slices == 1:
        return replace(geometry, thickness_mm=step_mm)
    way = np.sign(geometry.slice_positions_mm[-1] - geometry.slice_positions_mm[0]) or 1.0
    steps = np.arange(geometry.slices)[:, None] * (way * step_mm) * geometry.normal
    return replace(geometry, origins_mm=geometry.origins_mm[0] + steps)


def _timing(cine: Cine, options: ReadOptions) -> Cine:
    if options.gated is not None:
        gating = "frames close a heart cycle" if options.gated else "frames do not close a heart cycle"
        cycle = cine.cycle_ms if options.gated else None
        cine = _note(replace(cine, gated=options.gated, cycle_ms=cycle), gating)
    if options.frame_ms is None or cine.phases_only:
        return cine
    return _note(even_times(cine, options.frame_ms), f"{options.frame_ms:g} ms per frame", _RESOLVED_BY_TIMES)


def even_times(cine: Cine, frame_ms: float) -> Cine:
    """The cine with frames ``frame_ms`` apart, which fill the cycle if it is gated."""
    times = np.tile(np.arange(cine.frames) * frame_ms, (cine.slices, 1))
    cycle = np.full(cine.slices, cine.frames * frame_ms) if cine.gated else None
    return replace(cine, times_ms=times, cycle_ms=cycle)
