"""Seconds from a velocity-mapping slice in memory to its curves: 50 frames, 128 x 128 and 256 x 256 pixels.

python benchmarks/velocity_slice.py [--runs 10] [--threads 2]

The limit is 10 s a slice on two cores.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from lvcine.engine import Runtime
from lvcine.measure.velocity import measure_velocity
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.velocity import virtual_velocity
from lvcine.systems.velocity.infer import segment_velocity


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    print(
        "| pixels | net, p50 (p95), s | curves, p50 (p95), s | most memory, GiB |\n| --- | --- | --- | --- |"
    )
    for size, spacing in ((128, 1.4), (256, 0.85)):
        study, _ = virtual_velocity(seed_of("benchmarks", "reporting", 0), 1, 50, size, spacing)
        cine = study.cine
        times = []
        for _ in range(chosen.runs + 1):
            started = time.perf_counter()
            drawn = segment_velocity(cine, Runtime(threads=chosen.threads)).segmentation
            between = time.perf_counter()
            measure_velocity(cine, drawn)
            times.append((between - started, time.perf_counter() - between))
        (net, curves), (net95, curves95) = np.percentile(times[1:], [50, 95], axis=0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {size} | {net:.2f} ({net95:.2f}) | {curves:.2f} ({curves95:.2f}) | {memory:.2f} |")


if __name__ == "__main__":
    main()
