"""How sure a pixel of the wall has to be: overlaps on the side choosing, by the log-odds asked for.

python benchmarks/velocity_logit_margin.py [--scans 26] [--weights FOLDER]

As large a cohort as that of the tables, of other hearts. Taken
(``lvcine.systems.velocity.infer.LOGIT_MARGIN``) is the largest value at which Dice and sensitivity here
are still the paper's 0.91 and 0.87.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from lvcine.engine import Runtime, load_all
from lvcine.localise.assemble import assemble
from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, exams
from lvcine.papers.velocity.score import overlap_of
from lvcine.study.mask import MYOCARDIUM
from lvcine.systems.velocity.infer import predict

FRAMES, SIZE, SPACING_MM = 25, 128, 1.4
TRIED = (0.0, *(round(0.7 + 0.02 * k, 2) for k in range(11)))


def main() -> None:
    """Print a line for every value: Dice, sensitivity, PPV, per patient on the mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=SUBJECTS + TWICE)
    parser.add_argument("--weights", type=Path)
    chosen = parser.parse_args()
    finder, drawer = load_all("velocity", Runtime(weights=chosen.weights))
    by_patient: dict[float, dict[str, list[tuple[float, float, float]]]] = {
        logit_margin: {} for logit_margin in TRIED
    }
    for exam in exams("choosing", SUBJECTS, TWICE, SLICES)[: chosen.scans]:
        study, _ = exam.scanned(FRAMES, SIZE, SPACING_MM)
        prediction, _ = predict(study.cine, finder, drawer)
        for logit_margin in TRIED:
            drawn = assemble(replace(prediction, logit_margin=logit_margin)).mask.labels
            for mine, true in zip(drawn, study.labels, strict=True):
                o = overlap_of(mine == MYOCARDIUM, true == MYOCARDIUM)
                by_patient[logit_margin].setdefault(exam.subject, []).append((o.dice, o.sensitivity, o.ppv))
    print("margin Dice  sensitivity  PPV")
    for logit_margin, patients in by_patient.items():
        dice, sensitivity, ppv = np.mean([np.mean(slices, 0) for slices in patients.values()], 0)
        print(f"{logit_margin:.2f}  {dice:.4f}  {sensitivity:.4f}  {ppv:.4f}")


if __name__ == "__main__":
    main()
