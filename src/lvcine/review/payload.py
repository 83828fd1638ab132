"""What the page is told, as plain JSON types: the study once, the numbers after every correction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lvcine.errors import LvcineError
from lvcine.measure.timing import frame_times_ms, mean_frame_step_ms
from lvcine.pipeline.corrected import same
from lvcine.pipeline.remeasure import is_clip
from lvcine.report import figures
from lvcine.report.headline import headline_lines, reference_note, whole_study
from lvcine.report.picture import ventricle_box
from lvcine.report.places import places_of
from lvcine.report.segments import of_segments
from lvcine.report.slices import base_first, edge_letters
from lvcine.report.tables import findings, plain
from lvcine.report.wording import sentence, study_name, title, unit
from lvcine.review.state import SIDES, Place, State, plain_points
from lvcine.study import Analysis, Contour, Finding

_NAMES = ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g")


def study_facts(analysis: Analysis, window: tuple[float, float], top: float) -> dict[str, Any]:
    """What does not change: sizes, places, times, the grey values between which pictures are shown."""
    cine = analysis.cine
    z, t, rows, columns = cine.pixels.shape
    box = ventricle_box(cine, analysis.segmentation)
    times, cycle = frame_times_ms(cine)
    clip = is_clip(cine)
    return {
        "name": study_name(analysis),
        "kind": f"{cine.view.value} {'ultrasound' if clip else 'cine MR'}",
        "clip": clip,
        "slices": z,
        "frames": t,
        "rows": rows,
        "columns": columns,
        "spacing": list(cine.geometry.pixel_spacing_mm),
        "calibrated": cine.geometry.calibrated,
        "order": list(base_first(analysis)),
        "edges": edge_letters(cine.geometry),
        "box": [box.top, box.bottom, box.left, box.right],
        "window": list(window),
        "top": top,
        "gated": cine.gated and not cine.phases_only,
        "step_ms": round(mean_frame_step_ms(cine) or 50),
        "times_ms": None if times is None else [round(float(v), 1) for v in times],
        "cycle_ms": plain(cycle),
        "net": analysis.net.get("name", ""),
    }


def contours_of(changes: Mapping[Place, Any]) -> list[list[Any]]:
    """Contours as [side, slice, frame, [y, x, ...] or null]."""
    return [[*place, plain_points(contour)] for place, contour in changes.items()]


def every_contour(state: State) -> dict[Place, Contour]:
    """All contours that there are."""
    found: dict[Place, Contour] = {}
    for side in SIDES:
        for z, t in np.ndindex(state.slices, state.frames):
            contour = state.at((side, z, t))
            if contour is not None:
                found[side, z, t] = contour
    return found


def choices_of(state: State, analysis: Analysis) -> dict[str, Any]:
    """The reader's decisions, and what holds where she made none."""
    choices = state.choices
    point = choices.insertion or analysis.insertion
    return {
        "papillary": choices.papillary or analysis.papillary,
        "ed": analysis.ed_frame if choices.ed is None else choices.ed,
        "es": analysis.es_frame if choices.es is None else choices.es,
        "base": list(choices.base) if choices.base else None,
        "apex": list(choices.apex) if choices.apex else None,
        "insertion": None if point is None else list(point),
        "no_slices": list(choices.no_slices),
        "no_frames": list(choices.no_frames),
        "hinges": [None if pair is None else list(pair) for pair in state.hinges],
    }


def numbers_of(now: Analysis | LvcineError, original: Analysis, last: Analysis) -> dict[str, Any]:
    """The numbers after a correction beside those of the analysis.

    ``last``: the analysis with numbers that came last, for ED and ES where ``now`` has none.
    """
    measured = now if isinstance(now, Analysis) else None
    shown = measured or last
    failed = None if measured is not None else str(now)
    lines = list(_lines(measured, original))
    return {
        "error": failed,
        "ed": shown.ed_frame,
        "es": shown.es_frame,
        "lines": lines,
        "raw": {} if measured is None else _raw(measured),
        "curve": _curve(measured, original),
        "beats": [[b.ed_frame, b.es_frame, plain(b.ef_percent)] for b in shown.beats],
        "findings": [_finding(f, shown) for f in findings(shown)],
        "eye": "" if measured is None else _eye(measured),
        "note": reference_note(shown),
        "edited": any(line["edited"] for line in lines),
    }


def _lines(now: Analysis | None, original: Analysis) -> Iterator[dict[str, Any]]:
    """The report's first table, each number beside that of the analysis."""
    before = headline_lines(original)
    after = headline_lines(now) if now is not None else [None] * len(before)
    was_, is_now = whole_study(original), {} if now is None else whole_study(now)
    edited = {name for name, m in is_now.items() if name not in was_ or not same(was_[name].value, m.value)}
    for old, new in zip(before, after, strict=True):
        name = _name_of(old.short, old.label)
        was, is_ = old.value, None if new is None else new.value
        yield {
            "label": old.label,
            "short": old.short or old.label,
            "before": was.value,
            "now": "–" if is_ is None else is_.value,
            "unit": was.unit or (is_.unit if is_ else ""),
            "interval": "" if is_ is None else is_.interval,
            "ranges": list(was.ranges),
            "verdict": "" if is_ is None else is_.verdict,
            "index": "" if new is None or new.index.value == "–" else f"{new.index.value} {new.index.unit}",
            "edited": name in edited or is_ is None,
        }


def _name_of(short: str, label: str) -> str:
    known = {
        "EDV": "edv_ml", "ESV": "esv_ml", "SV": "sv_ml", "EF": "ef_percent", "CO": "cardiac_output_l_min",
        "LVM": "lv_mass_g", "LAV": "la_volume_ml",
    }  # fmt: skip
    return known.get(short, "max_wall_thickness_ed_mm")


def _raw(now: Analysis) -> dict[str, Any]:
    found = whole_study(now)
    return {name: plain(found[name].value) for name in _NAMES if name in found}


def _curve(now: Analysis | None, original: Analysis) -> dict[str, Any] | None:
    """The volume over the frames, now and before."""
    before = next(iter(sorted(original.curves, key=lambda c: not c.name.startswith("volume"))), None)
    if before is None:
        return None
    after = next((c for c in now.curves if c.name == before.name), None) if now is not None else None
    return {
        "title": title(before.name),
        "unit": unit(before.unit),
        "before": [plain(float(v)) for v in before.values],
        "now": None if after is None else [plain(float(v)) for v in after.values],
    }


def _finding(finding: Finding, analysis: Analysis) -> dict[str, Any]:
    """A finding with the first slice and frame that it names, and those for each place in its text."""
    text = sentence(finding.text)
    places = [[a, b, z, t] for a, b, z, t in places_of(text, analysis)]
    return {
        "severity": finding.severity, "code": finding.code, "text": text,
        "advice": sentence(finding.advice), "places": places,
    }  # fmt: skip


def _eye(now: Analysis) -> str:
    found = of_segments(now, "wall_thickness", now.ed_frame)
    if not found:
        return ""
    values = {segment: m.value for segment, m in found.items()}
    return str(figures.bulls_eye_svg(values, "Wall thickness at end-diastole (mm)", figures.THICKNESS))
