"""Frames a second and seconds a clip of the virtual echo: 60 frames of 256 x 256 pixels, all drawn anew.

python benchmarks/phantom_ultrasound.py [--clips 10] [--frames 60] [--size 256]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from lvcine.phantom.ultrasound import virtual_clip

LIMIT_FPS = 10.0


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", type=int, default=256)
    chosen = parser.parse_args()
    virtual_clip(0, frames=2, size=chosen.size)
    seconds, used = [], []
    for seed in range(1, chosen.clips + 1):
        started, busy = time.perf_counter(), time.process_time()
        virtual_clip(seed, frames=chosen.frames, size=chosen.size)
        seconds.append(time.perf_counter() - started)
        used.append(time.process_time() - busy)
    print(f"{chosen.clips} clips of {chosen.frames} frames, {chosen.size} x {chosen.size}, one process\n")
    print("| | p50 | p95 (worst) |\n| --- | --- | --- |")
    print(f"| seconds a clip | {np.percentile(seconds, 50):.2f} | {np.percentile(seconds, 95):.2f} |")
    print(
        f"| frames a second (at least {LIMIT_FPS:g}) "
        f"| {_rate(seconds, 50, chosen)} | {_rate(seconds, 95, chosen)} |"
    )
    # On a machine that others use too, processor time says more than the clock.
    print(f"| frames a second of processor time | {_rate(used, 50, chosen)} | {_rate(used, 95, chosen)} |")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2:.2f} GB")


def _rate(seconds: list[float], percentile: float, chosen: argparse.Namespace) -> str:
    return f"{chosen.frames / np.percentile(seconds, percentile):.1f}"


if __name__ == "__main__":
    main()
