"""Fit the intervals to virtual hearts kept for choosing; count how often they hold on others.

``benchmarks/intervals.py`` is the command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lvcine.errors import LvcineError
from lvcine.measure.intervals import calibrate
from lvcine.phantom.indices import segment_thickness
from lvcine.phantom.study import Truth, virtual_study
from lvcine.pipeline import AnalyzeOptions
from lvcine.pipeline.flow import measure_cine
from lvcine.study import Cine, Measurement, Study
from lvcine.training.split import phantom_seed

NUMBERS = ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g")
THICKNESS = "wall_thickness_mm"
FIRST = 200_000
"""Numbers of the hearts on each side, far from those of any pool."""


@dataclass(frozen=True)
class Row:
    """One number of one heart.

    Attributes
    ----------
    heart : int
    name : str
    value, truth, spread : float
        Measured, exact, SD among the members; NaN where it could not be measured.
    held : bool or None
        Whether the interval holds the truth; None where there is none.
    """

    heart: int
    name: str
    value: float
    truth: float
    spread: float
    held: bool | None


def heart(side: str, number: int) -> tuple[Cine, Truth]:
    """A virtual study as clinics would set it up; slices of 6 to 10 mm, pixels of 1.2 to 1.8 mm."""
    seed = phantom_seed(side, FIRST + number)
    rng = np.random.default_rng([seed, 1])
    return virtual_study(
        seed,
        frames=int(rng.integers(10, 17)),
        size=160,
        spacing_mm=float(rng.uniform(1.2, 1.8)),
        step_mm=float(rng.uniform(6.0, 10.0)),
        turn=float(rng.uniform(-np.pi, np.pi)),
    )


def rows(side: str, numbers: Sequence[int], options: AnalyzeOptions) -> Iterator[Row]:
    """Measure hearts of a side; a heart that fails gives rows without a value."""
    for number in numbers:
        cine, truth = heart(side, number)
        known = _truths(truth)
        try:
            alone = measure_cine(Study((cine,)), cine, options)
        except LvcineError:
            yield from (Row(number, name, np.nan, value, np.nan, None) for (name, _), value in known.items())
            continue
        ed = next(int(m.value) for m in alone.measurements if m.name == "ed_frame")
        members = [{_key(m, ed): m.value for m in found} for found in alone.members]
        for m in alone.measurements:
            key = _key(m, ed)
            if (value := known.get(key)) is not None:
                values = [found[key] for found in members if key in found]
                spread = float(np.std(values, ddof=1)) if len(values) == len(members) > 1 else np.nan
                held = None if m.low is None or m.high is None else m.low <= value <= m.high
                yield Row(number, m.name, m.value, value, spread, held)


def _truths(truth: Truth) -> dict[tuple[str, int | None], float]:
    """(name, AHA segment) -> value; thickness at ED."""
    values = (truth.edv_ml, truth.esv_ml, truth.edv_ml - truth.esv_ml, truth.ef_percent, truth.mass_g)
    known: dict[tuple[str, int | None], float] = {
        (name, None): float(v) for name, v in zip(NUMBERS, values, strict=True)
    }
    ed, es = (truth.anatomy.heart.beat.at(truth.phases[f]) for f in (truth.ed_frame, truth.es_frame))
    walls = segment_thickness(truth.anatomy, ed, es)
    for segment in range(1, 17):
        known[THICKNESS, segment] = float(walls.ed_mm[segment - 1])
    return known


def _key(m: Measurement, ed: int) -> tuple[str, int | None]:
    # Sectors of single slices bear the segments' name too, and there is thickness at ES.
    local = m.slice is not None or m.frame not in (None, ed)
    return ("", None) if local else (m.name, m.segment)


def fitted(found: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Name -> (factor, least); thickness over all segments together."""
    limits = {}
    for name in dict.fromkeys(r.name for r in found):
        ours = [r for r in found if r.name == name and np.isfinite(r.value) and np.isfinite(r.spread)]
        factor, least = calibrate([r.value - r.truth for r in ours], [r.spread for r in ours])
        limits[name] = (round(factor, 3), round(least, 3))
    return limits


def table(found: Sequence[Row]) -> str:
    """Markdown: bias, SD, how many intervals hold the truth, how wide they are."""
    lines = [
        "| number | n | failed | bias (SD) | intervals | hold the truth |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(r.name for r in found):
        ours = [r for r in found if r.name == name]
        off = np.array([r.value - r.truth for r in ours if np.isfinite(r.value)])
        held = [r.held for r in ours if r.held is not None]
        share = f"{100 * np.mean(held):.1f} %" if held else ""
        lines.append(
            f"| {name} | {len(ours)} | {len(ours) - len(off)} | {off.mean():.2f} ({off.std(ddof=1):.2f}) "
            f"| {len(held)} | {share} |"
        )
    return "\n".join(lines)


def write(limits: Mapping[str, tuple[float, float]], card: Path) -> None:
    """Put ``[results.intervals]`` into a card, in place of what stood there."""
    text = re.sub(r"\n\[results\.intervals\]\n(?:[^\[\n].*\n|\n)*", "\n", card.read_text()).rstrip("\n")
    lines = [f"{name} = {json.dumps(list(pair))}" for name, pair in limits.items()]
    card.write_text("\n".join([text, "", "[results.intervals]", *lines, ""]))
