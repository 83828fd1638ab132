"""The headline numbers: volumes, ejection, output, mass, indexed numbers, rates."""

from __future__ import annotations

import numpy as np

from lvcine.errors import MeasureError
from lvcine.measure.curves import EdEs, peak_rates
from lvcine.measure.volume import MYOCARDIAL_DENSITY_G_ML
from lvcine.study import Array, Finding, Measurement, Papillary, Subject

PAPILLARY_WORDS: dict[Papillary, str] = {
    "include": "papillary muscles in the cavity",
    "exclude": "papillary muscles in the myocardium",
}

FRAMES_BY = "volume curve of the whole cycle, weighed with motion and temporal regression where there are any"

# What is divided by body surface, and what it is called then (SCMR 2020's list).
INDEXED = {
    "edv_ml": ("edvi_ml_m2", "mL/m2"),
    "esv_ml": ("esvi_ml_m2", "mL/m2"),
    "sv_ml": ("svi_ml_m2", "mL/m2"),
    "cardiac_output_l_min": ("cardiac_index_l_min_m2", "L/min/m2"),
    "lv_mass_g": ("lv_mass_index_g_m2", "g/m2"),
    "la_volume_ml": ("la_volume_index_ml_m2", "mL/m2"),
}


def volume_numbers(
    cavity_ml: Array, frames: EdEs, papillary: Papillary, heart_rate_bpm: float | None
) -> list[Measurement]:
    """EDV, ESV, SV, EF and cardiac output of a volume curve (T,) in mL.

    Raises
    ------
    MeasureError
        The volume at ED is zero.
    """
    edv, esv = _at_phases(cavity_ml, frames)
    method = f"slice summation, {PAPILLARY_WORDS[papillary]}"
    found = [
        Measurement("edv_ml", edv, "mL", method),
        Measurement("esv_ml", esv, "mL", method),
        Measurement("sv_ml", edv - esv, "mL", "EDV - ESV"),
        Measurement("ef_percent", 100 * (edv - esv) / edv, "%", "(EDV - ESV) / EDV"),
    ]
    if heart_rate_bpm is not None:
        output = (edv - esv) * heart_rate_bpm / 1000.0
        found.append(Measurement("cardiac_output_l_min", output, "L/min", "SV times heart rate"))
    return found


def area_numbers(summed: Array, frames: EdEs, *, slices: int, evenly_spaced: bool) -> list[Measurement]:
    """What areas alone can say, where volumes are withheld.

    ``summed`` (T,) is the cavity area of all slices in any unit. EF does not depend on scale: evenly spaced
    slices give it from their sums of areas. One slice alone gives its fractional area change, which is no EF.
    """
    at_ed, at_es = _at_phases(summed, frames)
    change = 100 * (at_ed - at_es) / at_ed
    if slices == 1:
        return [
            Measurement("fractional_area_change_percent", change, "%", "cavity area of one slice, ED to ES")
        ]
    if not evenly_spaced:
        return []
    return [Measurement("ef_percent", change, "%", "sums of cavity areas of evenly spaced slices, ED to ES")]


def _at_phases(curve: Array, frames: EdEs) -> tuple[float, float]:
    """The curve at ED and ES; neither may be unknown, nor ED empty."""
    at_ed, at_es = float(curve[frames.ed]), float(curve[frames.es])
    for phase, frame, there in (("ED", frames.ed, at_ed > 0), ("ES", frames.es, np.isfinite(at_es))):
        if not there:
            raise MeasureError(
                f"no left ventricle at {phase}", where=f"frame {frame}", advice=f"state another {phase} frame"
            )
    return at_ed, at_es


def mass_numbers(mass_g: Array, frames: EdEs, papillary: Papillary) -> list[Measurement]:
    """Mass at ED, and at ES for comparison, of a curve (T,) in g; none where there is no wall."""
    method = f"slice summation, {MYOCARDIAL_DENSITY_G_ML} g/mL, {PAPILLARY_WORDS[papillary]}"
    masses = {"lv_mass_g": float(mass_g[frames.ed]), "lv_mass_es_g": float(mass_g[frames.es])}
    return [Measurement(name, mass, "g", method) for name, mass in masses.items() if mass > 0]


def indexed_numbers(found: list[Measurement], subject: Subject) -> tuple[list[Measurement], list[Finding]]:
    """The numbers that are divided by body surface, and the surface; a finding where it is not known."""
    surface = subject.bsa_m2
    if surface is None:
        advice = "state height and weight for numbers per body surface"
        return [], [Finding("not-indexed", "info", "height or weight not known", advice)]
    indexed = [Measurement("bsa_m2", surface, "m2", "Mosteller")]
    for m in found:
        if m.name in INDEXED:
            name, unit = INDEXED[m.name]
            indexed.append(Measurement(name, m.value / surface, unit, "per body surface (Mosteller)"))
    return indexed, []


def frame_numbers(
    frames: EdEs, times_ms: Array | None, *, ed_stated: bool, es_stated: bool
) -> list[Measurement]:
    """Frames of ED and ES, and their times where known."""
    found = []
    for phase, frame, stated in (("ed", frames.ed, ed_stated), ("es", frames.es, es_stated)):
        method = "stated by the user" if stated else FRAMES_BY
        found.append(Measurement(f"{phase}_frame", frame, "frame", method))
        if times_ms is not None:
            found.append(Measurement(f"{phase}_time_ms", float(times_ms[frame]), "ms", "after the R wave"))
    return found


def rate_numbers(cavity_ml: Array, times_ms: Array, cycle_ms: float) -> list[Measurement]:
    """Peak ejection and filling rate and their times.

    Raises
    ------
    MeasureError
        See :func:`lvcine.measure.curves.peak_rates`.
    """
    rates = peak_rates(cavity_ml, times_ms, cycle_ms)
    method = "steepest slope of a cyclic harmonic fit"
    return [
        Measurement("peak_ejection_rate_ml_s", rates.ejection_ml_s, "mL/s", method),
        Measurement("peak_filling_rate_ml_s", rates.filling_ml_s, "mL/s", method),
        Measurement("peak_ejection_time_ms", rates.ejection_ms, "ms", method),
        Measurement("peak_filling_time_ms", rates.filling_ms, "ms", method),
    ]


def extent_numbers(cavity: Array, slabs_mm: Array, frames: EdEs) -> list[Measurement]:
    """How much of the stack holds cavity at ED and ES: along the long axis, and in slices."""
    found = []
    for phase, frame in (("ed", frames.ed), ("es", frames.es)):
        held = cavity[:, frame] > 0
        length = float(slabs_mm[held].sum())
        found.append(Measurement(f"{phase}_extent_mm", length, "mm", "slabs of the slices with cavity"))
        found.append(Measurement(f"{phase}_slices", int(held.sum()), "slice", "slices with cavity"))
    return found
