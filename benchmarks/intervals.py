"""Fit the intervals of the short-axis net to virtual hearts; count on others how often they hold.

python benchmarks/intervals.py --calibrate 40 --report 40 --write
"""

from __future__ import annotations

import argparse
from pathlib import Path

import lvcine
from lvcine.engine import read_card
from lvcine.evaluate.coverage import fitted, rows, table, write
from lvcine.pipeline.options import AnalyzeOptions

WEIGHTS = Path(lvcine.__file__).parent / "weights"


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
