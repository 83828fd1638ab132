"""A segmented short-axis cine -> every number of it. The pipeline's one entry here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lvcine.errors import MeasureError
from lvcine.measure.anchor import Insertion, find_anchor
from lvcine.measure.apex import find_apex
from lvcine.measure.area import SliceAreas, slice_areas
from lvcine.measure.curves import EdEs, check_stated_frames, find_ed_es
from lvcine.measure.function import (
    area_numbers,
    extent_numbers,
    frame_numbers,
    indexed_numbers,
    mass_numbers,
    rate_numbers,
    volume_numbers,
)
from lvcine.measure.phase_estimates import FEWEST, agree, estimate_of, motion_curve
from lvcine.measure.plausibility import doubts, possible
from lvcine.measure.regional import aha_numbers, measure_walls, slice_numbers
from lvcine.measure.timing import frame_times_ms
from lvcine.measure.volume import myocardial_mass_g, slab_thickness_mm, slice_summation
from lvcine.study import (
    Array,
    Cine,
    Curve,
    Finding,
    Geometry,
    Measurement,
    Papillary,
    PhaseEstimate,
    Segmentation,
    Subject,
)


@dataclass(frozen=True)
class Measured:
    """Everything measured on one short-axis cine; fields as in :class:`lvcine.study.Analysis`."""

    measurements: tuple[Measurement, ...]
    curves: tuple[Curve, ...]
    ed_frame: int
    es_frame: int
    findings: tuple[Finding, ...]
    estimates: tuple[PhaseEstimate, ...] = ()


def measure_short_axis(
    cine: Cine,
    segmentation: Segmentation,
    subject: Subject,
    *,
    papillary: Papillary = "include",
    ed: int | None = None,
    es: int | None = None,
    insertion: Insertion | tuple[float, float] | None = None,
    estimates: Sequence[PhaseEstimate] = (),
    phases: tuple[int, int] | None = None,
) -> Measured:
    """All measurements of the LV in a short-axis cine.

    Parameters
    ----------
    cine : Cine
    segmentation : Segmentation
        Contours of every frame on the cine's grid.
    subject : Subject
        Height and weight for indexed numbers.
    papillary : {"include", "exclude"}
        Papillary muscles in the cavity or in the myocardium.
    ed, es : int, optional
        Frames stated by the user, from 0; found from the curve otherwise.
    insertion : Insertion or (y, x), optional
        The anterior insertion of the RV in pixels, stated by the user.
    estimates : sequence of PhaseEstimate
        Of ED and ES beside the volume curve; the motion of the pixels is asked here, unless it is among them.
    phases : (int, int), optional
        ED and ES as an earlier analysis found them on the same contours: nothing is sought again.

    Returns
    -------
    Measured
        Headline numbers have no slice, frame and segment; what could not be measured is
        left out, with a finding that says why.

    Raises
    ------
    MeasureError
        No LV in any frame, or none at ED; one single frame; "exclude" without blood fractions.
    UsageError
        ``ed``, ``es`` or ``insertion`` is not in the cine.
    """
    _check(cine, segmentation, ed, es)
    if phases is not None:
        check_stated_frames(phases[0], phases[1], cine.frames)
    areas = slice_areas(segmentation, cine.geometry, papillary)
    refusal = _refusal(cine.geometry)
    curves = _curves(cine, areas, withheld=refusal is not None)
    estimates = _estimates(curves[0].values, cine, segmentation, estimates)
    pair = _frames(curves[0].values, cine, ed, es, estimates, phases)
    if refusal is None:
        numbers, findings = _from_volumes(cine, areas, curves, pair, papillary)
    else:
        numbers, findings = _from_areas(cine, curves[0].values, pair), [refusal]
    indexed, not_indexed = indexed_numbers(numbers, subject)
    regional, regional_findings = _regional(cine, segmentation, areas, pair, insertion)
    kept, withheld = possible((*_frames_and_rate(cine, pair, ed, es), *numbers, *indexed, *regional))
    return Measured(
        kept,
        curves,
        pair.ed,
        pair.es,
        (
            *pair.findings,
            *withheld,
            *findings,
            *not_indexed,
            *regional_findings,
            *doubts(numbers, segmentation, areas, pair),
        ),
        estimates,
    )


def _check(cine: Cine, segmentation: Segmentation, ed: int | None, es: int | None) -> None:
    shape = len(segmentation.endo), len(segmentation.endo[0])
    if shape != (cine.slices, cine.frames):
        raise MeasureError(f"contours of {shape} slices and frames on a cine of {(cine.slices, cine.frames)}")
    check_stated_frames(ed, es, cine.frames)
    if all(contour is None for frames in segmentation.endo for contour in frames):
        raise MeasureError(
            "no left ventricle in any slice and frame", advice="check that it is a short-axis cine"
        )


def _refusal(geometry: Geometry) -> Finding | None:
    """Why no volume can be given; None where it can."""
    if not geometry.calibrated:
        text = "no pixel spacing: volumes and mass withheld, areas and lengths in pixels"
        return Finding("no-pixel-spacing", "error", text, "state the pixel spacing when reading")
    try:
        slab_thickness_mm(geometry)
    except MeasureError as error:
        text = f"volumes and mass withheld: {error.found}"
        return Finding("no-slice-distance", "error", text, error.advice)
    return None


def _curves(cine: Cine, areas: SliceAreas, *, withheld: bool) -> tuple[Curve, ...]:
    """The cavity first (volume, or the sum of areas where that is withheld), then the mass."""
    times, _ = frame_times_ms(cine)
    # A frame in which nothing at all was found has no volume; that is not a volume of 0.
    seen = np.where((areas.cavity_mm2 + areas.myocardium_mm2).sum(axis=0) > 0, 1.0, np.nan)
    if withheld:
        unit = "mm2" if cine.geometry.calibrated else "px2"
        return (Curve(f"cavity_area_sum_{unit}", unit, times, seen * areas.cavity_mm2.sum(axis=0)),)
    cavity = seen * slice_summation(areas.cavity_mm2, cine.geometry)
    mass = seen * myocardial_mass_g(slice_summation(areas.myocardium_mm2, cine.geometry))
    return Curve("volume_ml", "mL", times, cavity), Curve("lv_mass_g", "g", times, mass)


def _estimates(
    curve: Array, cine: Cine, segmentation: Segmentation, known: Sequence[PhaseEstimate]
) -> tuple[PhaseEstimate, ...]:
    """What is known of ED and ES of a whole cycle, and where the motion of the pixels sees them."""
    if not cine.gated or cine.phases_only or cine.frames < FEWEST or any(e.name == "motion" for e in known):
        return tuple(known)
    motion = motion_curve(cine, segmentation, curve) if np.isfinite(curve).any() else None
    return (*known, *([] if motion is None else [estimate_of("motion", motion)]))


def _frames(
    curve: Array,
    cine: Cine,
    ed: int | None,
    es: int | None,
    estimates: Sequence[PhaseEstimate],
    phases: tuple[int, int] | None,
) -> EdEs:
    if ed is not None and es is not None:
        find_ed_es(curve, gated=cine.gated)
        return EdEs(ed, es)
    if cine.gated and cine.frames >= FEWEST and not cine.phases_only:
        found = agree(curve, estimates)
    else:
        found = find_ed_es(curve, gated=cine.gated)
    if phases is not None:
        found = replace(found, ed=phases[0], es=phases[1])
    return EdEs(found.ed if ed is None else ed, found.es if es is None else es, found.findings)


def _frames_and_rate(cine: Cine, pair: EdEs, ed: int | None, es: int | None) -> list[Measurement]:
    times, _ = frame_times_ms(cine)
    numbers = frame_numbers(pair, times, ed_stated=ed is not None, es_stated=es is not None)
    if cine.heart_rate_bpm is not None:
        numbers.append(
            Measurement("heart_rate_bpm", cine.heart_rate_bpm, "1/min", "cycle length in the file")
        )
    return numbers


def _from_areas(cine: Cine, summed: Array, pair: EdEs) -> list[Measurement]:
    gaps = np.diff(np.sort(cine.geometry.slice_positions_mm))
    even = bool(len(gaps) and gaps.min() > 0.95 * gaps.max())
    return area_numbers(summed, pair, slices=cine.slices, evenly_spaced=even)


def _from_volumes(
    cine: Cine, areas: SliceAreas, curves: tuple[Curve, ...], pair: EdEs, papillary: Papillary
) -> tuple[list[Measurement], list[Finding]]:
    cavity, mass = (curve.values for curve in curves)
    rates, findings = _rates(cine, cavity)
    return [
        *volume_numbers(cavity, pair, papillary, cine.heart_rate_bpm),
        *mass_numbers(mass, pair, papillary),
        *extent_numbers(areas.cavity_mm2, slab_thickness_mm(cine.geometry), pair),
        *rates,
    ], findings


def _rates(cine: Cine, cavity_ml: Array) -> tuple[list[Measurement], list[Finding]]:
    times, cycle = frame_times_ms(cine)
    if cine.phases_only:
        reason = "only single phases were scanned"
    elif not cine.gated:
        reason = "the clip runs freely, its frames do not close a cycle"
    elif times is None or cycle is None:
        reason = "the frames' times or the cycle's length are not known"
    else:
        try:
            return rate_numbers(cavity_ml, times, cycle), []
        except MeasureError as error:
            reason = error.found
    text = f"peak ejection and filling rates not measured: {reason}"
    return [], [
        Finding("full-cycle-left-out", "info", text, "give a gated cine of the whole cycle with its times")
    ]


def _regional(
    cine: Cine,
    segmentation: Segmentation,
    areas: SliceAreas,
    pair: EdEs,
    insertion: Insertion | tuple[float, float] | None,
) -> tuple[list[Measurement], list[Finding]]:
    anchor = find_anchor(segmentation, cine.geometry, pair.ed, insertion)
    apex_sign, apex_findings = find_apex((areas.cavity_mm2 + areas.myocardium_mm2)[:, pair.ed], cine.geometry)
    walls = measure_walls(segmentation, cine.geometry, anchor)
    aha, aha_findings = aha_numbers(walls, cine.geometry, apex_sign, pair.ed, pair.es)
    numbers = [*aha, *slice_numbers(areas, segmentation, cine.geometry, anchor, walls)]
    return numbers, [*anchor.findings, *apex_findings, *aha_findings]
