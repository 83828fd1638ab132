"""What the shipped nets make of a virtual scan: how well they find the wall, how true its peaks are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.engine import Runtime
from lvcine.errors import MeasureError
from lvcine.localise.septum import rv_direction
from lvcine.measure.velocity import measure_velocity
from lvcine.papers.velocity.cohort import Exam
from lvcine.papers.velocity.score import Overlap, overlap_of
from lvcine.papers.velocity.table import PeakError
from lvcine.phantom.anatomy import Anatomy, draw_anatomy
from lvcine.phantom.population import draw_heart
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import VelocityStudy
from lvcine.phantom.velocity.truth import VelocityTruth, wall_means
from lvcine.study import Array, Cine, Mask, Segmentation
from lvcine.study.mask import MYOCARDIUM
from lvcine.study.wall_velocity import COMPONENTS, PEAKS, WallVelocity
from lvcine.systems.velocity.infer import segment_velocity

_FINE = 480


@dataclass(frozen=True)
class TruePeak:
    """Value and time of an extreme of the closed form."""

    cm_s: float
    ms: float


@dataclass(frozen=True)
class OnExam:
    """What the shipped nets make of one scan.

    Attributes
    ----------
    overlaps : tuple of Overlap
        Of the wall, slice by slice.
    peaks : tuple of PeakError
        Every true peak of every slice, with true and with automatic masks. One that is not found, or a
        slice without wall, has an error of NaN: it is counted, not skipped.
    """

    overlaps: tuple[Overlap, ...]
    peaks: tuple[PeakError, ...]


def on_exam(exam: Exam, frames: int, size: int, spacing_mm: float, weights: Path | None = None) -> OnExam:
    """Outline and measure a virtual scan, and compare with what was there."""
    study, truth = exam.scanned(frames, size, spacing_mm)
    automatic = segment_velocity(study.cine, Runtime(weights=weights)).segmentation
    overlaps = tuple(
        overlap_of(found == MYOCARDIUM, drawn == MYOCARDIUM)
        for found, drawn in zip(automatic.mask.labels, study.labels, strict=True)
    )
    return OnExam(overlaps, tuple(_peak_errors(exam, study, truth, automatic)))


def _peak_errors(
    exam: Exam, study: VelocityStudy, truth: VelocityTruth, automatic: Segmentation
) -> Iterator[PeakError]:
    anatomy, cine, frames = anatomy_of(exam), study.cine, study.times_ms.shape[1]
    walls = {"true": _measured(cine, true_masks(study)), "automatic": _measured(cine, automatic)}
    for z, (height, cycle) in enumerate(zip(truth.z_mm, study.cycle_ms, strict=True)):
        for (component, phase), true in true_peaks(anatomy, float(height), float(cycle)).items():
            for masks, wall in walls.items():
                found = _peak(wall, component, phase, z)
                cm_s, ms = (np.nan, np.nan) if found is None else found
                # The report's clock is the mean cycle of the slices; this slice's own is another.
                own = ms * cycle / float(study.cycle_ms.mean())
                late = (own - true.ms + cycle / 2) % cycle - cycle / 2
                off = cm_s - true.cm_s
                yield PeakError(
                    exam.subject, masks, component, phase, off, float(late), float(cycle) / frames
                )


def anatomy_of(exam: Exam) -> Anatomy:
    """The heart that is scanned."""
    rng = np.random.default_rng(seed_of("velocity-table", exam.side, exam.number))
    return draw_anatomy(draw_heart(rng, "normal"), rng)


def true_peaks(anatomy: Anatomy, z_mm: float, cycle_ms: float) -> dict[tuple[str, str], TruePeak]:
    """Extremes of the closed form's curves in the phases of its beat, by component and phase.

    Systole ends, and the atrium starts, when the beat says so. Circumferential, which turns either way: the
    value farthest from zero, in systole and in early diastole. A slice without wall has none.
    """
    beat = anatomy.heart.beat
    phases = np.arange(_FINE) / _FINE
    curves, _ = wall_means(anatomy, z_mm, beat.at(phases, cycle_ms / 1000.0))
    if not np.isfinite(curves).all():
        return {}
    windows = zip(PEAKS, ((0.0, beat.systole), (beat.systole, beat.kick), (beat.kick, 1.0)), strict=True)
    found = {}
    for phase, (start, end) in windows:
        inside = np.flatnonzero((phases >= start) & (phases < end))
        for component, curve in zip(COMPONENTS, curves, strict=True):
            turns = component == "circumferential"
            if turns and phase == "late diastolic":
                continue
            size = np.abs(curve) if turns else curve * (1.0 if phase == "systolic" else -1.0)
            best = int(inside[size[inside].argmax()])
            found[component, phase] = TruePeak(float(curve[best]), float(phases[best] * cycle_ms))
    return found


def true_masks(study: VelocityStudy) -> Segmentation:
    """The labels of a virtual scan as if somebody had drawn them."""
    lv = study.labels > 0
    blank = tuple((None,) * lv.shape[1] for _ in range(lv.shape[0]))
    towards: Array = rv_direction(study.rv.astype(np.float32), lv, study.protocol.spacing_mm)
    return Segmentation(Mask(study.labels), blank, blank, rv_direction=towards)


def _measured(cine: Cine, drawn: Segmentation) -> WallVelocity | None:
    try:
        return measure_velocity(replace(cine, findings=()), drawn).wall
    except MeasureError:  # no wall was drawn
        return None


def _peak(wall: WallVelocity | None, component: str, phase: str, z: int) -> tuple[float, float] | None:
    if wall is None:
        return None
    for p in wall.peaks:
        if (p.component, p.phase, p.slice, p.sector) == (component, phase, z, None):
            return p.value_cm_s, p.time_ms
    return None
