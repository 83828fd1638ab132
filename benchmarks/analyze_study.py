"""Seconds and memory of `lvcine analyze` on a 12-slice x 20-phase study of 256 x 256 pixels.

python benchmarks/analyze_study.py [--runs 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.phantom import virtual_study
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.write import write_dicom_mr

SLICES, FRAMES, SIZE = 12, 20, 256
LIMIT_S, LIMIT_GB = 20.0, 2.0


def write_study(folder: Path) -> None:
    """A virtual study with exactly 12 slices, one file per slice and phase."""
    cine, _ = virtual_study(seed_of("benchmarks", "reporting", 0), frames=FRAMES, size=SIZE, step_mm=8.0)
    if cine.slices < SLICES:
        raise SystemExit(f"the virtual heart gave {cine.slices} slices; {SLICES} are needed")
    kept = slice(0, SLICES)
    cine = replace(
        cine,
        pixels=cine.pixels[kept],
        geometry=cine.geometry.take(list(range(SLICES))),
        times_ms=None if cine.times_ms is None else cine.times_ms[kept],
        cycle_ms=None if cine.cycle_ms is None else cine.cycle_ms[kept],
    )
    write_dicom_mr(cine, folder, vendor="ge")


def run_once(study: Path, out: Path, threads: int) -> tuple[float, dict[str, float]]:
    """Wall seconds of one process and the seconds of its stages."""
    command = [sys.executable, "-m", "lvcine", "analyze", str(study), "-o", str(out), "--quiet"]
    started = time.perf_counter()
    subprocess.run([*command, "--threads", str(threads)], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    return wall, json.loads((out / "run.json").read_text())["seconds"]


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_study(root / "study")
        outs = [root / f"out{i}" for i in range(chosen.runs)]
        runs = [run_once(root / "study", out, chosen.threads) for out in outs]
    walls = [wall for wall, _ in runs]
    memory_gb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    print(
        f"{SLICES} slices x {FRAMES} phases, {SIZE} x {SIZE}; {chosen.runs} runs, {chosen.threads} threads\n"
    )
    print("| stage | p50 s | p95 s |\n| --- | --- | --- |")
    for stage in runs[0][1]:
        print(_row(stage, [stages[stage] for _, stages in runs]))
    print(_row(f"whole process (limit {LIMIT_S:g})", walls))
    print(f"\npeak memory {memory_gb:.2f} GB (limit {LIMIT_GB:g})")


def _row(name: str, seconds: list[float]) -> str:
    return f"| {name} | {np.percentile(seconds, 50):.2f} | {np.percentile(seconds, 95):.2f} |"


if __name__ == "__main__":
    main()
