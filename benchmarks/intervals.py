"""Fit the intervals of the short-axis net to virtual hearts; count on others how often they hold.

python benchmarks/intervals.py --calibrate 40 --report 40 --write

The reference is what a reader would contour in the same pictures: trabeculae in the cavity, the endocardium
where readers see it, the basal slice by the half-ring rule. The compact wall's exact border would measure
that convention instead of the nets.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import lvcine
from lvcine.engine import read_card
from lvcine.errors import LvcineError
from lvcine.measure.intervals import calibrate
from lvcine.measure.volume import MYOCARDIAL_DENSITY_G_ML
from lvcine.output import write_whole
from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.indices import segment_thickness
from lvcine.phantom.mr import render, short_axis_planes
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.study import as_cine
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.short_axis import measure_cine
from lvcine.study import U8, Cine, Measurement, Study
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.training.virtual_hearts import READER, virtual_subject

WEIGHTS = Path(lvcine.__file__).parent / "weights"
NUMBERS = ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "lv_mass_g")
THICKNESS = "wall_thickness_mm"
Known = tuple[str, int | None]


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


@dataclass(frozen=True)
class Scan:
    """A virtual study, varied as in training, and what a reader would draw.

    Attributes
    ----------
    cine : Cine
        6 to 9 frames, ED and ES among them; slices 5 to 11 mm apart, pixels of 1.2 to 1.8 mm.
    labels : ndarray, shape (Z, T, Y, X)
        0 background, 1 cavity, 2 myocardium, 3 RV.
    ed, es : int
    anatomy : Anatomy
    """

    cine: Cine
    labels: U8
    ed: int
    es: int
    anatomy: Anatomy


def scan(side: str, number: int) -> Scan:
    """The study of a number of a side."""
    scene, protocol, rng = virtual_subject(seed_of("coverage", side, number))
    anatomy, beat = scene.anatomy, scene.anatomy.heart.beat
    others = rng.uniform(0.03, 0.97, int(rng.integers(4, 8)))
    phases = tuple(sorted({0.0, float(beat.systole), *map(float, others)}))
    protocol = replace(protocol, phases=phases, size=160, spacing_mm=float(rng.uniform(1.2, 1.8)))
    planes = short_axis_planes(anatomy.heart, protocol, rng)
    stack = render(scene, planes, protocol, rng, reader=READER)
    return Scan(as_cine(stack, protocol), stack.labels, 0, phases.index(float(beat.systole)), anatomy)


def heart(side: str, number: int) -> tuple[Cine, dict[Known, float]]:
    """A virtual study, and what a reader would measure by (name, AHA segment or None); thickness at ED."""
    found = scan(side, number)
    geometry, beat = found.cine.geometry, found.anatomy.heart.beat
    ml = geometry.pixel_area_mm2 * float(geometry.slice_step_mm) / 1000.0
    ed, es = found.labels[:, found.ed], found.labels[:, found.es]
    edv, esv = float((ed == CAVITY).sum() * ml), float((es == CAVITY).sum() * ml)
    mass = float((ed == MYOCARDIUM).sum() * ml) * MYOCARDIAL_DENSITY_G_ML
    values = (edv, esv, edv - esv, 100.0 * (edv - esv) / edv, mass)
    known: dict[Known, float] = {(name, None): v for name, v in zip(NUMBERS, values, strict=True)}
    walls = segment_thickness(found.anatomy, beat.at(0.0), beat.at(beat.systole))
    outward = READER.opened_mm * min(float(found.anatomy.trabeculae_mm), 1.0)
    for segment in range(1, 17):
        known[THICKNESS, segment] = float(walls.ed_mm[segment - 1]) - outward
    return found.cine, known


def rows(side: str, numbers: Sequence[int], options: AnalyzeOptions) -> Iterator[Row]:
    """Measure hearts of a side; a heart that fails gives rows without a value."""
    for number in numbers:
        cine, known = heart(side, number)
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
    write_whole(card, "\n".join([text, "", "[results.intervals]", *lines, ""]))


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrate", type=int, default=0, metavar="N", help="hearts to fit on")
    parser.add_argument("--report", type=int, default=0, metavar="N", help="other hearts to count on")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--write", action="store_true", help="put the fit into the card")
    chosen = parser.parse_args()
    options = AnalyzeOptions(weights=chosen.weights)
    if chosen.calibrate:
        limits = fitted(list(rows("choosing", range(chosen.calibrate), options)))
        print(limits)
        if chosen.write:
            write(limits, chosen.weights / "sax.toml")
    if chosen.report:
        if not read_card("sax", chosen.weights).intervals:
            parser.error("the card has no intervals yet: --calibrate N --write")
        print(table(list(rows("reporting", range(chosen.report), options))))


if __name__ == "__main__":
    main()
