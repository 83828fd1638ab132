"""Benchmark: how fast is the virtual cine MR drawn?

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/phantom_mr.py

Short-axis frames of 128 x 128 with full physics: four sub-slices through the thickness, bSSFP,
bands, coils, k-space and noise; drawn by NumPy on one process and on two.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lvcine.phantom.mr import render, short_axis_planes
from lvcine.phantom.seeds import seed_of
from lvcine.training.virtual_hearts import virtual_subject

SIZE, SLICES, FRAMES = 128, 3, 12
LIMIT = 20.0  # frames a second


def draw(number: int) -> int:
    """One subject's slices from base to apex over a cycle; how many frames that was."""
    scene, protocol, rng = virtual_subject(seed_of("benchmarks", "demo", number))
    phases = tuple(float(p) for p in np.arange(FRAMES) / FRAMES)
    protocol = replace(protocol, size=SIZE, phases=phases, through=4)
    planes = short_axis_planes(scene.anatomy.heart, protocol, rng)
    chosen = tuple(planes[i] for i in np.linspace(0, len(planes) - 1, SLICES).round().astype(int))
    return int(np.prod(render(scene, chosen, protocol, rng).pixels.shape[:2]))


def repeats(once: Callable[[int], int], runs: int) -> list[float]:
    """Frames a second of every run; the first one, which loads and warms up, is left out."""
    rates = []
    for n in range(runs + 1):
        started = time.perf_counter()
        frames = once(n)
        rates.append(frames / (time.perf_counter() - started))
    return rates[1:]


def on_processes(count: int, runs: int) -> list[float]:
    """Subjects drawn side by side by spawned processes."""
    if count == 1:
        return repeats(draw, runs)
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        return repeats(lambda n: sum(pool.map(draw, range(count * n, count * (n + 1)), 1)), runs)


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    print(f"short-axis frames {SIZE} x {SIZE}, full physics; {chosen.runs} runs\n")
    print("| drawn by | p50 frames/s | p95 (slow) | limit |\n| --- | --- | --- | --- |")
    print(_row("one process", on_processes(1, chosen.runs), None), flush=True)
    print(_row("two processes", on_processes(2, chosen.runs), LIMIT), flush=True)


def _row(name: str, rates: list[float], limit: float | None) -> str:
    middle, slow = np.percentile(rates, [50, 5])
    return f"| {name} | {middle:.1f} | {slow:.1f} | {'' if limit is None else f'>= {limit:g}'} |"


if __name__ == "__main__":
    main()
