"""An analysis in a notebook: the numbers, the doubts, and the contours at ED and ES."""

from __future__ import annotations

from html import escape

from lvcine.report.headline import whole_study
from lvcine.report.picture import Tiles, grid, tiles_of
from lvcine.report.player import sprite
from lvcine.report.tables import findings
from lvcine.report.wording import number, title, unit
from lvcine.study import Analysis

MOST_NUMBERS = 24
_FIRST = ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "cardiac_output_l_min", "lv_mass_g")
_COLOURS = {"endo": "#e69f00", "epi": "#56b4e9"}
_WIDE = 420
"""Pixels on the page that a picture is wide."""


def analysis_html(analysis: Analysis) -> str:
    """HTML of an analysis: no script, nothing from outside, no name of a patient."""
    parts = [f"<p><b>{escape(analysis.cine.label)}</b>: {escape(_what(analysis))}</p>", _numbers(analysis)]
    if analysis.cine.pixels.any():
        tiles = tiles_of(analysis)
        pair = (("End-diastole", analysis.ed_frame), ("End-systole", analysis.es_frame))
        pictures = "".join(_picture(tiles, name, frame) for name, frame in pair)
        parts.append(f'<div style="display:flex;flex-wrap:wrap;gap:1em">{pictures}</div>')
    parts.append(_doubts(analysis))
    return f"<div>{''.join(parts)}</div>"


def _what(analysis: Analysis) -> str:
    cine = analysis.cine
    return f"{cine.view.value} {cine.modality}, slices {cine.slices}, frames {cine.frames}"


def _numbers(analysis: Analysis) -> str:
    found = whole_study(analysis)
    names = [name for name in _FIRST if name in found]
    names += [name for name in found if name not in _FIRST][: MOST_NUMBERS - len(names)]
    known = any(found[name].low is not None for name in names)
    lines = []
    for name in names:
        m = found[name]
        cells = [title(name), number(m.value, m.unit), unit(m.unit)]
        if m.low is not None and m.high is not None:
            cells.append(f"{number(m.low, m.unit)} to {number(m.high, m.unit)}")
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heads = ["", "value", "unit", *(["90 % interval"] if known else [])]
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _picture(tiles: Tiles, name: str, frame: int) -> str:
    """All slices of a frame with their contours, as SVG."""
    columns = grid(tiles.slices)[1]
    width, height = tiles.box.width, tiles.box.height
    across, down = width * columns, height * -(-tiles.slices // columns)
    lines = []
    for z in range(tiles.slices):
        left, top = width * (z % columns), height * (z // columns)
        for side, colour in _COLOURS.items():
            points = getattr(tiles, side)[z][frame]
            if points is not None:
                path = " ".join(f"{x + left:.1f},{y + top:.1f}" for x, y in points)
                lines.append(f'<polygon points="{path}" stroke="{colour}"/>')
    high = round(_WIDE * down / across * tiles.aspect)
    picture = (
        f'<image href="{sprite(tiles, frame)}" width="{across}" height="{down}" preserveAspectRatio="none"/>'
    )
    drawn = f'<g fill="none" stroke-width="{across / _WIDE:.2f}">{"".join(lines)}</g>'
    label = f"{name}, frame {frame}"
    return (
        f'<figure style="margin:0"><svg role="img" aria-label="{label}" width="{_WIDE}" height="{high}" '
        f'viewBox="0 0 {across} {down}" preserveAspectRatio="none">{picture}{drawn}</svg>'
        f"<figcaption>{label}</figcaption></figure>"
    )


def _doubts(analysis: Analysis) -> str:
    grave = [f for f in findings(analysis) if f.severity != "info"]
    return "<ul>" + "".join(f"<li>{escape(f'{f.severity}: {f.text}')}</li>" for f in grave) + "</ul>"
