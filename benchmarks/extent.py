"""Fit what decides which slices hold the ventricle to virtual hearts; count on others how often it is right.

python benchmarks/extent.py --fit 40 --report 40

A slice is ventricle where at least half of the ring stands in it
(:func:`lvcine.phantom.labels.reader_labels`). Prints the weights of :mod:`lvcine.localise.extent` and how
many slices are false and lost at ED and at ES with and without the decision. The hearts are those of
``benchmarks/intervals.py``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from lvcine.localise.extent import NAMES, WEIGHTS, Sizes, evidence, held, largest, likelihood_of
from lvcine.study import Array, Bools
from lvcine.study.mask import CAVITY
from lvcine.systems.sax.infer import segment

sys.path.insert(0, str(Path(__file__).parent))
from intervals import scan

RIDGE = 0.02
"""Weights are kept small by as much per slice: hearts are fewer than slices."""


@dataclass(frozen=True)
class Stack:
    """What was outlined in a stack and where a reader would draw a cavity (Z, T), base first."""

    sizes: Sizes
    truth: Bools
    ed: int
    es: int


def stacks(side: str, count: int) -> Iterator[Stack]:
    """Virtual hearts, segmented."""
    for number in range(count):
        made = scan(side, number)
        extent = segment(made.cine).segmentation.extent
        assert extent is not None
        sizes = Sizes(extent.cavity_mm2, extent.wall_mm2, extent.ring)
        yield Stack(sizes, np.asarray((made.labels == CAVITY).any((2, 3))), made.ed, made.es)


def fit(found: Iterable[Stack]) -> Array:
    """Constant and weights (6,) that tell ventricle from what is none, by penalised likelihood."""
    rows, truths = [], []
    for stack in found:
        doubtful = stack.sizes.cavity > 0
        doubtful[largest(stack.sizes) :] = False
        rows.append(evidence(stack.sizes)[doubtful])
        truths.append(stack.truth[doubtful])
    x, y = np.concatenate(rows), np.concatenate(truths)
    print(f"{len(y)} slices and frames, {y.mean():.0%} of them ventricle")

    def cost(weights: Array) -> float:
        odds = weights[0] + x @ weights[1:]
        return float(np.logaddexp(0.0, np.where(y, -odds, odds)).mean() + RIDGE * (weights[1:] ** 2).mean())

    return np.asarray(minimize(cost, np.zeros(len(NAMES) + 1)).x)


def count(found: Sequence[Stack]) -> Iterator[str]:
    """Lines of a table: false and lost slices, as outlined and as decided."""
    yield "| | false at ED | false at ES | lost at ED | lost at ES |"
    yield "| --- | --- | --- | --- | --- |"
    for name, decided in (("as outlined", False), ("decided over stack and cycle", True)):
        cells = []
        for wrong in (False, True):
            for phase in ("ed", "es"):
                total = 0
                for stack in found:
                    there = stack.sizes.cavity > 0
                    if decided:
                        there &= held(likelihood_of(stack.sizes), closed=True)
                    frame = getattr(stack, phase)
                    off = stack.truth & ~there if wrong else there & ~stack.truth
                    total += int(off[:, frame].sum())
                cells.append(str(total))
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fit", type=int, default=40)
    parser.add_argument("--report", type=int, default=40)
    args = parser.parse_args()
    weights = fit(stacks("choosing", args.fit))
    print("WEIGHTS =", tuple(round(float(w), 2) for w in weights), "; in use:", WEIGHTS)
    print(*count(list(stacks("reporting", args.report))), sep="\n")


if __name__ == "__main__":
    main()
