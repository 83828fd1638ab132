"""The numbers that stand first: those that SCMR asks a report to give, or the peaks of the wall's velocity.

List of SCMR's, each beside what healthy hearts measure: Hundley 2022, "recommended" of Table 2
(doi:10.1186/s12968-021-00827-z).
"""

from __future__ import annotations

from dataclasses import dataclass

from lvcine.report.reference import Range, Source, reference_range
from lvcine.report.wording import BY_READER, number, span, title, unit
from lvcine.study import Analysis, Measurement, Subject
from lvcine.study.wall_velocity import COMPONENTS, PEAKS

# Label, short name, number, number per body surface.
_LINES = (
    ("End-diastolic volume", "EDV", "edv_ml", "edvi_ml_m2"),
    ("End-systolic volume", "ESV", "esv_ml", "esvi_ml_m2"),
    ("Stroke volume", "SV", "sv_ml", "svi_ml_m2"),
    ("Ejection fraction", "EF", "ef_percent", ""),
    ("Cardiac output", "CO", "cardiac_output_l_min", "cardiac_index_l_min_m2"),
    ("Mass at end-diastole", "LVM", "lv_mass_g", "lv_mass_index_g_m2"),
    ("Largest wall thickness at ED", "", "max_wall_thickness_ed_mm", ""),
)
_OF_CLIP = (*_LINES[:4], ("Left atrium at end-systole", "LAV", "la_volume_ml", "la_volume_index_ml_m2"))
_NAMES = [name for line in (*_LINES, *_OF_CLIP) for name in line[2:] if name]
HEADLINE_COMPONENTS = COMPONENTS[:2]
"""Whose peaks the first table of a velocity-mapping scan gives."""
_IN_HEADER = ("ed_frame", "es_frame", "ed_time_ms", "es_time_ms", "bsa_m2", "heart_rate_bpm")
_ADULT_YEARS = 18


@dataclass(frozen=True)
class Cell:
    """A number as it is printed, the ranges it is read against, and whether a reader corrected it."""

    value: str = "–"
    unit: str = ""
    interval: str = ""
    ranges: tuple[str, ...] = ()
    verdict: str = ""
    corrected: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    label: str
    short: str
    value: Cell
    index: Cell


@dataclass(frozen=True)
class PeakLine:
    """The peaks of one phase of the cycle: of each component its value and its time."""

    label: str
    peaks: tuple[tuple[Cell, Cell], ...]


def peak_names(component: str, phase: str) -> tuple[str, str]:
    """Names of the measurements of a peak of the whole wall: its value and its time.

    Examples
    --------
    >>> peak_names("radial", "early diastolic")[0]
    'peak_early_diastolic_radial_velocity_cm_s'
    >>> peak_names("radial", "early diastolic")[1]
    'time_to_peak_early_diastolic_radial_velocity_ms'
    """
    stem = f"peak_{phase.replace(' ', '_')}_{component}_velocity"
    return f"{stem}_cm_s", f"time_to_{stem}_ms"


def peak_lines(analysis: Analysis) -> list[PeakLine]:
    """The first table of a velocity-mapping scan; a dash where there is no such peak."""
    found = whole_study(analysis)
    lines = []
    for phase in PEAKS:
        names = [peak_names(component, phase) for component in HEADLINE_COMPONENTS]
        cells = [(_cell(found.get(v), analysis), _cell(found.get(t), analysis)) for v, t in names]
        lines.append(PeakLine(phase.capitalize(), tuple(cells)))
    return lines


def whole_study(analysis: Analysis) -> dict[str, Measurement]:
    """Name -> number of those that are about no single slice, frame or segment."""
    return {
        m.name: m for m in analysis.measurements if m.slice is None and m.frame is None and m.segment is None
    }


def headline_lines(analysis: Analysis) -> list[Line]:
    """The table's lines; a dash where a number was not measured or has no verified range."""
    found = whole_study(analysis)
    lines = _OF_CLIP if analysis.cine.modality == "US" else _LINES
    return [
        Line(label, short, _cell(found.get(name), analysis), _cell(found.get(index), analysis))
        for label, short, name, index in lines
    ]


def further_numbers(analysis: Analysis) -> list[tuple[str, Cell]]:
    """Name and value of the study's other numbers."""
    peaks = {name for c in COMPONENTS for phase in PEAKS for name in peak_names(c, phase)}
    shown = peaks if analysis.velocity is not None else set()  # in tables of their own
    return [
        (title(name), _cell(m, analysis))
        for name, m in whole_study(analysis).items()
        if name not in shown and name not in _NAMES and name not in _IN_HEADER and number(m.value) != "–"
    ]


def reference_sources(analysis: Analysis) -> list[Source]:
    """The papers whose ranges the table prints, each once."""
    if not _is_adult(analysis.study.subject):
        return []
    measured = whole_study(analysis)
    found = [r for name in _NAMES if name in measured for r in _ranges(name, analysis).values()]
    return list(dict.fromkeys(r.source for r in found))


def reference_note(analysis: Analysis) -> str:
    """Whom the numbers are compared with, and whether this person is one of them."""
    person, papers, measured = analysis.study.subject, reference_sources(analysis), whole_study(analysis)
    if not _is_adult(person):
        return "No range is given: the reference cohorts are adults."
    if not papers:
        return "No verified range."
    cohorts = "; ".join(f"{p.citation} ({p.cohort}, {_ages(p)})" for p in papers)
    alike = "" if analysis.cine.modality == "US" else " measured with the same papillary convention"
    note = f"Normal: the middle 95 % of healthy adults{alike}. {cohorts}."
    if analysis.cine.modality == "US" and "ef_second_plane_percent" not in measured:
        note += (
            " Volumes and EF here are of one plane, the ranges of two; in healthy adults the two did not"
            " differ significantly (doi:10.1055/s-2008-1070223)."
        )
    years = person.age_years
    if years is not None and any(not p.ages[0] <= years <= p.ages[1] for p in papers):
        note += f" At {years:.0f} years this person is outside the ages of at least one of these cohorts."
    return note + " –: no verified range."


def why_no_intervals(analysis: Analysis) -> str:
    """Why no number of the whole study has a 90 % interval; empty where one has."""
    if any(m.low is not None for m in whole_study(analysis).values()):
        return ""
    if analysis.masks is not None and not analysis.masks.changed:
        return "an interval describes a net's uncertainty, and these contours are no net's"
    if analysis.velocity is not None:
        return "the errors of the nets for velocity mapping are known on virtual hearts alone, not calibrated"
    of = " for clips" if analysis.cine.modality == "US" else ""
    return f"the errors of the net{of} were not calibrated"


def _cell(m: Measurement | None, analysis: Analysis) -> Cell:
    if m is None or number(m.value) == "–":
        return Cell()
    interval = span(m.low, m.high, m.unit)
    ranges = _ranges(m.name, analysis) if _is_adult(analysis.study.subject) else {}
    # Sex not known: both ranges are shown, and only what lies outside of both is marked.
    names = {"M": " men", "F": " women"} if len(set(ranges.values())) > 1 else {"M": "", "F": ""}
    texts = dict.fromkeys(f"{r.low:.0f}–{r.high:.0f}{names[sex]}" for sex, r in ranges.items())
    verdicts = {_verdict(m.value, r) for r in ranges.values()}
    verdict = verdicts.pop() if len(verdicts) == 1 else ""
    corrected = BY_READER if m.method.endswith(BY_READER) else ""
    return Cell(number(m.value, m.unit), unit(m.unit), interval, tuple(texts), verdict, corrected)


def _ranges(name: str, analysis: Analysis) -> dict[str, Range]:
    """Sex -> range, for the person's sex or for both where it is not known."""
    modality = analysis.cine.modality
    found = {
        s: reference_range(name, analysis.papillary, s, modality) for s in _sexes(analysis.study.subject)
    }
    return {sex: r for sex, r in found.items() if r is not None}


def _sexes(person: Subject) -> tuple[str, ...]:
    return (person.sex,) if person.sex in ("M", "F") else ("M", "F")


def _is_adult(person: Subject) -> bool:
    return person.age_years is None or person.age_years >= _ADULT_YEARS


def _verdict(value: float, normal: Range) -> str:
    if value < normal.low:
        return "below"
    return "above" if value > normal.high else "within"


def _ages(source: Source) -> str:
    return "adults" if source.ages[1] > 100 else f"{source.ages[0]}–{source.ages[1]} years"
