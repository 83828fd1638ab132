"""Drawings of the wall's velocities: curves, maps of time and sector, delays around the ring."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup

from lvcine.report.diverging import colour_bar, colours, fill_and_ink, picture
from lvcine.report.figures import SCALE_ROOM, cursor, drawing, eye, points_of, ring_segment, scaled, ticks
from lvcine.report.labels import Rectangle, Room
from lvcine.report.wording import number
from lvcine.study import Array
from lvcine.study.wall_velocity import SECTORS, VelocityPeak

_WIDTH, _HEIGHT = 360, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 24, 42
_ROOM = 0.2  # of the range, above and below it, where peaks are written
_LINE = 13  # height of two lines of text
_TYPE = 12.0  # size of the labels of peaks
_PLOT = Rectangle(_LEFT + 2, 2, _WIDTH - _LEFT - 4, _HEIGHT - _BOTTOM - 4)
_ROW, _GAP, _NAMES = 13, 7, 62  # of a map: height of a sector, between slices, width of the names
_DASHES = ("", "7 3", "2 3")
_TONES = np.array([(68, 1, 84), (33, 145, 140), (176, 132, 0)], float)  # dark, green, ochre: base to apex
_MIDDLE_DEG = {"A": 90.0, "AS": 150.0, "IS": 210.0, "I": 270.0, "IL": 330.0, "AL": 30.0}
_INNER, _OUTER = 30.0, 148.0
_THINNEST_RING = 20.0  # a number fits into it


def slice_style(place: int, count: int) -> str:
    """Colour and dashes of the line of a slice, the ``place``-th of ``count`` from the base.

    Examples
    --------
    >>> slice_style(0, 3), slice_style(1, 3)
    ('stroke="#440154"', 'stroke="#21918c" stroke-dasharray="7 3"')
    """
    at = place / max(count - 1, 1) * (len(_TONES) - 1)
    tone = [round(float(np.interp(at, np.arange(len(_TONES)), _TONES[:, k]))) for k in range(3)]
    dash = _DASHES[place % len(_DASHES)]
    colour = 'stroke="#{:02x}{:02x}{:02x}"'.format(*tone)
    return f'{colour} stroke-dasharray="{dash}"' if dash else colour


def velocity_curve_svg(
    times_ms: Array,
    whole: Array,
    slices: Array,
    peaks: Iterable[VelocityPeak],
    name: str,
    floor_cm_s: float = 0.0,
) -> Markup:
    """A component over the cycle: every slice thin, the whole wall thick, its peaks with value and time.

    Parameters
    ----------
    times_ms, whole : ndarray, shape (T,)
    slices : ndarray, shape (Z, T)
        From base to apex; lines break where a value is missing.
    peaks : iterable of VelocityPeak
        Of the whole.
    name : str
        What is shown, for readers who cannot see it.
    floor_cm_s : float
        Noise floor, drawn as a band about nought; 0: none.
    """
    shown = [p for p in peaks if math.isfinite(p.value_cm_s) and math.isfinite(p.time_ms)]
    values = np.concatenate([whole, slices.ravel(), [p.value_cm_s for p in shown], [0.0]])
    ys = _levels(float(np.nanmin(values)), float(np.nanmax(values)))
    last = float(times_ms[-1])
    xs = [t for t in ticks(0.0, last) if t <= last]
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x_of(ms: Array | float) -> Array:
        return scaled(np.asarray(ms, float), 0.0, last, _LEFT + 4, right - 4)

    def y_of(cm_s: Array | float) -> Array:
        return scaled(np.asarray(cm_s, float), ys[0], ys[-1], bottom, _TOP)

    parts = []
    if floor_cm_s > 0:
        top, low = (float(y_of(v)) for v in (floor_cm_s, -floor_cm_s))
        band = f'x="{_LEFT}" y="{top:.1f}" width="{right - _LEFT}" height="{low - top:.1f}"'
        parts.append(f'<rect class="floor" {band}/>')
    parts += _frame(ys, y_of(np.array(ys)), xs, x_of(np.array(xs)))
    px = x_of(times_ms)
    for place, line in enumerate(slices):
        parts += _lines("thin", px, y_of(line), slice_style(place, len(slices)))
    parts += _lines("whole", px, y_of(whole))
    parts.append(cursor(px, _TOP, bottom))
    room = Room(_PLOT, [np.stack([px, y_of(line)], 1) for line in (whole, *slices)])
    for peak in shown:
        parts += _mark(float(x_of(peak.time_ms)), float(y_of(peak.value_cm_s)), peak, room)
    return drawing(_WIDTH, _HEIGHT, parts, name, "plot velocity")


def velocity_map_svg(
    times_ms: Array, sectors: Array, names: Sequence[str], limit: float, name: str
) -> Markup:
    """Time across, the sectors of every slice from base to apex down, velocity as colour.

    Parameters
    ----------
    times_ms : ndarray, shape (T,)
    sectors : ndarray, shape (Z, 6, T)
        From base to apex, of :data:`~lvcine.study.wall_velocity.SECTORS`; NaN stays grey.
    names : sequence of str
        Of the slices.
    limit : float
        cm/s at the ends of the colours.
    """
    slices, rows, frames = sectors.shape
    width, tall = _WIDTH - _NAMES - _RIGHT, rows * _ROW
    parts = []
    for z, (block, slice_name) in enumerate(zip(sectors, names, strict=True)):
        top = 4 + z * (tall + _GAP)
        place = f'x="{_NAMES}" y="{top}" width="{width}" height="{tall}"'
        parts.append(f'<rect class="nothing" {place}/>')
        parts.append(
            f'<image href="{picture(colours(block, limit), 6)}" {place} preserveAspectRatio="none"/>'
        )
        parts.append(f'<rect class="frame" {place}/>')
        for k, sector in enumerate(SECTORS):
            y = top + (k + 0.5) * _ROW + 4
            parts.append(f'<text class="tick end" x="{_NAMES - 6}" y="{y:.1f}">{sector}</text>')
        turned = f'transform="translate(13 {top + tall / 2:.1f}) rotate(-90)"'
        parts.append(f'<text class="axis-name middle" {turned}>{slice_name}</text>')
    bottom = 4 + slices * (tall + _GAP) - _GAP
    centres = _NAMES + (np.arange(frames) + 0.5) * width / frames
    for ms in ticks(0.0, float(times_ms[-1])):
        if ms <= times_ms[-1]:
            x = float(np.interp(ms, times_ms, centres))
            parts.append(f'<text class="tick middle" x="{x:.1f}" y="{bottom + 15}">{ms:g}</text>')
    middle = _NAMES + width / 2
    parts.append(f'<text class="axis-name middle" x="{middle}" y="{bottom + 31}">{_TIME}</text>')
    parts.append(cursor(centres, 4, bottom))
    parts += colour_bar(middle - 60, bottom + 42, limit, "cm/s")
    return drawing(_WIDTH, bottom + 70, parts, name, "plot velocity")


def delay_svg(delay_ms: Array, limit: float, name: str, step_ms: float = 0.0) -> Markup:
    """Milliseconds of each sector as rings, the base outside, seen from the apex, septum left.

    Parameters
    ----------
    delay_ms : ndarray, shape (Z, 6)
        From base to apex, of :data:`~lvcine.study.wall_velocity.SECTORS`; NaN is left empty.
    limit : float
        ms at the ends of the colours, which are printed below.
    step_ms : float
        Time between frames: what is less has neither colour nor number.
    """
    step = (_OUTER - _INNER) / len(delay_ms)
    parts = []
    for z, ring in enumerate(delay_ms):
        outer = _OUTER - z * step
        for sector, value in zip(SECTORS, ring, strict=True):
            text = signed(float(value), step_ms) if step >= _THINNEST_RING else ""
            shown = fill_and_ink(float(value) if abs(value) >= step_ms else float("nan"), limit)
            parts += ring_segment(outer - step, outer, _MIDDLE_DEG[sector], 60.0, shown, text)
    return eye([*parts, *colour_bar(-60.0, 182.0, limit, "ms")], name, below=SCALE_ROOM)


def signed(milliseconds: float, step_ms: float = 0.0) -> str:
    """Whole milliseconds with their sign; a dash where there are none, a dot where less than a frame.

    Examples
    --------
    >>> signed(12.4), signed(-3.0), signed(0.2), signed(float("nan")), signed(-12.0, 20.0)
    ('+12', '−3', '0', '–', '·')
    """
    if abs(milliseconds) < step_ms:
        return "·"
    text = number(milliseconds, "ms")
    return f"+{text}" if milliseconds > 0 and text != "0" else text


_TIME = "time after the R wave (ms)"


def _levels(low: float, high: float) -> list[float]:
    """Round values from below ``low`` to above ``high``, with room for text beyond both."""
    span = max(high - low, 0.1)
    low, high = low - _ROOM * span, high + _ROOM * span
    step = ticks(0.0, high - low, 7)[1]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * k, 6) + 0.0 for k in range(first, last + 1)]


def _frame(ys: list[float], py: Array, xs: list[float], px: Array) -> list[str]:
    """Grid with the line at nought drawn stronger, numbers and names of both axes."""
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = ['<text class="axis-name" x="4" y="13">cm/s</text>']
    for value, y in zip(ys, py, strict=True):
        kind = "zero" if value == 0 else "grid"
        parts.append(f'<line class="{kind}" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        text = f"{value:g}".replace("-", "−")
        parts.append(f'<text class="tick end" x="{_LEFT - 6}" y="{y + 4:.1f}">{text}</text>')
    for value, x in zip(xs, px, strict=True):
        parts.append(f'<text class="tick middle" x="{x:.1f}" y="{bottom + 16}">{value:g}</text>')
    middle = (_LEFT + right) / 2
    parts.append(f'<text class="axis-name middle" x="{middle}" y="{_HEIGHT - 8}">{_TIME}</text>')
    return parts


def _lines(kind: str, x: Array, y: Array, style: str = "") -> list[str]:
    """A curve as pieces without gaps; a value alone between two gaps is a dot."""
    seen = np.flatnonzero(np.isfinite(y))
    pieces = np.split(seen, np.flatnonzero(np.diff(seen) > 1) + 1) if seen.size else []
    parts = []
    for piece in pieces:
        if len(piece) == 1:
            at = f'cx="{x[piece[0]]:.1f}" cy="{y[piece[0]]:.1f}"'
            parts.append(f'<circle class="{kind}" {at} r="1" {style}/>')
        else:
            points = points_of(np.stack([x[piece], y[piece]], 1))
            parts.append(f'<polyline class="{kind}" points="{points}" {style}/>')
    return parts


def _mark(x: float, y: float, peak: VelocityPeak, room: Room) -> list[str]:
    """A ring on the curve; value and time beside it, off every curve."""
    value, time = number(peak.value_cm_s), f"{number(peak.time_ms, 'ms')} ms"
    box = room.place(x, y, [value, time], _TYPE)
    middle, first = box.left + box.width / 2, box.top + 0.4 * box.height
    return [
        f'<circle class="phase-dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>',
        f'<text class="phase-name middle" x="{middle:.1f}" y="{first:.1f}">{value}</text>',
        f'<text class="phase-time middle" x="{middle:.1f}" y="{first + _LINE:.1f}">{time}</text>',
    ]
