"""The report's drawings as SVG: curve over the cycle, bull's-eye, still pictures.

All text in them is made here from numbers, never from a header; they need no library and
print at any size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape

from lvcine.report.labels import Rectangle, Room
from lvcine.report.picture import Tiles, grid
from lvcine.report.player import sprite
from lvcine.report.slices import bar_text
from lvcine.report.wording import number, title, unit
from lvcine.study import Array, Curve

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 520, 300, 52, 14, 26, 44
_TIME = {False: "time after the R wave (ms)", True: "time (ms)"}
# Inner and outer radius, first segment, how many: basal, mid and apical level.
_RINGS = ((110.0, 148.0, 1, 6), (72.0, 110.0, 7, 6), (30.0, 72.0, 13, 4))
_PALE, _DEEP = np.array((237, 243, 250)), np.array((18, 78, 132))
_BELOW = "#f3b27a"  # of what lies below a scale that begins at nought: thinning instead of thickening
SCALE_ROOM = 44.0
"""Below a bull's-eye, for its colours."""
_TYPE = 13.0  # size of the labels on a curve
_PLOT = Rectangle(_LEFT + 2, _TOP - 14, _WIDTH - _LEFT - _RIGHT - 2, _HEIGHT - _BOTTOM - _TOP + 10)


def curve_svg(curve: Curve, ed: int, es: int, others: Sequence[int] = ()) -> Markup:
    """A quantity over the frames with ED and ES marked and a cursor that the player moves.

    ``others`` are the ED and ES frames of a clip's other beats.
    """
    timed = curve.times_ms is not None
    x = np.asarray(curve.times_ms if curve.times_ms is not None else np.arange(len(curve.values)), float)
    y = np.asarray(curve.values, float)
    highest = float(np.nanmax(y)) if np.isfinite(y).any() else 1.0
    xs, ys = ticks(0.0, float(x.max())), ticks(0.0, highest * 1.08)
    px = scaled(x, xs[0], max(xs[-1], float(x.max())), _LEFT, _WIDTH - _RIGHT)
    py = scaled(y, ys[0], ys[-1], _HEIGHT - _BOTTOM, _TOP)
    heading = title(curve.name) + (f" ({unit(curve.unit)})" if curve.unit != "1" else "")
    parts = [*_axes(xs, ys, float(x.max()), (_TIME[bool(others)] if timed else "frame"))]
    parts.append(f'<text class="axis-name" x="{_LEFT - 40}" y="14">{escape(heading)}</text>')
    steps = [(a, b) for a, b in zip(px, py, strict=True) if math.isfinite(b)]
    parts.append(f'<polyline class="curve" points="{points_of(steps)}"/>')
    parts += [f'<circle class="dot" cx="{a:.1f}" cy="{b:.1f}" r="2.6"/>' for a, b in steps]
    for frame in others:
        if frame not in (ed, es) and math.isfinite(y[frame]):
            parts.append(
                f'<circle class="phase-dot" cx="{float(px[frame]):.1f}" cy="{float(py[frame]):.1f}" r="5"/>'
            )
    upright = [np.array([(px[t], _TOP), (px[t], _HEIGHT - _BOTTOM)]) for t in (ed, es) if 0 <= t < len(px)]
    room = Room(_PLOT, [np.stack([px, py], 1), *upright])
    for frame, name in ((ed, "ED"), (es, "ES")):
        if 0 <= frame < len(y) and math.isfinite(y[frame]):
            text = f"{name} {number(float(y[frame]), curve.unit)}"
            parts += _phase(float(px[frame]), float(py[frame]), text, room)
    parts.append(cursor(px, _TOP, _HEIGHT - _BOTTOM))
    return drawing(_WIDTH, _HEIGHT, parts, f"{title(curve.name)} over the cycle")


@dataclass(frozen=True)
class Scale:
    """What the colours of a bull's-eye stand for, the same in every report.

    Attributes
    ----------
    low, high : float
        Palest and deepest colour; what lies beyond ``high`` has the deepest one, what lies below ``low``
        orange.
    unit : str
        As it is printed.
    decimals : int
        Of the numbers in the segments.
    below : str
        What a value below ``low`` means.
    """

    low: float
    high: float
    unit: str
    decimals: int
    below: str = ""


THICKNESS = Scale(0.0, 20.0, "mm", 1)
"""From nothing to beyond 15 mm, from which a wall is called hypertrophic (Elliott 2014,
doi:10.1093/eurheartj/ehu284)."""
THICKENING = Scale(0.0, 100.0, "%", 0, "thinner at ES")


def bulls_eye_svg(values: Mapping[int, float], name: str, scale: Scale = THICKNESS) -> Markup:
    """The 16 short-axis segments of the AHA seen from the apex, septum left, anterior wall up.

    Parameters
    ----------
    values : mapping of segment number (1-16) to value
        Segments without a value stay empty.
    name : str
        What is shown, for readers who cannot see the drawing.
    scale : Scale
        Its colours are printed below.

    Notes
    -----
    Segments and angles: Cerqueira 2002 (doi:10.1161/hc0402.102975).
    """
    parts: list[str] = []
    for inner, outer, first, count in _RINGS:
        for k in range(count):
            width = 360.0 / count
            middle = 90.0 + k * width
            value = values.get(first + k)
            shown = _colours(value, scale)
            parts += ring_segment(inner, outer, middle, width, shown, number(value, decimals=scale.decimals))
    return eye([*parts, *_scale_bar(scale)], name, below=SCALE_ROOM)


def _scale_bar(scale: Scale) -> list[str]:
    """Steps of colour from low to high with their numbers, and the colour of what lies below."""
    steps, left, width, top = 10, -80.0, 200.0, 182.0
    each = width / steps
    parts = []
    for k in range(steps):
        middle = scale.low + (k + 0.5) / steps * (scale.high - scale.low)
        place = f'x="{left + k * each:.1f}" y="{top}" width="{each:.1f}" height="10"'
        parts.append(f'<rect class="step" {place} fill="{_colours(middle, scale)[0]}"/>')
    for share in (0.0, 0.5, 1.0):
        value = scale.low + share * (scale.high - scale.low)
        more = f" {scale.unit} and more" if share == 1 else ""
        at = f'x="{left + share * width:.1f}" y="{top + 23}"'
        parts.append(f'<text class="scale-number" {at}>{value:g}{more}</text>')
    if scale.below:
        place = f'x="{left - 50}" y="{top}" width="{each:.1f}" height="10"'
        parts.append(f'<rect class="step" {place} fill="{_BELOW}"/>')
        at = f'x="{left - 12}" y="{top + 23}"'  # ends short of the first number
        parts.append(f'<text class="scale-number end" {at}>{scale.below}</text>')
    return parts


def still_svg(tiles: Tiles, frame: int, name: str) -> Markup:
    """All slices of one frame with their contours, sharp at any size of print."""
    _, columns = grid(tiles.slices)
    h, w = tiles.grey.shape[2:]
    rows = -(-tiles.slices // columns)
    parts = [f'<g transform="scale(1 {tiles.aspect:.5f})">']
    parts.append(f'<image href="{sprite(tiles, frame)}" width="{columns * w}" height="{rows * h}" ')
    parts.append('preserveAspectRatio="none"/>')
    labels = []
    for place, z in enumerate(tiles.order):
        x, y = place % columns * w, place // columns * h
        for side, kind in ((tiles.endo, "endo"), (tiles.epi, "epi")):
            if (line := side[z][frame]) is not None:
                parts.append(f'<polygon class="{kind}" points="{points_of(line + (x, y))}"/>')
        if tiles.slices > 1:
            labels.append(f'<text x="{x + 0.04 * w:.1f}" y="{y * tiles.aspect + 0.11 * w:.1f}">{z}</text>')
    parts.append(f'</g><g class="slice-number" font-size="{0.09 * w:.1f}">' + "".join(labels) + "</g>")
    parts += tile_marks(tiles, float(w), h * tiles.aspect)
    return drawing(columns * w, rows * h * tiles.aspect, parts, name, "still")


def tile_marks(tiles: Tiles, width: float, height: float) -> list[str]:
    """Sides of the patient at the edges of the first tile, and a scale bar in its corner."""
    size, pad = (0.075 if tiles.slices > 1 else 0.04) * width, 0.02 * width
    places = {
        "left": (pad, height / 2 + size / 3, ""), "right": (width - pad, height / 2 + size / 3, "end"),
        "top": (width / 2, size, "middle"), "bottom": (width / 2, height - pad, "middle"),
    }  # fmt: skip
    parts = [f'<g class="edges" font-size="{size:.1f}">']
    for edge, letters in tiles.edges.items():
        x, y, anchor = places[edge]
        parts.append(f'<text class="edge {edge} {anchor}" x="{x:.1f}" y="{y:.1f}">{letters}</text>')
    if tiles.bar_px:
        length = tiles.bar_px / tiles.box.width * width
        parts += scale_bar(width - 2 * pad - length, height - 2 * pad, length, tiles.bar_mm, pad)
    return [*parts, "</g>"]


def scale_bar(left: float, bottom: float, length: float, length_mm: float, above: float) -> list[str]:
    """A line of known length, and ``above`` it what it stands for."""
    return [
        f'<path class="bar" d="M{left:.2f} {bottom:.2f}H{left + length:.2f}"/>'
        f'<text class="bar-text middle" x="{left + length / 2:.1f}" y="{bottom - above:.1f}">'
        f"{bar_text(length_mm)}</text>"
    ]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values that cover a range, from ``low`` to just beyond ``high``.

    Examples
    --------
    >>> ticks(0, 152)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    """
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= about)
    return [low + step * k for k in range(math.ceil((high - low) / step - 1e-9) + 1)]


def _axes(xs: list[float], ys: list[float], last: float, x_name: str) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in ys:
        y = float(scaled(np.array(value), ys[0], ys[-1], bottom, _TOP))
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{_LEFT - 7}" y="{y + 4:.1f}">{value:g}</text>')
    for value in xs:
        x = float(scaled(np.array(value), xs[0], max(xs[-1], last), _LEFT, right))
        parts.append(f'<text class="tick middle" x="{x:.1f}" y="{bottom + 17}">{value:g}</text>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text class="axis-name middle" x="{middle}" y="{_HEIGHT - 8}">{x_name}</text>')
    return parts


def _phase(x: float, y: float, text: str, room: Room) -> list[str]:
    """A dashed line at ED or ES, a ring on the curve, and its value beside it, off the curve."""
    box = room.place(x, y, [text], _TYPE)
    return [
        f'<line class="phase" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>',
        f'<circle class="phase-dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>',
        f'<text class="phase-name middle" x="{box.left + box.width / 2:.1f}" '
        f'y="{box.top + 0.8 * box.height:.1f}">{text}</text>',
    ]


def eye(parts: Sequence[str], name: str, below: float = 0.0) -> Markup:
    """Ring segments as a bull's-eye with the walls' names around it, and ``below`` it room for more."""
    around = ['<circle class="apex" r="30"/>']
    for text, x, y in (("anterior", 0, -154), ("inferior", 0, 164)):
        around.append(f'<text class="wall" x="{x}" y="{y}">{text}</text>')
    around.append('<text class="wall" transform="translate(-156 0) rotate(-90)">septal</text>')
    around.append('<text class="wall" transform="translate(156 0) rotate(90)">lateral</text>')
    return Markup('<svg viewBox="-172 -172 344 {}" role="img" aria-label="{}" class="eye">{}</svg>').format(
        f"{344 + below:g}", name, Markup("".join((*parts, *around)))
    )


def ring_segment(
    inner: float, outer: float, middle: float, width: float, colours: tuple[str, str], text: str
) -> list[str]:
    """A piece of a ring around ``middle`` (degrees, anticlockwise from the right), its text in it.

    ``colours`` are those of the piece and of the text.
    """
    a, b = math.radians(middle - width / 2), math.radians(middle + width / 2)
    path = (
        f"M{_polar(outer, a)}A{outer} {outer} 0 0 0 {_polar(outer, b)}"
        f"L{_polar(inner, b)}A{inner} {inner} 0 0 1 {_polar(inner, a)}Z"
    )
    r, t = (inner + outer) / 2, math.radians(middle)
    place = f'x="{r * math.cos(t):.1f}" y="{5 - r * math.sin(t):.1f}"'
    return [
        f'<path class="segment" d="{path}" fill="{colours[0]}"/>',
        f'<text class="value" {place} fill="{colours[1]}">{text}</text>',
    ]


def _polar(radius: float, angle: float) -> str:
    return f"{radius * math.cos(angle):.2f} {-radius * math.sin(angle):.2f}"


def _colours(value: float | None, scale: Scale) -> tuple[str, str]:
    """Fill of a segment, pale to deep blue along the scale, and the ink that shows on it."""
    if value is None or not math.isfinite(value):
        return "none", "#1c2733"
    if value < scale.low:
        return _BELOW, "#1c2733"
    share = min((value - scale.low) / (scale.high - scale.low), 1.0)
    red, green, blue = np.rint(_PALE + share * (_DEEP - _PALE)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}", "#fff" if share > 0.55 else "#1c2733"


def scaled(v: Array, low: float, high: float, start: float, end: float) -> Array:
    """Values low..high laid out from ``start`` to ``end``."""
    return start + (v - low) / max(high - low, 1e-9) * (end - start)


def cursor(x: Array, top: float, bottom: float) -> str:
    """The line that the player moves along the places ``x`` of the frames."""
    places, line = (
        ",".join(f"{a:.1f}" for a in x),
        f'x1="{x[0]:.1f}" x2="{x[0]:.1f}" y1="{top}" y2="{bottom}"',
    )
    return f'<line class="cursor" data-x="{places}" {line}/>'


def points_of(pairs: Sequence[tuple[float, float]] | Array) -> str:
    """(x, y) pairs as the attribute of a polyline or polygon."""
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in pairs)


def drawing(width: float, height: float, parts: Sequence[str], name: str, kind: str = "plot") -> Markup:
    """Parts as one SVG of class ``kind``; ``name`` says what is shown to readers who cannot see it."""
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="{}">{}</svg>').format(
        f"{width:.1f}", f"{height:.1f}", name, kind, Markup("".join(parts))
    )
