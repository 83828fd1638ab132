"""Fit the intervals of the ultrasound net to virtual clips; count on others how often they hold.

python benchmarks/intervals_ultrasound.py --calibrate 40 --report 40 --write

The reference is what a reader would draw in the same picture, measured by the same discs: the heart's exact
volume would measure the view's cut and that convention instead of the net.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from intervals import WEIGHTS, write

from lvcine.engine import read_card
from lvcine.errors import LvcineError
from lvcine.localise import Window
from lvcine.measure.apical import measure_apical
from lvcine.measure.intervals import calibrate_shares
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.ultrasound import virtual_clip
from lvcine.phantom.ultrasound.clip import Clip
from lvcine.pipeline.analyze import analyze
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study import Cine, Study
from lvcine.systems.echo.infer import segment_frame

NUMBERS = ("edv_ml", "esv_ml", "sv_ml", "ef_percent", "la_volume_ml")
FIRST = 2000
"""Number of the first clip: the checks of training look at those below."""


@dataclass(frozen=True)
class Row:
    """One number of one clip: measured and drawn, and whether the interval holds the drawn one."""

    clip: int
    name: str
    value: float
    truth: float
    held: bool | None

    @property
    def off(self) -> float:
        """Points of a percentage, else a share of what was measured."""
        return (self.value - self.truth) / (1.0 if self.name == "ef_percent" else self.value)


def drawn(cine: Cine, clip: Clip) -> dict[str, float]:
    """Numbers of the reader's labels, at the true ED and ES."""
    size = clip.pixels.shape[1]
    whole = Window(((size - 1) / 2.0,) * 2, (size, size), (1.0, 1.0))
    frames = []
    for labels in clip.reader_labels:
        sure = np.stack([np.where(labels == k, 0.97, 0.01) for k in range(4)]).astype(np.float32)
        frames.append(segment_frame(sure, whole, labels.shape))
    found = measure_apical(
        cine, [f.endo for f in frames], [f.annulus for f in frames], ed=clip.ed_frames[0],
        es=clip.es_frames[0], atrium=[f.atrium for f in frames],
    )  # fmt: skip
    return {m.name: m.value for m in found.measurements}


def rows(side: str, count: int, options: AnalyzeOptions) -> Iterator[Row]:
    """Measure clips of a side; one that is refused gives rows without a value."""
    for number in range(FIRST, FIRST + count):
        view = "A2C" if number % 3 == 2 else "A4C"
        cine, truth = virtual_clip(seed_of("echo", side, number), view, frames=40, most_hz=45.0)
        if not truth.clip.es_frames or not truth.clip.ed_frames:
            continue
        try:
            known = drawn(cine, truth.clip)
            ours = {m.name: m for m in analyze(Study((cine,)), options=options).measurements}
        except LvcineError as error:
            print(number, error)
            continue
        for name in NUMBERS:
            if name in known and name in ours:
                m = ours[name]
                held = None if m.low is None or m.high is None else m.low <= known[name] <= m.high
                yield Row(number, name, m.value, known[name], held)


def table(found: list[Row]) -> str:
    """Markdown: bias, SD, how many intervals hold what was drawn."""
    lines = ["| number | n | bias (SD) | intervals | hold |", "| --- | --- | --- | --- | --- |"]
    for name in NUMBERS:
        ours = [r for r in found if r.name == name]
        off = np.array([r.value - r.truth for r in ours])
        held = [r.held for r in ours if r.held is not None]
        share = f"{100 * np.mean(held):.0f} %" if held else ""
        lines.append(f"| {name} | {len(ours)} | {off.mean():.1f} ({off.std():.1f}) | {len(held)} | {share} |")
    return "\n".join(lines)


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrate", type=int, default=0, metavar="N", help="clips to fit on")
    parser.add_argument("--report", type=int, default=0, metavar="N", help="other clips to count on")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--write", action="store_true", help="put the fit into the card")
    chosen = parser.parse_args()
    options = AnalyzeOptions(weights=chosen.weights)
    if chosen.calibrate:
        found = list(rows("choosing", chosen.calibrate, options))
        limits = {
            n: (1.0, round(calibrate_shares([r.off for r in found if r.name == n]), 3)) for n in NUMBERS
        }
        print(table(found), limits, sep="\n")
        if chosen.write:
            write(limits, chosen.weights / "echo.toml")
    if chosen.report:
        if not read_card("echo", chosen.weights).intervals:
            parser.error("the card has no intervals yet: --calibrate N --write")
        print(table(list(rows("reporting", chosen.report, options))))


if __name__ == "__main__":
    main()
