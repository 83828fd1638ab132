"""95 % limits of agreement of direct regression and contours, on virtual hearts that no net has seen.

python benchmarks/agreement_limits.py -o limits.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.measure import measure_short_axis
from lvcine.measure.lvquan_indices import INDICES
from lvcine.output import write_whole
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.study import virtual_study
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.pipeline.regression_check import compare, regress_indices
from lvcine.study import Cine, Subject
from lvcine.systems.sax.infer import segment


def limits_of(
    hearts: int, options: AnalyzeOptions | None = None, progress: Callable[[int, int], None] | None = None
) -> Mapping[str, tuple[float, float]]:
    """Mean +- 1.96 SD, over virtual hearts that no net has learned from, of regression less contours."""
    chosen = options or AnalyzeOptions()
    differences: list[dict[str, float]] = []
    for number in range(hearts):
        cine, _ = virtual_study(seed_of("agreement-limits", "choosing", number), step_mm=18.0)
        differences.append(_differences(cine, chosen))
        if progress:
            progress(number + 1, hearts)
    table = {index: np.array([d[index] for d in differences if index in d]) for index in INDICES}
    return {index: _limits(values) for index, values in table.items()}


def _differences(cine: Cine, options: AnalyzeOptions) -> dict[str, float]:
    found = segment(cine, options.runtime)
    measured = measure_short_axis(cine, found.segmentation, Subject())
    reading = regress_indices(
        cine, found.segmentation, measured.measurements, measured.ed_frame, options.runtime
    )
    if reading is None:
        return {}
    pairs, _ = compare(replace(reading, limits={}), measured.measurements, cine)
    return {p.name: p.pixels - p.masks for p in pairs}


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    middle, spread = float(values.mean()), 1.96 * float(values.std(ddof=1))
    return middle - spread, middle + spread


def main() -> None:
    """Command line of the script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hearts", type=int, default=30)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/limits.json"))
    chosen = parser.parse_args()
    options = AnalyzeOptions(weights=chosen.weights) if chosen.weights else None
    found = limits_of(chosen.hearts, options)
    write_whole(chosen.out, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
