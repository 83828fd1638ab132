"""EF, EDV and ESV of virtual hearts against their exact volumes, by fifths of EF; no times.

python benchmarks/virtual_ef.py --hearts 60

The hearts are of every kind in turn, on the side "reporting", as `lvcine phantom` makes them: smooth walls,
whose border is the whole truth. Eight frames a cycle, ED and ES among them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.errors import LvcineError
from lvcine.measure.agreement import summarise
from lvcine.phantom.population import KINDS, draw_heart
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.study import virtual_study
from lvcine.pipeline.analyze import analyze
from lvcine.study import Study

FRAMES = 8


@dataclass(frozen=True)
class Row:
    """One heart; NaN where the analysis failed."""

    kind: str
    ef: float
    ef_off: float
    edv_off: float
    esv_off: float


def rows(hearts: int) -> Iterator[Row]:
    """Analyse hearts of every kind in turn."""
    for number in range(hearts):
        seed = seed_of("benchmarks", "reporting", number)
        kind = list(KINDS)[number % len(KINDS)]
        systole = float(draw_heart(np.random.default_rng(seed), kind).beat.systole)
        # Eight even frames, shifted so that one of them is ES; ED is then at most a sixteenth away.
        first = systole - round(systole * FRAMES) / FRAMES
        rng = np.random.default_rng([seed, 1])
        cine, truth = virtual_study(
            seed, frames=FRAMES, first_phase=first, kind=kind, step_mm=float(rng.uniform(8.0, 10.0)),
            turn=float(rng.uniform(-np.pi, np.pi)),
        )  # fmt: skip
        try:
            found = analyze(Study((cine,))).headline()
        except LvcineError as error:
            print(f"heart {number} ({kind}): {error}")
            found = {}
        ours = [found.get(name, np.nan) for name in ("ef_percent", "edv_ml", "esv_ml")]
        theirs = (truth.ef_percent, truth.edv_ml, truth.esv_ml)
        off = [float(a) - b for a, b in zip(ours, theirs, strict=True)]
        yield Row(kind, truth.ef_percent, *off)


def table(found: Sequence[Row]) -> Iterator[str]:
    """Lines of a Markdown table: fifths of EF, then kinds."""
    yield "| | n | failed | EF bias (SD), 95 % interval | EDV bias, mL | ESV bias, mL |"
    yield "| --- | --- | --- | --- | --- | --- |"
    order = sorted(found, key=lambda r: r.ef)
    for k, part in enumerate(np.array_split(np.arange(len(order)), 5)):
        fifth = [order[i] for i in part]
        yield _line(f"EF {fifth[0].ef:.0f} to {fifth[-1].ef:.0f}", fifth, k)
    for kind in dict.fromkeys(r.kind for r in found):
        yield _line(kind, [r for r in found if r.kind == kind], 0)
    yield _line("all", found, 0)


def _line(name: str, found: Sequence[Row], seed: int) -> str:
    ef = summarise([r.ef_off for r in found], range(len(found)), seed=seed)
    edv, esv = (np.nanmean([getattr(r, k) for r in found]) for k in ("edv_off", "esv_off"))
    error = f"{ef.mean:+.1f} ({ef.sd:.1f}), {ef.low:+.1f} to {ef.high:+.1f}"
    return f"| {name} | {len(found)} | {ef.n_failed} | {error} | {edv:+.1f} | {esv:+.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hearts", type=int, default=60)
    print(*table(list(rows(parser.parse_args().hearts))), sep="\n")


if __name__ == "__main__":
    main()
