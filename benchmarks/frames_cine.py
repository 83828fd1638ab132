"""Seconds from a cine in memory to its ED and ES: 20 frames of 256 x 256, one slice; two encoders.

python benchmarks/frames_cine.py [--runs 15] [--threads 2]

The paper's encoder (Zeiler and Fergus, 224 x 224) has random weights, which take as long as learned ones; its
export needs torch. Limits on two cores: 1.4 s with it (the paper's own figure), 0.3 s with the light one.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from lvcine.engine import Runtime
from lvcine.phantom import virtual_study
from lvcine.phantom.seeds import seed_of
from lvcine.study import Cine
from lvcine.systems.frames.infer import find_frames
from lvcine.systems.frames.recipe import RECIPES
from lvcine.systems.frames.train.net import TempRegNet
from lvcine.systems.frames.train.task import TASK
from lvcine.training.fit import SOURCES
from lvcine.training.ship import ship

FRAMES, SIZE = 20, 256


def one_slice() -> Cine:
    """The middle slice of a virtual study."""
    cine, _ = virtual_study(seed_of("benchmarks", "reporting", 0), frames=FRAMES, size=SIZE, step_mm=30.0)
    middle = cine.slices // 2
    kept = slice(middle, middle + 1)
    assert cine.times_ms is not None and cine.cycle_ms is not None
    return replace(
        cine,
        pixels=cine.pixels[kept],
        geometry=cine.geometry.take([middle]),
        times_ms=cine.times_ms[kept],
        cycle_ms=cine.cycle_ms[kept],
    )


def untrained(folder: Path, recipe: str) -> Path:
    """Weights of a recipe as they are before training, with a card."""
    torch.manual_seed(0)
    run = folder / "run"
    run.mkdir()
    noted = {"recipe": recipe, "virtual": 0, "numbers": "", "real": [], "before": []}
    (run / SOURCES).write_text(json.dumps(noted))
    torch.save({"mean": TempRegNet(RECIPES[recipe]).state_dict()}, run / "last.pt")
    (run / "log.jsonl").write_text(json.dumps({"step": 0, "seconds": 0.0}))
    return ship(TASK, {"": run}, folder / "weights").parent


def row(name: str, cine: Cine, weights: Path | None, runs: int, threads: int) -> str:
    """First call, which loads the nets, and the others."""
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        find_frames(cine, Runtime(threads=threads, weights=weights))
        seconds.append(time.perf_counter() - started)
    p50, p95 = np.percentile(seconds[1:], [50, 95])
    return f"| {name} | {seconds[0]:.2f} | {p50:.2f} | {p95:.2f} |"


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    cine = one_slice()
    print("| encoder | first, s | p50, s | p95, s |\n| --- | --- | --- | --- |")
    print(row("light, as shipped", cine, None, chosen.runs, chosen.threads))
    with tempfile.TemporaryDirectory() as folder:
        weights = untrained(Path(folder), "paper")
        print(row("as printed", cine, weights, chosen.runs, chosen.threads))


if __name__ == "__main__":
    main()
