"""The wall by AHA segment as a table: thickness at ED and ES with its interval, thickening."""

from __future__ import annotations

from lvcine.report.wording import number, span
from lvcine.study import Analysis, Measurement

_BASAL = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
_APICAL = ("anterior", "septal", "inferior", "lateral")
NAMES = (
    *(f"basal {wall}" for wall in _BASAL),
    *(f"mid {wall}" for wall in _BASAL),
    *(f"apical {wall}" for wall in _APICAL),
)
"""Of segments 1 to 16 (Cerqueira 2002, doi:10.1161/hc0402.102975)."""

Line = tuple[str, str, list[tuple[str, str]]]


def of_segments(analysis: Analysis, stem: str, frame: int | None) -> dict[int, Measurement]:
    """Segment -> the measurement of that name, over all slices of its level, at a frame or at none."""
    return {
        m.segment: m
        for m in analysis.measurements
        if m.name.startswith(f"{stem}_")
        and "by_pixels" not in m.name
        and m.segment is not None
        and m.slice is None
        and m.frame == frame
    }


def segment_lines(analysis: Analysis) -> list[Line]:
    """Number, name, and (value, interval) of thickness at ED and at ES and of thickening."""
    columns = [
        of_segments(analysis, "wall_thickness", analysis.ed_frame),
        of_segments(analysis, "wall_thickness", analysis.es_frame),
        of_segments(analysis, "wall_thickening", None),
    ]
    if not any(columns):
        return []
    return [
        (f"{segment}", name, [_cell(found.get(segment), k == 2) for k, found in enumerate(columns)])
        for segment, name in enumerate(NAMES, 1)
    ]


def _cell(m: Measurement | None, whole: bool) -> tuple[str, str]:
    if m is None:
        return number(None), ""
    return number(m.value, m.unit, 0 if whole else None), span(m.low, m.high, m.unit)
