"""The shipped velocity net on the cohort of the paper's tables: 18 healthy virtual subjects, 26 scans.

python benchmarks/velocity_cohort.py [--scans 26] [--weights FOLDER]

Dice, sensitivity and positive predictive value of the wall per patient, and the error of the velocities'
peaks with true and with automatic masks.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lvcine.measure.agreement import summarise
from lvcine.systems.velocity.cohort import SLICES, SUBJECTS, TWICE, exams
from lvcine.systems.velocity.infer import segment_velocity
from lvcine.systems.velocity.score import overlap_of
from lvcine.systems.velocity.speed import peak_errors
from lvcine.systems.velocity.table import tables

FRAMES, SIZE, SPACING_MM = 25, 128, 1.4


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=26)
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    overlaps: list[tuple[str, float, float, float]] = []
    peaks = []
    for exam in exams("reporting", SUBJECTS, TWICE, SLICES)[: chosen.scans]:
        study, _ = exam.scanned(FRAMES, SIZE, SPACING_MM)
        drawn = segment_velocity(study.cine, weights=chosen.weights).segmentation.mask.labels
        for found, truth in zip(drawn == 2, study.labels == 2, strict=True):
            o = overlap_of(found, truth)
            overlaps.append((exam.subject, o.dice, o.sensitivity, o.ppv))
        peaks += list(peak_errors(exam, FRAMES, SIZE, SPACING_MM, weights=chosen.weights))
        print(exam.subject, exam.visit, *(f"{v:.3f}" for v in overlaps[-1][1:]), flush=True)
    names = [o[0] for o in overlaps]
    for k, what in enumerate(("Dice", "sensitivity", "PPV"), 1):
        s = summarise([o[k] for o in overlaps], names)
        low = np.percentile([o[k] for o in overlaps], 5)
        print(f"{what}: {s.mean:.3f} [{s.low:.3f}, {s.high:.3f}], 5th percentile of slices {low:.3f}")
    print(tables([], peaks, "").partition("## What")[2])


if __name__ == "__main__":
    main()
