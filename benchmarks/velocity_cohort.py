"""The shipped velocity net on the cohort of the paper's tables: 18 healthy virtual subjects, 26 scans.

python benchmarks/velocity_cohort.py [--scans 26] [--weights FOLDER]

Dice, sensitivity and positive predictive value of the wall per patient, and the error of the velocities'
peaks with true and with automatic masks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, exams
from lvcine.papers.velocity.speed import on_exam
from lvcine.papers.velocity.table import SHIPPED, PeakError, Scored, tables

FRAMES, SIZE, SPACING_MM = 25, 128, 1.4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=26)
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    scored: list[Scored] = []
    peaks: list[PeakError] = []
    for exam in exams("reporting", SUBJECTS, TWICE, SLICES)[: chosen.scans]:
        found = on_exam(exam, FRAMES, SIZE, SPACING_MM, weights=chosen.weights)
        scored += [Scored(SHIPPED, "", "", exam.subject, o) for o in found.overlaps]
        peaks += found.peaks
        print(exam.subject, exam.visit, *(f"{o.dice:.3f}" for o in found.overlaps), flush=True)
    low = np.percentile([s.overlap.dice for s in scored], 5)
    print(tables(scored, peaks, "").partition("## The shipped")[2])
    print(f"5th percentile of the slices' Dice: {low:.3f}")


if __name__ == "__main__":
    main()
