"""A velocity-mapping scan with its masks -> curves, peaks, numbers and doubts. The one entry here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lvcine.errors import MeasureError
from lvcine.measure.anchor import Insertion, find_anchor
from lvcine.measure.apex import apex_by_axes
from lvcine.measure.curves import find_ed_es
from lvcine.measure.timing import frame_times_ms
from lvcine.measure.velocity.components import SliceCurves, slice_curves
from lvcine.measure.velocity.consistency import consistency_doubts
from lvcine.measure.velocity.doubts import background_doubts, find_alignment, sign_doubts, wrap_doubts
from lvcine.measure.velocity.field import Field, clean_field
from lvcine.measure.velocity.numbers import velocity_curves, velocity_numbers
from lvcine.measure.velocity.peaks import (
    Extreme,
    closed_spline,
    delays,
    find_course,
    find_extremes,
    find_phases,
    noise_floor,
)
from lvcine.measure.velocity.ring import find_ring
from lvcine.study import (
    F32,
    U8,
    Array,
    Cine,
    Curve,
    Finding,
    Geometry,
    Measurement,
    Segmentation,
    Velocity,
    VelocityPeak,
    WallVelocity,
    Whole,
)
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.study.wall_velocity import COMPONENTS, SECTORS

MIN_FRAMES = 8
"""Fewer do not show systole, rapid filling and the atrial kick apart."""
_SAME_SHARE = 0.02  # of a frame: slices whose frames lie this close need no interpolation


@dataclass(frozen=True, eq=False)
class VelocityMeasured:
    """Everything measured on one velocity-mapping scan; fields as in :class:`lvcine.study.Analysis`."""

    wall: WallVelocity
    measurements: tuple[Measurement, ...]
    curves: tuple[Curve, ...]
    findings: tuple[Finding, ...]


def measure_velocity(
    cine: Cine, segmentation: Segmentation, *, insertion: Insertion | tuple[float, float] | None = None
) -> VelocityMeasured:
    """Velocities of the wall over the cycle.

    Parameters
    ----------
    cine : Cine
        With :attr:`~lvcine.study.Cine.velocity`; short-axis slices.
    segmentation : Segmentation
        Its mask says where the wall is; ``rv_direction`` where the septum lies.
    insertion : Insertion or (y, x), optional
        The anterior insertion of the RV, stated by the user.

    Returns
    -------
    VelocityMeasured
        Times of all slices are shares of their cycle times the common one
        (:func:`lvcine.measure.timing.frame_times_ms`).

    Raises
    ------
    MeasureError
        No velocities, no wall, fewer than eight frames, frames without times.
    """
    velocity = _checked(cine, segmentation)
    labels, times, cycle = segmentation.mask.labels, *_clock(cine)
    anchor = find_anchor(segmentation, cine.geometry, _ed(labels), insertion)
    apex, assumed = _apex(cine.geometry)
    fields = [clean_field(cine, velocity, labels[z], z) for z in range(cine.slices)]
    spacing = cine.geometry.pixel_spacing_mm
    rings = [find_ring(labels[z], spacing, anchor, z) for z in range(cine.slices)]
    parts = [
        _on_common_times(slice_curves(f.cm_s, ring, apex=apex, sense=anchor.sense), cine, z, times, cycle)
        for z, (f, ring) in enumerate(zip(fields, rings, strict=True))
    ]
    wall = _wall(parts, labels, times, cycle, np.stack([f.cm_s for f in fields], axis=1))
    alignment = find_alignment([f.cm_s for f in fields], rings, labels, apex)
    taken = float(np.sqrt(np.mean([f.taken_cm_s**2 for f in fields])))
    method = "root mean square over the wall of the phase error taken out of the channels"
    return VelocityMeasured(
        wall,
        (*velocity_numbers(wall), Measurement("background_velocity_cm_s", taken, "cm/s", method)),
        velocity_curves(wall),
        (
            *anchor.findings,
            *assumed,
            *sign_doubts(alignment, velocity, cine.geometry),
            *consistency_doubts([f.cm_s for f in fields], rings, labels, cine, cycle),
            *_field_doubts(fields, velocity, taken),
        ),
    )


def _checked(cine: Cine, segmentation: Segmentation) -> Velocity:
    if cine.velocity is None:
        raise MeasureError(
            "no velocities beside the pictures", where=cine.label, advice="give a velocity-mapping scan"
        )
    labels = segmentation.mask.labels
    if labels.shape != cine.pixels.shape:
        raise MeasureError(f"a mask of shape {labels.shape} on a cine of {cine.pixels.shape}")
    if not (labels == MYOCARDIUM).any():
        raise MeasureError("no wall in any slice and frame", advice="check that these are short-axis slices")
    if cine.frames < MIN_FRAMES:
        raise MeasureError(
            f"{cine.frames} frames: too few for velocity curves",
            advice=f"give {MIN_FRAMES} or more of one cycle",
        )
    return cine.velocity


def _clock(cine: Cine) -> tuple[Array, float]:
    """Times (T,) and the cycle that stand for all slices."""
    times, cycle = frame_times_ms(cine)
    if times is None or not (np.diff(times) > 0).all():
        raise MeasureError(
            "the frames' times are not known or do not increase", where=cine.label,
            advice="state the time between frames: --frame-ms",
        )  # fmt: skip
    step = float(np.median(np.diff(times)))
    span = float(times[-1] - times[0])
    return times, span + step if cycle is None or cycle <= span else cycle


def _ed(labels: U8) -> int:
    areas = (labels == CAVITY).sum(axis=(0, 2, 3)).astype(np.float64)
    return find_ed_es(areas, gated=True).ed if areas.any() else 0


def _apex(geometry: Geometry) -> tuple[int, tuple[Finding, ...]]:
    apex = apex_by_axes(geometry)
    if apex:
        return apex, ()
    text = "end of the apex not known from the patient's axes: pictures taken as viewed from it"
    advice = "reverse the sign of longitudinal and circumferential velocities if they are not"
    return -1, (Finding("apex-assumed", "warning", text, advice),)


def _on_common_times(part: SliceCurves, cine: Cine, z: int, times: Array, cycle: float) -> SliceCurves:
    """A slice's curves at the common times, where its own frames lie elsewhere in the cycle."""
    if cine.times_ms is None or cine.cycle_ms is None or not np.isfinite(cine.cycle_ms[z]):
        return part
    own = cine.times_ms[z] / cine.cycle_ms[z] * cycle
    if not np.isfinite(own).all() or np.abs(own - times).max() <= _SAME_SHARE * np.diff(times).min():
        return part
    moved = [_moved(v, own, times, cycle) for v in (part.whole, part.sectors, part.bulk)]
    return SliceCurves(*moved)


def _moved(values: Array, own: Array, times: Array, cycle: float) -> Array:
    rows = values.reshape(-1, values.shape[-1])
    out = np.full(rows.shape, np.nan)
    for i, row in enumerate(rows):
        known = np.isfinite(row)
        if known.sum() >= MIN_FRAMES:
            at = np.append(own[known], own[known][0] + cycle)
            spline = closed_spline(at, np.append(row[known], row[known][0]))
            near = np.interp(times, own, known.astype(float), period=cycle) > 0.0
            out[i] = np.where(near, spline(times), np.nan)
    return out.reshape(values.shape)


def _wall(
    parts: list[SliceCurves],
    labels: U8,
    times: Array,
    cycle: float,
    field: F32,
) -> WallVelocity:
    slices, sectors = (np.stack([getattr(p, n) for p in parts], axis=1) for n in ("whole", "sectors"))
    whole = _over_slices(slices, (labels == MYOCARDIUM).sum(axis=(2, 3)))
    phases = find_phases(whole[0], whole[1], times, cycle)
    curves = {
        (c, z, k): values
        for c in range(len(COMPONENTS))
        for z, k, values in _every(whole[c], slices[c], sectors[c])
    }
    extremes = {
        at: _timed(find_extremes(find_course(values, times, cycle), COMPONENTS[at[0]], phases), values)
        for at, values in curves.items()
    }
    peaks = tuple(
        VelocityPeak(COMPONENTS[c], phase, e.value_cm_s, e.time_ms, z, None if k is None else SECTORS[k])
        for (c, z, k), found in extremes.items()
        for phase, e in found.items()
    )
    late = np.stack([[_delay(extremes, c, z, cycle) for z in range(len(parts))] for c in range(2)])
    bulk = np.stack([p.bulk for p in parts], axis=1)
    floor = np.array([noise_floor(curve) for curve in whole])
    return WallVelocity(times, whole, slices, sectors, bulk, peaks, late, field, floor)


def _timed(found: dict[str, Extreme], values: Array) -> dict[str, Extreme]:
    """The peaks of a curve, those below its noise floor without a time: any moment would do as well."""
    floor = noise_floor(values)
    return {
        phase: peak if abs(peak.value_cm_s) >= floor else replace(peak, time_ms=float("nan"))
        for phase, peak in found.items()
    }


_At = tuple[int, int | None, int | None]


def _every(whole: Array, slices: Array, sectors: Array) -> list[tuple[int | None, int | None, Array]]:
    """Slice, sector and curve: the whole, every slice, every sector."""
    by_slice = [(z, None, curve) for z, curve in enumerate(slices)]
    by_sector = [(z, k, curve) for z, six in enumerate(sectors) for k, curve in enumerate(six)]
    return [(None, None, whole), *by_slice, *by_sector]


def _delay(extremes: dict[_At, dict[str, Extreme]], c: int, z: int, cycle: float) -> Array:
    six = [_with_time(extremes[c, z, k].get("systolic")) for k in range(len(SECTORS))]
    return delays(six, _with_time(extremes[c, z, None].get("systolic")), cycle)


def _with_time(peak: Extreme | None) -> Extreme | None:
    return peak if peak is not None and np.isfinite(peak.time_ms) else None


def _over_slices(slices: Array, area: Whole) -> Array:
    """Mean (3, T) of curves (3, Z, T), weighted with the wall's area in each slice and frame."""
    weight = np.where(np.isfinite(slices), area, 0.0)
    total = weight.sum(1)
    sums = (weight * np.nan_to_num(slices)).sum(1)
    return np.where(total > 0, sums / np.maximum(total, 1e-9), np.nan)


def _field_doubts(fields: list[Field], velocity: Velocity, taken_cm_s: float) -> list[Finding]:
    wrapped, doubtful, order = (
        np.stack([getattr(f, name) for f in fields], axis=1) for name in ("wrapped", "doubtful", "order")
    )
    wraps = wrap_doubts(wrapped, doubtful, velocity.venc_cm_s)
    return [*wraps, *background_doubts(order, taken_cm_s)]
