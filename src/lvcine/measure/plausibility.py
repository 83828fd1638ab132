"""Doubts about the numbers themselves: each becomes a finding, never silence."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from lvcine.measure.area import SliceAreas
from lvcine.measure.curves import EdEs
from lvcine.study import Finding, Measurement, Segmentation, listed

# Wider than any heart a reader would believe without a second look: below 10 % survival is
# exceptional, above 80 % the cavity is all but obliterated (Petersen 2017, healthy:
# 58 (SD 5) % in men, 61 (5) % in women, doi:10.1186/s12968-017-0327-9).
EF_PERCENT = (10.0, 80.0)
EDV_ML = (20.0, 600.0)
RATE_BPM = (35.0, 220.0)
# Myocardium is all but incompressible: its mass at ED and ES is the same.
MASS_CHANGE = 0.25
THIN_WALL = 0.1  # of the cavity's area: 2 mm around a cavity of 80 mm, thinner than any scar

# Beyond these no number is a heart's, from a mouse's to a horse's: it is withheld, not doubted.
POSSIBLE = {
    "mL": (0.0, 5000.0),
    "mL/m2": (0.0, 2000.0),
    "g": (0.0, 5000.0),
    "g/m2": (0.0, 2000.0),
    "L/min": (0.0, 150.0),
    "L/min/m2": (0.0, 100.0),
    "1/min": (5.0, 1500.0),
    "mm": (0.0, 1000.0),
    "mm2": (0.0, 1e6),
    "mL/s": (-50_000.0, 50_000.0),
    "cm/s": (-1000.0, 1000.0),
    "%": (-1000.0, 1000.0),  # of thickening and strain
}
_OF_EF = (0.0, 100.0)
_ANY = (-math.inf, math.inf)


def possible(found: Iterable[Measurement]) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    """The numbers that can be, and ``number-impossible`` once where any cannot be and is withheld.

    NaN, not measured, passes.

    Examples
    --------
    >>> kept, withheld = possible([Measurement("edv_ml", 2.7e9, "mL", ""), Measurement("beats", 2, "1", "")])
    >>> [m.name for m in kept], withheld[0].text
    (['beats'], 'impossible numbers withheld: edv_ml of 2.7e+09 mL')
    """
    kept: list[Measurement] = []
    wrong: list[Measurement] = []
    for m in found:
        low, high = _OF_EF if m.name.startswith("ef_") else POSSIBLE.get(m.unit, _ANY)
        (wrong if m.value < low or m.value > high or math.isinf(m.value) else kept).append(m)
    if not wrong:
        return tuple(kept), ()
    which = listed(f"{m.name} of {m.value:.4g} {m.unit}" for m in wrong)
    advice = "check the pixel spacing, the slice distance and the frame times; state the ED and ES frame"
    text = f"impossible numbers withheld: {which}"
    return tuple(kept), (Finding("number-impossible", "error", text, advice),)


def unusual(found: Iterable[Measurement]) -> list[Finding]:
    """``ef-unusual``, ``edv-unusual``, ``heart-rate-unusual``: headline numbers beyond what hearts have."""
    value = {m.name: m.value for m in found if m.slice is None}
    return [
        *_outside(value.get("ef_percent"), EF_PERCENT, "ef-unusual", "ejection fraction of {:.0f} %"),
        *_outside(value.get("edv_ml"), EDV_ML, "edv-unusual", "end-diastolic volume of {:.0f} mL"),
        *_rate(value.get("heart_rate_bpm"), value.get("edv_ml")),
    ]


def _rate(rate: float | None, edv_ml: float | None) -> list[Finding]:
    """A heart rate that is no man's, of a heart that is no mouse's."""
    if rate is None or RATE_BPM[0] <= rate <= RATE_BPM[1] or (edv_ml is not None and edv_ml < 1.0):
        return []
    text = f"heart rate of {rate:.0f} outside {RATE_BPM[0]:g} to {RATE_BPM[1]:g}: frame times probably wrong"
    return [Finding("heart-rate-unusual", "warning", text, "check the time between frames (--frame-ms)")]


def doubts(
    found: list[Measurement], segmentation: Segmentation, areas: SliceAreas, frames: EdEs
) -> list[Finding]:
    """What in the headline numbers, and in what they were made of, should make a reader look.

    ``ed-equals-es``, ``ef-unusual``, ``edv-unusual``, ``mass-changes``, ``single-slice``,
    ``epicardium-missing``, ``wall-too-thin``.
    """
    value = {m.name: m.value for m in found}
    return [
        *_same_frame(frames),
        *unusual(found),
        *_mass(value.get("lv_mass_g"), value.get("lv_mass_es_g")),
        *_single_slice(areas, "edv_ml" in value),
        *_epicardium(segmentation, frames),
        *_thin_wall(segmentation, areas),
    ]


def _same_frame(frames: EdEs) -> list[Finding]:
    if frames.ed != frames.es:
        return []
    text = f"ED and ES are one frame ({frames.ed}): stroke volume and EF are meaningless"
    return [Finding("ed-equals-es", "error", text, "state the ED and ES frame")]


def _outside(value: float | None, limits: tuple[float, float], code: str, text: str) -> list[Finding]:
    if value is None or limits[0] <= value <= limits[1]:
        return []
    doubt = f"{text.format(value)} outside {limits[0]:g} to {limits[1]:g}"
    return [Finding(code, "warning", doubt, "look at the contours at ED and ES, and at the pixel spacing")]


def _mass(at_ed: float | None, at_es: float | None) -> list[Finding]:
    if at_ed is None or at_es is None or abs(at_es / at_ed - 1) <= MASS_CHANGE:
        return []
    text = f"myocardial mass {at_ed:.0f} g at ED and {at_es:.0f} g at ES: contours wrong at one of them"
    return [Finding("mass-changes", "warning", text, "look at the epicardium and at the basal slices")]


def _single_slice(areas: SliceAreas, has_volume: bool) -> list[Finding]:
    if not has_volume or len(areas.cavity_mm2) > 1:
        return []
    text = "one slice only: volumes and mass of its slab, not of the ventricle"
    return [Finding("single-slice", "warning", text, "give the whole short-axis stack")]


def _epicardium(segmentation: Segmentation, frames: EdEs) -> list[Finding]:
    bare = {
        phase: [
            z
            for z in range(len(segmentation.endo))
            if segmentation.endo[z][frame] is not None and segmentation.epi[z][frame] is None
        ]
        for phase, frame in (("ED", frames.ed), ("ES", frames.es))
    }
    return [
        Finding(
            "epicardium-missing",
            "warning",
            f"no epicardium at {phase} around the cavity of slice {', '.join(map(str, slices))}",
            f"expect the mass at {phase} too small by the wall of these slices",
        )  # fmt: skip
        for phase, slices in bare.items()
        if slices
    ]


def _thin_wall(segmentation: Segmentation, areas: SliceAreas) -> list[Finding]:
    """Contours that touch or cross: a wall of a twentieth of the cavity's radius, or none."""
    both = np.array(
        [
            [inner is not None and outer is not None for inner, outer in zip(*pair, strict=True)]
            for pair in zip(segmentation.endo, segmentation.epi, strict=True)
        ]
    )
    slices = np.flatnonzero((both & (areas.myocardium_mm2 < THIN_WALL * areas.cavity_mm2)).any(axis=1))
    if not len(slices):
        return []
    text = f"hardly any myocardium around the cavity in some frames of slice {', '.join(map(str, slices))}"
    return [Finding("wall-too-thin", "warning", text, "look at endo- and epicardium there")]
