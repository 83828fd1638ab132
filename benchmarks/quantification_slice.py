"""Seconds from a slice in memory to its indices: 20 frames of 256 x 256, the place of the LV known.

python benchmarks/quantification_slice.py [--runs 20] [--threads 2]

The limit is 0.5 s on two cores.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from lvcine.engine import Runtime
from lvcine.phantom import virtual_study
from lvcine.phantom.seeds import seed_of
from lvcine.study import Cine, View
from lvcine.systems.quantification.infer import read_indices
from lvcine.systems.quantification.prepare import Form

FRAMES, SIZE = 20, 256


def one_slice() -> tuple[Cine, Form]:
    """The middle slice of a virtual study, and where the heart was put."""
    cine, _ = virtual_study(seed_of("benchmarks", "reporting", 0), frames=FRAMES, size=SIZE, step_mm=30.0)
    middle = cine.slices // 2
    one = Cine(cine.pixels[middle : middle + 1], cine.geometry.take([middle]), view=View.SAX)
    spacing = one.geometry.pixel_spacing_mm
    centre = (SIZE - 1) / 2.0
    return one, Form((centre * spacing[0], centre * spacing[1]), 100.0, (0.0, -1.0), 1, spacing)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    cine, form = one_slice()
    print("| slices of 20 frames | first call, s | p50, s | p95, s |\n| --- | --- | --- | --- |")
    for slices in (1, 12):
        several = Cine(np.repeat(cine.pixels, slices, 0), cine.geometry.take([0] * slices), view=View.SAX)
        seconds = []
        for _ in range(chosen.runs + 1):
            started = time.perf_counter()
            read_indices(several, dict.fromkeys(range(slices), form), Runtime(threads=chosen.threads))
            seconds.append(time.perf_counter() - started)
        p50, p95 = np.percentile(seconds[1:], [50, 95])
        print(f"| {slices} | {seconds[0]:.2f} | {p50:.2f} | {p95:.2f} |")


if __name__ == "__main__":
    main()
