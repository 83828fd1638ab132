"""``report.html``: one self-contained page that a clinic can read, play and print."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

import lvcine
from lvcine.measure.timing import frame_times_ms
from lvcine.report import figures
from lvcine.report.headline import (
    HEADLINE_COMPONENTS,
    further_numbers,
    headline_lines,
    peak_lines,
    reference_note,
    reference_sources,
    why_no_intervals,
)
from lvcine.report.long_axis import LongAxisPicture, long_axis_views
from lvcine.report.manifest import versions
from lvcine.report.picture import Tiles
from lvcine.report.places import linked
from lvcine.report.player import player_data
from lvcine.report.segments import of_segments, segment_lines
from lvcine.report.tables import findings
from lvcine.report.velocity_page import SOURCES as VELOCITY_SOURCES
from lvcine.report.velocity_page import velocity_context
from lvcine.report.wording import (
    PAPILLARY,
    index_title,
    method_title,
    number,
    sentence,
    study_name,
    title,
    unit,
)
from lvcine.study import Analysis, Beat, Identity

_SIGNS = {"error": "✕", "warning": "!", "info": "i"}
_CLIP_SOURCES = (
    "Chamber quantification: Lang et al. 2015, J Am Soc Echocardiogr 28:1 (doi:10.1016/j.echo.2014.10.003)",
)
_SOURCES = (
    "Content of the report: Hundley et al. 2022, J Cardiovasc Magn Reson 24:29"
    " (doi:10.1186/s12968-021-00827-z)",
    "Post-processing: Schulz-Menger et al. 2020, J Cardiovasc Magn Reson 22:19"
    " (doi:10.1186/s12968-020-00610-6)",
    "Segments: Cerqueira et al. 2002, Circulation 105:539 (doi:10.1161/hc0402.102975)",
    "Which study counts the papillary muscles where: Kawel-Boehm et al. 2020,"
    " J Cardiovasc Magn Reson 22:87 (doi:10.1186/s12968-020-00683-3)",
)


def report_html(analysis: Analysis, tiles: Tiles, identity: Identity | None) -> str:
    """The whole page as text; nothing in it is fetched from anywhere.

    ``identity`` is printed in the header; it is given only where the user asked for it.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lvcine.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("report.html").render(_context(analysis, tiles, identity)) + "\n"


def _context(analysis: Analysis, tiles: Tiles, identity: Identity | None) -> dict[str, Any]:
    lines, wall = headline_lines(analysis), analysis.velocity
    long_axis = list(long_axis_views(analysis))
    return {
        "css": _asset("report.css") + (_asset("velocity.css") if wall is not None else ""),
        "js": _asset("report.js"),
        "identity": identity,
        "name": study_name(analysis),
        "kind": _kind(analysis),
        "learned": analysis.net.get("first_line", ""),
        "facts": list(_facts(analysis)),
        "papillary": PAPILLARY[analysis.papillary],
        "findings": [
            (f.severity, _SIGNS[f.severity], linked(sentence(f.text), analysis), sentence(f.advice), f.code)
            for f in findings(analysis)
        ],
        "velocity": None if wall is None else velocity_context(analysis, wall, tiles),
        "peak_lines": peak_lines(analysis),
        "headline_components": HEADLINE_COMPONENTS,
        "volumes": wall is None or any(line.value.value != "–" for line in lines),
        "lines": lines,
        "why_no_intervals": why_no_intervals(analysis),
        "indexed": any(line.index.value != "–" for line in lines),
        "reference_note": reference_note(analysis),
        "further": further_numbers(analysis),
        "curves": _curves(analysis),
        "player": player_data(analysis, tiles),
        "stills": list(_stills(analysis, tiles)),
        "edges": _edges(tiles),
        "stack": analysis.cine.slices > 1,
        "long_axis": long_axis,
        "clip": analysis.cine.modality == "US",
        "beats": [
            (f"{k}", _at(analysis, beat.ed_frame), _at(analysis, beat.es_frame), *_of_beat(beat))
            for k, beat in enumerate(analysis.beats, 1)
        ],
        "eyes": list(_eyes(analysis)),
        "segments": segment_lines(analysis),
        "slices": _slice_table(analysis, tiles.order),
        "comparisons": list(_comparisons(analysis)),
        "methods": _methods(analysis),
        "sources": _sources(analysis),
        "shown_only": [view.label for view in long_axis],
        "left_aside": list(_left_aside(analysis, long_axis)),
        "nets": [(n.get("name", "–"), n.get("file", ""), n.get("sha256", "").split()) for n in analysis.nets],
        "engine": analysis.net.get("engine", ""),
        "made_with": {"lvcine": lvcine.__version__, **versions()},
        "seconds": {stage: f"{s:.1f}" for stage, s in analysis.seconds.items()},
        "digest": analysis.study.digest,
    }


def _facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """What was scanned: label and text, in reading order."""
    cine, person = analysis.cine, analysis.study.subject
    clip = cine.modality == "US"
    yield "Study", _kind(analysis) + (", ED and ES only" if cine.phases_only else "")
    yield "Images", f"{cine.slices} slices × {cine.frames} frames" if not clip else f"{cine.frames} frames"
    yield "Pixel", _pixel(analysis)
    if cine.velocity is not None:
        yield "VENC of the channels", ", ".join(f"{v:g}" for v in cine.velocity.venc_cm_s) + " cm/s"
    yield "Heart rate", _heart_rate(analysis)
    yield (
        "Phases",
        f"ED frame {_at(analysis, analysis.ed_frame)}, ES frame {_at(analysis, analysis.es_frame)}",
    )
    about = {"M": "male", "F": "female"}.get(person.sex or "", "sex not known")
    yield "Person", about + (f", {person.age_years:.0f} years" if person.age_years is not None else "")
    if person.bsa_m2 and person.height_m and person.weight_kg:
        size = f"{person.height_m * 100:.0f} cm, {person.weight_kg:.0f} kg"
        yield "Body", f"{size}, {person.bsa_m2:.2f} m² (Mosteller)"
    else:
        yield "Body", "height and weight not known: nothing is indexed"
    yield "Contours by", contours_by(analysis)


def contours_by(analysis: Analysis) -> str:
    """Whose the contours are: a net's, somebody's, or a net's that somebody changed."""
    net = f"{analysis.net.get('name', '')} {analysis.net.get('sha256', '')[:12]}".strip()
    if analysis.masks is None:
        return net or "not stated"
    if not analysis.masks.changed:
        return analysis.masks.by
    return f"{net or 'not stated'}, {len(analysis.masks.changed)} changed by {analysis.masks.by}"


def _kind(analysis: Analysis) -> str:
    cine = analysis.cine
    if analysis.velocity is not None:
        return f"{cine.view.value} velocity-mapping MR"
    return f"{cine.view.value} {({'MR': 'cine MR', 'US': 'ultrasound'}).get(cine.modality, 'cine')}"


_CLOCK_DOUBTED = {"clip-slowed", "frame-times-implausible", "frame-rate-implausible"}
"""Findings after which a heart rate that a clip states is not repeated: its frames say another."""


def _heart_rate(analysis: Analysis) -> str:
    cine = analysis.cine
    if cine.modality == "US" and _CLOCK_DOUBTED & {f.code for f in findings(analysis)}:
        return "not given: the clip's frame times are in doubt"
    rate = cine.heart_rate_bpm or analysis.headline().get("heart_rate_bpm")
    return f"{rate:.0f} per minute" if rate else "not known"


def _edges(tiles: Tiles) -> str:
    """What the letters at the pictures' edges mean."""
    words = {"R": "right", "L": "left", "A": "anterior", "P": "posterior", "H": "head", "F": "feet"}
    seen = dict.fromkeys(letter for letters in tiles.edges.values() for letter in letters)
    return ", ".join(f"{letter} {words[letter]}" for letter in sorted(seen, key="RLAPHF".index))


def _pixel(analysis: Analysis) -> str:
    geometry = analysis.cine.geometry
    if not geometry.calibrated:
        return "no known spacing: nothing is given in millimetres"
    row_mm, column_mm = geometry.pixel_spacing_mm
    step = "" if geometry.slices == 1 else f", slices every {number(geometry.slice_step_mm)} mm"
    return f"{row_mm:.2f} × {column_mm:.2f} mm{step}"


def _at(analysis: Analysis, frame: int) -> str:
    times, _ = frame_times_ms(analysis.cine)
    return f"{frame}" if times is None else f"{frame} ({times[frame]:.0f} ms)"


def _curves(analysis: Analysis) -> list[Markup]:
    """The volume curve (else the first there is), a clip's area, and the curve of temporal regression.

    None for two phases. Velocities have figures of their own.
    """
    shown = [c for c in analysis.curves if analysis.velocity is None or c.unit != "cm/s"]
    curves = sorted(shown, key=lambda c: not c.name.startswith("volume"))
    if not curves or analysis.cine.phases_only or len(curves[0].values) < 3:
        return []
    clip = analysis.cine.modality == "US"
    also = [c for c in curves[1:] if c.name == "ed_es_curve" or (clip and "area" in c.name)]
    ends = [frame for beat in analysis.beats for frame in (beat.ed_frame, beat.es_frame)]
    return [figures.curve_svg(c, analysis.ed_frame, analysis.es_frame, ends) for c in (curves[0], *also)]


def _of_beat(beat: Beat) -> tuple[str, str, str]:
    return number(beat.edv_ml, "mL"), number(beat.esv_ml, "mL"), number(beat.ef_percent, "%")


def _stills(analysis: Analysis, tiles: Tiles) -> Iterator[tuple[str, Markup]]:
    for name, frame in (("End-diastole", analysis.ed_frame), ("End-systole", analysis.es_frame)):
        yield f"{name}, frame {_at(analysis, frame)}", figures.still_svg(tiles, frame, name)


def _eyes(analysis: Analysis) -> Iterator[tuple[str, Markup]]:
    """Bull's-eyes of wall thickness at ED and of thickening, where segments were measured."""
    wanted = (
        ("wall_thickness", analysis.ed_frame, "Wall thickness at end-diastole", figures.THICKNESS),
        ("wall_thickening", None, "Wall thickening, end-diastole to end-systole", figures.THICKENING),
    )
    for stem, frame, name, scale in wanted:
        if found := of_segments(analysis, stem, frame):
            symbol = unit(next(iter(found.values())).unit)
            values = {segment: m.value for segment, m in found.items()}
            yield f"{name} ({symbol})", figures.bulls_eye_svg(values, name, replace(scale, unit=symbol))


def _slice_table(analysis: Analysis, order: Sequence[int]) -> dict[str, Any] | None:
    """Areas and dimensions of every slice at ED and at ES, from base to apex: headings and lines of text."""
    frames = (analysis.ed_frame, analysis.es_frame)
    cells: dict[tuple[int, int, str], str] = {}
    for m in analysis.measurements:
        by_pixels = "by_pixels" in m.name  # in a table of their own
        if m.slice is not None and m.segment is None and m.frame in frames and not by_pixels:
            cells[m.slice, m.frame, f"{title(m.name)} ({unit(m.unit)})"] = number(m.value, m.unit)
    if not cells:
        return None
    headings = list(dict.fromkeys(heading for _, _, heading in cells))
    positions = analysis.cine.geometry.slice_positions_mm
    lines = [
        [str(z), number(abs(float(positions[z] - positions[order[0]])))]
        + [cells.get((z, frame, heading), "–") for frame in frames for heading in headings]
        for z in order
    ]
    distance = "Distance (mm)" if analysis.cine.geometry.calibrated else "Distance (steps)"
    return {"first": ["Slice", distance], "headings": headings, "rows": lines}


def _comparisons(analysis: Analysis) -> Iterator[tuple[str, str, str, str, str, bool]]:
    """Contours, regression, their difference and its limits of each index, and whether it exceeds them."""
    for c in analysis.comparisons:
        limits = "–"
        if c.low is not None and c.high is not None:
            limits = f"{number(c.low, c.unit)} to {number(c.high, c.unit)}"
        contours, regression, difference = (
            number(v, c.unit) for v in (c.masks, c.pixels, c.pixels - c.masks)
        )
        name = f"{index_title(c.name)} ({unit(c.unit)})"
        yield name, contours, regression, difference, limits, c.exceeds_limits


def _left_aside(analysis: Analysis, shown: Sequence[LongAxisPicture]) -> Iterator[str]:
    """What was met but is not on the page, and why; the files only where they were counted."""
    pictured = {view.label for view in shown}
    for item in analysis.study.left_aside:
        if item.label not in pictured:
            files = f", {item.files} files" if item.files > 1 else ""
            yield f"{item.label} ({item.reason.removeprefix(f'{item.label}: ')}{files})"


def _methods(analysis: Analysis) -> list[tuple[str, str]]:
    """Each method once, with the names of what it measured.

    Of the wall's velocities only what they are: each of their many peaks is found in the same way. What is
    measured in two ways is named by where: by segment, by slice.
    """
    ways: dict[str, dict[str, str]] = {}
    for m in analysis.measurements:
        place = "by slice" if m.slice is not None else "by segment" if m.segment else "whole study"
        ways.setdefault(method_title(m.name), {}).setdefault(m.method, place)
    by_method: dict[str, list[str]] = {}
    for name, methods in ways.items():
        for method, place in methods.items():
            by_method.setdefault(method, []).append(f"{name}, {place}" if len(methods) > 1 else name)
    return [(", ".join(names), method) for method, names in by_method.items()]


def _sources(analysis: Analysis) -> list[str]:
    """Papers of the report, of the ranges it prints, and those that methods name by their DOI."""
    standards = _CLIP_SOURCES if analysis.cine.modality == "US" else _SOURCES
    if analysis.velocity is not None:
        standards = (*VELOCITY_SOURCES, *standards)
    papers = [f"Normal values: {s.citation} (doi:{s.doi})" for s in reference_sources(analysis)]
    methods = " ".join(dict.fromkeys(m.method for m in analysis.measurements))
    named = dict.fromkeys(doi.rstrip(".,;)") for doi in re.findall(r"10\.\d{4,9}/\S+", methods))
    listed = " ".join((*standards, *papers))
    return [*standards, *papers, *(f"doi:{doi}" for doi in named if doi not in listed)]


def _asset(name: str) -> Markup:
    """A style sheet or script of ours, to be set inline as it is."""
    return Markup(files("lvcine.report").joinpath("templates", name).read_text("utf-8"))
