"""An apical clip with its outlines -> volumes by the method of discs, beats, EF per beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lvcine.errors import MeasureError, UsageError
from lvcine.measure.area import polygon_area
from lvcine.measure.atrium import atrial_numbers
from lvcine.measure.beats import BeatFrames, find_beats
from lvcine.measure.clip_clock import clock_doubts
from lvcine.measure.discs import (
    DISCS,
    LENGTHS_AGREE,
    LongAxis,
    biplane_volume,
    disc_diameters,
    long_axis,
    single_plane_volume,
)
from lvcine.measure.hinges import Hinges, bridged
from lvcine.measure.plausibility import possible, unusual
from lvcine.study import Array, Beat, Cine, Contour, Curve, Finding, Measurement

Discs = tuple[Array, float]
"""Diameters from base to apex, and the long axis."""

FORESHORTENED = 1.6
"""Long axis over the widest disc at ED below which the apex was probably missed: a spherical, dilated
ventricle has 1.5, a normal one about 2."""
STILL = 0.05
"""Share of the largest volume; a clip that changes less shows no beat."""
METHOD = f"method of discs, {DISCS} discs, one plane"


@dataclass(frozen=True)
class ApicalMeasured:
    """Fields as in :class:`lvcine.study.Analysis`."""

    measurements: tuple[Measurement, ...]
    curves: tuple[Curve, ...]
    beats: tuple[Beat, ...]
    ed_frame: int
    es_frame: int
    findings: tuple[Finding, ...]
    discs: Mapping[str, Discs] = field(default_factory=dict)
    """``ed`` and ``es`` of the beat of middle EF, in mm; empty where the clip is not calibrated."""


@dataclass(frozen=True, eq=False)
class Course:
    """What each frame gives (T,): area, length of the long axis, volume; NaN where nothing was found."""

    area: Array
    length: Array
    volume: Array
    widest: Array


def measure_apical(
    cine: Cine,
    endo: Sequence[Contour | None],
    hinges: Sequence[Hinges | None],
    *,
    ed: int | None = None,
    es: int | None = None,
    atrium: Sequence[Contour | None] = (),
) -> ApicalMeasured:
    """Everything measured on one apical clip.

    Parameters
    ----------
    cine : Cine
        Free-running; two frames are taken as ED and ES.
    endo : sequence of Contour or None, one per frame
        Endocardium in the clip's pixels.
    hinges : sequence of ((y, x), (y, x)) or None, one per frame
        Of the mitral valve, in the same pixels.
    ed, es : int, optional
        Frames set by the user, both or neither: they are then the only beat.
    atrium : sequence of Contour or None, one per frame
        Left atrium in the clip's pixels; empty: it is not measured.

    Returns
    -------
    ApicalMeasured
        In mm and mL where the clip is calibrated; EF and relative volumes (of the largest) always.

    Raises
    ------
    MeasureError
        Fewer than two frames with a ventricle, or nothing beats.
    """
    spacing = cine.geometry.pixel_spacing_mm
    filled, gaps = bridged(endo, hinges)
    course = _course(endo, filled, spacing)
    times = _times(cine)
    pairs = _stated(course, ed, es) or _seen(find_beats(course.volume, times), course)
    cut: tuple[Finding, ...] = ()
    if not pairs:
        pairs, cut = _cut(course)
    calibrated = cine.geometry.calibrated
    beats = tuple(_beat(course.volume, p.ed_frame, p.es_frame, calibrated) for p in pairs)
    usual = sorted(beats, key=lambda b: b.ef_percent)[len(beats) // 2]
    findings = [
        *gaps,
        *cut,
        *clock_doubts(beats, times, cine),
        *_shape(course, usual),
    ]
    behind = atrium[usual.es_frame] if atrium and calibrated else None
    atrial = atrial_numbers(behind, filled[usual.es_frame], spacing)
    numbers, withheld = possible([*_numbers(beats, course, usual, calibrated), *atrial, *_rate(beats, times)])
    findings += unusual(numbers)
    return ApicalMeasured(
        numbers, _curves(course, times, cine, calibrated), beats, usual.ed_frame, usual.es_frame,
        (*findings, *withheld), _discs(endo, filled, spacing, usual) if calibrated else {},
    )  # fmt: skip


def measure_biplane(
    first: ApicalMeasured, second: ApicalMeasured
) -> tuple[ApicalMeasured, tuple[Finding, ...]]:
    """Volumes and EF from two clips at right angles, in place of those of one plane.

    Parameters
    ----------
    first, second : ApicalMeasured
        Of A4C and A2C, both calibrated; ED and ES of each one's beat of middle EF.

    Returns
    -------
    ApicalMeasured
        The first one with the volumes of both; EF per beat stays that of its own plane.
    tuple of Finding
        ``planes-differ`` where the long axes differ by more than 10 %: one plane misses the apex.

    Raises
    ------
    MeasureError
        A clip without calibration.
    """
    if not first.discs or not second.discs:
        raise MeasureError("without pixel spacing two planes have no common scale")
    (edv, difference), (esv, _) = (biplane_volume(first.discs[k], second.discs[k]) for k in ("ed", "es"))
    edv, esv = edv / 1000.0, esv / 1000.0
    method = f"method of discs, {DISCS} discs, two planes"
    volumes = {"edv_ml": (edv, "mL"), "esv_ml": (esv, "mL"), "sv_ml": (edv - esv, "mL")}
    volumes["ef_percent"] = (100.0 * (edv - esv) / edv, "%")
    kept = [m for m in first.measurements if m.name not in volumes]
    made = [Measurement(name, value, unit, method) for name, (value, unit) in volumes.items()]
    for name, one in (("ef_first_plane_percent", first), ("ef_second_plane_percent", second)):
        made += [replace(m, name=name) for m in one.measurements if m.name == "ef_percent"]
    findings: tuple[Finding, ...] = ()
    if difference > LENGTHS_AGREE:
        text = f"long axes of the two planes differ by {100 * difference:.0f} % at ED"
        advice = "compare the EF of each plane: one misses the apex"
        findings = (Finding("planes-differ", "warning", text, advice),)
    possibly, withheld = possible((*made, *kept))
    return replace(first, measurements=possibly), (*findings, *withheld)


def _stated(course: Course, ed: int | None, es: int | None) -> tuple[BeatFrames, ...]:
    """The beat that the user set, if she did."""
    if ed is None and es is None:
        return ()
    if ed is None or es is None:
        raise UsageError("of a clip's beat only one frame is set", advice="give both --ed and --es")
    for name, frame in (("ed", ed), ("es", es)):
        if not 0 <= frame < len(course.volume) or not np.isfinite(course.volume[frame]):
            raise UsageError(f"no ventricle in frame {frame}, set as {name.upper()}", advice="name another")
    return (BeatFrames(ed, es),)


def _seen(beats: Sequence[BeatFrames], course: Course) -> tuple[BeatFrames, ...]:
    """Beats whose ED and ES are frames with a ventricle, the nearest ones where it was lost just there."""
    known = np.flatnonzero(np.isfinite(course.volume))
    near = [tuple(int(known[np.abs(known - t).argmin()]) for t in (b.ed_frame, b.es_frame)) for b in beats]
    return tuple(BeatFrames(ed, es) for ed, es in near if ed < es or len(course.volume) == 2)


def _cut(course: Course) -> tuple[tuple[BeatFrames, ...], tuple[Finding, ...]]:
    """Largest and smallest volume of a clip that holds no beat as a whole, with what to think of it.

    Clips of one cycle are often cut at the R wave or in systole; ED then comes after ES.
    """
    most, least = int(np.nanargmax(course.volume)), int(np.nanargmin(course.volume))
    if not course.volume[most] - course.volume[least] >= STILL * course.volume[most]:
        raise MeasureError(
            "nothing beats in the clip", advice="give a clip that holds a beat from before ED to after ES"
        )
    text = f"no whole beat: ED and ES are the largest and smallest volume, frames {most} and {least}"
    finding = Finding("beat-cut", "warning", text, "expect a low EF if the clip ends before ED or ES")
    return (BeatFrames(most, least),), (finding,)


def _discs(
    endo: Sequence[Contour | None], hinges: Sequence[Hinges | None], spacing: tuple[float, float], usual: Beat
) -> dict[str, Discs]:
    out = {}
    for name, frame in (("ed", usual.ed_frame), ("es", usual.es_frame)):
        contour, pair = endo[frame], hinges[frame]
        assert contour is not None and pair is not None  # frames of a beat have a volume
        mm, scale = contour.scaled(spacing), np.asarray(spacing, float)
        axis = long_axis(mm, (pair[0] * scale, pair[1] * scale))
        out[name] = disc_diameters(mm, axis), axis.length
    return out


def _course(
    endo: Sequence[Contour | None], hinges: Sequence[Hinges | None], spacing: tuple[float, float]
) -> Course:
    out = np.full((4, len(endo)), np.nan)
    for t, (contour, pair) in enumerate(zip(endo, hinges, strict=True)):
        if contour is not None and pair is not None:
            out[:, t] = one_frame(contour, pair, spacing)
    return Course(*out)


def one_frame(
    contour: Contour, hinges: Hinges, spacing: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Area (mm2), length of the long axis (mm), volume (mL) and widest disc (mm) of one outline.

    NaN where the axis has no length. In pixels, and thousands of cubic pixels, where ``spacing`` is 1.
    """
    scale = np.asarray(spacing, float)
    mm = contour.scaled(spacing)
    axis: LongAxis = long_axis(mm, (hinges[0] * scale, hinges[1] * scale))
    if not axis.length > 0:
        return (np.nan,) * 4
    widths = disc_diameters(mm, axis)
    volume = single_plane_volume(widths, axis.length) / 1000.0
    return float(polygon_area(mm.points)), axis.length, volume, float(widths.max())


def _times(cine: Cine) -> Array:
    """In ms; where they are not known, frames of 33 ms (only beats' order depends on it)."""
    if cine.times_ms is not None:
        return cine.times_ms[0]
    return np.arange(cine.frames, dtype=np.float64) * (1000.0 / 30.0)


def _beat(volume: Array, ed: int, es: int, calibrated: bool) -> Beat:
    edv, esv = float(volume[ed]), float(volume[es])
    ef = 100.0 * (edv - esv) / edv
    return Beat(ed, es, ef, edv if calibrated else None, esv if calibrated else None)


def _numbers(beats: Sequence[Beat], course: Course, usual: Beat, calibrated: bool) -> list[Measurement]:
    over = f"mean of {len(beats)} beats" if len(beats) > 1 else "one beat"
    efs = [b.ef_percent for b in beats]
    numbers = [Measurement("ef_percent", float(np.mean(efs)), "%", f"{METHOD}, {over}")]
    if len(beats) > 1:
        numbers.append(Measurement("ef_sd_percent", float(np.std(efs, ddof=1)), "%", "SD over beats"))
    numbers.append(Measurement("beats", len(beats), "1", "whole beats in the clip"))
    change = 100.0 * (1 - course.area[usual.es_frame] / course.area[usual.ed_frame])
    method = "area of the cavity in the picture, the beat of middle EF"
    numbers.append(Measurement("fractional_area_change_percent", float(change), "%", method))
    if not calibrated:
        return numbers
    edv = float(np.mean([b.edv_ml for b in beats if b.edv_ml is not None]))
    esv = float(np.mean([b.esv_ml for b in beats if b.esv_ml is not None]))
    for name, value in (("edv_ml", edv), ("esv_ml", esv), ("sv_ml", edv - esv)):
        numbers.append(Measurement(name, value, "mL", f"{METHOD}, {over}"))
    for phase, frame in (("ed", usual.ed_frame), ("es", usual.es_frame)):
        area, length = float(course.area[frame]), float(course.length[frame])
        numbers.append(Measurement(f"cavity_area_{phase}_mm2", area, "mm2", "area inside the endocardium"))
        numbers.append(Measurement(f"long_axis_{phase}_mm", length, "mm", "mitral annulus to apex"))
    return numbers


def _rate(beats: Sequence[Beat], times: Array) -> list[Measurement]:
    if len(beats) < 2:
        return []
    lengths = np.diff([times[b.es_frame] for b in beats])
    return [Measurement("heart_rate_bpm", float(60000.0 / np.median(lengths)), "1/min", "from ES to ES")]


def _shape(course: Course, usual: Beat) -> list[Finding]:
    ratio = float(course.length[usual.ed_frame] / course.widest[usual.ed_frame])
    if ratio >= FORESHORTENED:
        return []
    text = f"left ventricle only {ratio:.1f} times as long as wide at ED"
    advice = "expect volumes too small if the apex is foreshortened; a dilated ventricle is round too"
    return [Finding("apex-foreshortened", "warning", text, advice)]


def _curves(course: Course, times: Array, cine: Cine, calibrated: bool) -> tuple[Curve, ...]:
    axis = times if cine.times_ms is not None else None
    if calibrated:
        volume = Curve("volume_ml", "mL", axis, course.volume)
        return volume, Curve("cavity_area_mm2", "mm2", axis, course.area)
    relative = 100.0 * course.volume / np.nanmax(course.volume)
    share = 100.0 * course.area / np.nanmax(course.area)
    return Curve("volume_percent", "%", axis, relative), Curve("cavity_area_percent", "%", axis, share)
