"""Seconds of `lvcine info` on an exam of 1,500 DICOM files, and of reading a study with its pixels.

python benchmarks/reading.py [--runs 7]

The study is read in a child process (lvcine.isolated) and, for comparison, in this one: the ratio is what
the isolation costs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lvcine.phantom import virtual_study
from lvcine.phantom.seeds import seed_of
from lvcine.phantom.write import write_dicom_mr
from lvcine.read import ReadOptions, open_study, opening
from lvcine.read.exam import open_exam

FILES, FRAMES, SIZE = 1500, 125, 176
LIMIT_S = 2.0


def write_exam(folder: Path) -> None:
    """Twelve slices of 125 frames, one file each."""
    cine, _ = virtual_study(seed_of("benchmarks", "reporting", 0), frames=FRAMES, size=SIZE, step_mm=8.0)
    write_dicom_mr(cine, folder, vendor="ge")
    for path in sorted(folder.iterdir())[FILES:]:
        path.unlink()


def seconds(act: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def main() -> None:
    """Command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = range(parser.parse_args().runs)
    with tempfile.TemporaryDirectory() as folder:
        exam = Path(folder)
        write_exam(exam)
        command = [sys.executable, "-m", "lvcine", "info", folder]
        info = [seconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in runs]
        opening.begin()
        pairs = [
            (seconds(lambda: open_study(exam)), seconds(lambda: open_exam(exam, ReadOptions()))) for _ in runs
        ]
    child, here = np.array(pairs).T
    print("| what | p50 s | p95 s |\n| --- | --- | --- |")
    print(row(f"lvcine info, {FILES} files, whole process (limit {LIMIT_S:g})", np.array(info)))
    print(row("a study with pixels, in the child", child))
    print(row("the same in one process", here))
    print(f"\nratio {np.median(child / here):.3f}")


def row(name: str, times: np.ndarray) -> str:
    """One line of the table."""
    return f"| {name} | {np.percentile(times, 50):.2f} | {np.percentile(times, 95):.2f} |"


if __name__ == "__main__":
    main()
