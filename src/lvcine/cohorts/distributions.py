"""How a number is distributed over sex and age, beside the range of healthy adults: one SVG each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from lvcine.cohorts.record import Record
from lvcine.report.figures import drawing, scaled, ticks
from lvcine.report.reference import Range, Source, reference_range
from lvcine.report.wording import title, unit
from lvcine.study import Array, Papillary

BANDS = ((0, 45), (45, 55), (55, 65), (65, 75), (75, 200))
"""Of age, in years, the second excluded; those of the UK Biobank's tables and what lies outside."""
SHOWN = (
    ("edv_ml", "mL"), ("esv_ml", "mL"), ("ef_percent", "%"), ("lv_mass_g", "g"),
    ("edvi_ml_m2", "mL/m2"), ("lv_mass_index_g_m2", "g/m2"),
)  # fmt: skip
"""Numbers that are drawn where any study has them."""
_SEXES = (("F", "women"), ("M", "men"), ("", "sex not known"))
_HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM, _BOX = 260, 52, 10, 26, 58, 46
_MOST_DOTS = 60  # of one box: beyond them it speaks for itself


def distribution_svg(records: Sequence[Record], name: str, symbol: str) -> Markup | None:
    """Boxes of the middle half, lines to the 5th and 95th percentile, dots; the reference range behind them.

    None where no study has the number. Studies of several papillary conventions are not drawn together with a
    range: then no range is shown.
    """
    cells = _cells(records, name)
    values = np.concatenate([cell for _, _, cell in cells]) if cells else np.zeros(0)
    if not len(values):
        return None
    ranges = _ranges(records, name)
    highest = max([float(values.max()), *(r.high for r in ranges.values())])
    ys = ticks(0.0, highest * 1.04)
    width = _LEFT + _BOX * len(cells) + _RIGHT
    parts = _grid(ys, width)
    for place, (sex, age, cell) in enumerate(cells):
        x = _LEFT + _BOX * place
        if sex in ranges:
            top, bottom = (float(_y(np.array(v), ys)) for v in (ranges[sex].high, ranges[sex].low))
            parts.append(
                f'<rect class="range" x="{x}" y="{top:.1f}" width="{_BOX}" height="{bottom - top:.1f}"/>'
            )
        parts += _box(cell, x + _BOX / 2, ys)
        parts.append(
            f'<text class="tick middle" x="{x + _BOX / 2}" y="{_HEIGHT - _BOTTOM + 16}">{age}</text>'
        )
        below = _HEIGHT - _BOTTOM + 31
        parts.append(f'<text class="tick middle" x="{x + _BOX / 2}" y="{below}">n {len(cell)}</text>')
    parts += _sex_names(cells)
    heading = f"{title(name)} ({unit(symbol)})"
    parts.append(f'<text class="axis-name" x="4" y="14">{escape(heading)}</text>')
    return drawing(width, _HEIGHT, parts, f"{heading} by sex and age", "distribution")


def sources_of(records: Sequence[Record]) -> list[Source]:
    """The papers whose ranges are drawn."""
    found = [r.source for name, _ in SHOWN for r in _ranges(records, name).values()]
    return list(dict.fromkeys(found))


def age_band(years: float | None) -> str:
    """The band that an age lies in.

    Examples
    --------
    >>> age_band(44.9), age_band(45), age_band(80), age_band(None)
    ('<45', '45–54', '≥75', 'age ?')
    """
    if years is None:
        return "age ?"
    low, high = next(band for band in BANDS if years < band[1])
    if low == 0:
        return f"<{high}"
    return f"≥{low}" if high >= 200 else f"{low}–{high - 1}"


def _cells(records: Sequence[Record], name: str) -> list[tuple[str, str, Array]]:
    """(sex, age band, values) of those that hold a study."""
    ages = [age_band(float(low)) for low, _ in BANDS] + [age_band(None)]
    found: dict[tuple[str, str], list[float]] = {}
    for record in records:
        value = record.numbers.get(name)
        if value is not None and record.status == "done":
            sex = record.facts.get("sex") if record.facts.get("sex") in ("F", "M") else ""
            found.setdefault((str(sex), age_band(record.facts.get("age_years"))), []).append(float(value))
    return [(sex, age, np.sort(found[sex, age])) for sex, _ in _SEXES for age in ages if (sex, age) in found]


def _ranges(records: Sequence[Record], name: str) -> dict[str, Range]:
    made = {(r.facts.get("papillary"), r.facts.get("modality")) for r in records if name in r.numbers}
    if len(made) != 1:
        return {}
    convention, modality = made.pop()
    if convention not in ("include", "exclude"):
        return {}
    papillary: Papillary = convention
    found = {sex: reference_range(name, papillary, sex, str(modality)) for sex in ("F", "M")}
    return {sex: r for sex, r in found.items() if r is not None}


def _y(values: Array, ys: Sequence[float]) -> Array:
    return scaled(values, ys[0], ys[-1], _HEIGHT - _BOTTOM, _TOP)


def _grid(ys: Sequence[float], width: int) -> list[str]:
    parts = []
    for value in ys:
        y = float(_y(np.array(value), ys))
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick end" x="{_LEFT - 7}" y="{y + 4:.1f}">{value:g}</text>')
    return parts


def _box(cell: Array, x: float, ys: Sequence[float]) -> list[str]:
    low, q1, middle, q3, high = np.percentile(cell, [5, 25, 50, 75, 95])
    y = {
        name: float(_y(np.array(v), ys)) for name, v in zip("abcde", (low, q1, middle, q3, high), strict=True)
    }
    tall = max(y["b"] - y["d"], 1)
    parts = [
        f'<line class="whisker" x1="{x}" x2="{x}" y1="{y["a"]:.1f}" y2="{y["e"]:.1f}"/>',
        f'<rect class="box" x="{x - 11}" y="{y["d"]:.1f}" width="22" height="{tall:.1f}"/>',
        f'<line class="median" x1="{x - 11}" x2="{x + 11}" y1="{y["c"]:.1f}" y2="{y["c"]:.1f}"/>',
    ]
    few = cell if len(cell) <= _MOST_DOTS else cell[(cell < low) | (cell > high)]
    at = _y(few, ys)
    for k, dot in enumerate(at):
        parts.append(
            f'<circle class="dot" cx="{x + 5 * ((k * 7) % 5 - 2) / 2:.1f}" cy="{float(dot):.1f}" r="1.6"/>'
        )
    return parts


def _sex_names(cells: Sequence[tuple[str, str, Array]]) -> list[str]:
    parts = []
    for sex, words in _SEXES:
        places = [place for place, cell in enumerate(cells) if cell[0] == sex]
        if places:
            x = _LEFT + _BOX * (places[0] + places[-1] + 1) / 2
            parts.append(f'<text class="axis-name middle" x="{x}" y="{_HEIGHT - 8}">{words}</text>')
    return parts
