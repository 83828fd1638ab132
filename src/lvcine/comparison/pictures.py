"""Bland-Altman and scatter pictures as SVG; each dot is named and leads to its study's report."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup, escape

from lvcine.comparison.agree import Pairing
from lvcine.report.figures import drawing, scaled, ticks
from lvcine.report.wording import signed, title, unit_of
from lvcine.study import Array

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 460, 320, 58, 64, 26, 44
Link = Callable[[str], str]
"""From a label to the address of its report, empty where there is none."""


def bland_altman_svg(pairing: Pairing, link: Link) -> Markup:
    """Differences over means with the bias, the limits of agreement and the intervals of all three."""
    means, differences, limits = (pairing.a + pairing.b) / 2, pairing.differences, pairing.limits
    known = [limits.bias, limits.lower, limits.upper]
    ends = [v for i in known for v in (i.value, i.low, i.high) if math.isfinite(v)]
    xs = _around(means)
    ys = _around(np.concatenate([differences, ends, [0.0]]))
    px, py = _px(means, xs), _py(differences, ys)
    of = _unit_behind(pairing)
    parts = _axes(
        xs, ys, f"mean of {pairing.one} and {pairing.other}{of}", f"{pairing.one} − {pairing.other}{of}"
    )
    for interval, name in zip(known, ("bias", "limit", "limit"), strict=True):
        if math.isfinite(interval.low):
            top, bottom = (float(_py(np.array(v), ys)) for v in (interval.high, interval.low))
            place = f'x="{_LEFT}" y="{top:.1f}" width="{_WIDTH - _LEFT - _RIGHT}"'
            height = max(bottom - top, 0.5)
            parts.insert(0, f'<rect class="{name}-interval" {place} height="{height:.1f}"/>')
        if math.isfinite(interval.value):
            y = float(_py(np.array(interval.value), ys))
            parts.append(
                f'<line class="{name}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            parts.append(
                f'<text class="tick" x="{_WIDTH - _RIGHT + 5}" y="{y + 4:.1f}">'
                f"{signed(interval.value)}</text>"
            )
    parts += _dots(pairing, px, py, link)
    return drawing(_WIDTH, _HEIGHT, parts, f"Bland-Altman picture of {title(pairing.name)}")


def scatter_svg(pairing: Pairing, link: Link) -> Markup:
    """One reading against the other, with the line on which they are equal."""
    both = _around(np.concatenate([pairing.a, pairing.b]))
    px, py = _px(pairing.b, both), _py(pairing.a, both)
    of = _unit_behind(pairing)
    parts = _axes(both, both, f"{pairing.other}{of}", f"{pairing.one}{of}")
    ends = [(float(_px(np.array(v), both)), float(_py(np.array(v), both))) for v in (both[0], both[-1])]
    parts.append(
        '<line class="equal" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>'.format(*ends[0], *ends[1])
    )
    parts += _dots(pairing, px, py, link)
    return drawing(_WIDTH, _HEIGHT, parts, f"{title(pairing.name)}: {pairing.one} against {pairing.other}")


def with_unit(name: str) -> str:
    """A number's name in words with its unit.

    Examples
    --------
    >>> with_unit("edv_ml"), with_unit("ed_frame")
    ('EDV (mL)', 'ED frame')
    """
    return f"{title(name)} ({unit_of(name)})" if unit_of(name) else title(name)


def _unit_behind(pairing: Pairing) -> str:
    return f" ({unit_of(pairing.name)})" if unit_of(pairing.name) else ""


def _tick(value: float) -> str:
    """A line's value as short as it is, with a true minus."""
    return f"{value:g}".replace("-", "−")


def _around(values: Array) -> list[float]:
    low, high = float(np.min(values)), float(np.max(values))
    room = 0.06 * (high - low) or max(abs(high), 1.0) * 0.1
    step = ticks(0.0, high - low + 2 * room)[1]
    first = math.floor((low - room) / step) * step
    return [first + step * k for k in range(math.ceil((high + room - first) / step) + 1)]


def _px(values: Array, xs: Sequence[float]) -> Array:
    return scaled(values, xs[0], xs[-1], _LEFT, _WIDTH - _RIGHT)


def _py(values: Array, ys: Sequence[float]) -> Array:
    return scaled(values, ys[0], ys[-1], _HEIGHT - _BOTTOM, _TOP)


def _axes(xs: Sequence[float], ys: Sequence[float], below: str, beside: str) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in ys:
        y = float(_py(np.array(value), ys))
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{_LEFT - 7}" y="{y + 4:.1f}">{_tick(value)}</text>')
    for value in xs:
        x = float(_px(np.array(value), xs))
        parts.append(f'<text class="tick middle" x="{x:.1f}" y="{bottom + 16}">{_tick(value)}</text>')
    parts.append(
        f'<text class="axis-name middle" x="{(_LEFT + right) / 2}" y="{_HEIGHT - 8}">{escape(below)}</text>'
    )
    parts.append(f'<text class="axis-name" x="4" y="14">{escape(beside)}</text>')
    return parts


def _dots(pairing: Pairing, px: Array, py: Array, link: Link) -> list[str]:
    parts = []
    for label, a, b, x, y in zip(pairing.labels, pairing.a, pairing.b, px, py, strict=True):
        said = escape(f"{label}: {pairing.one} {a:.1f}, {pairing.other} {b:.1f}")
        dot = f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{said}</title></circle>'
        where = link(label)
        parts.append(f'<a href="{escape(where)}">{dot}</a>' if where else dot)
    return parts
