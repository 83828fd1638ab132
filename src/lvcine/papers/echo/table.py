"""Table I, ours beside the paper's."""

from __future__ import annotations

import numpy as np

from lvcine.measure.agreement import summarise
from lvcine.papers.echo.score import STRUCTURES, bends
from lvcine.papers.experiment import Result

PAPERS = {
    "ED/ES only": ("0.013", "11 of 174", "0.93 / 0.80 / 0.89", "5.78 / 6.38 / 5.07"),
    "seven frames": ("0.011", "4 of 174", "0.94 / 0.80 / 0.91", "4.94 / 5.60 / 4.31"),
    "+ moving average": ("0.007", "3 of 174", "0.93 / 0.80 / 0.91", ""),
    "ConvLSTM": ("0.007", "1 of 174", "0.93 / 0.79 / 0.88", "5.55 / 6.26 / 5.66"),
}
_LEGEND = (
    "Mean over recordings, in brackets the 95 % interval by bootstrap over subjects. mFIP: share of the",
    "sector's pixels that change label from a frame to the next. LTE: recordings with a frame over 30 mm",
    "from the nearest labelled one, or without one of its structures. Dice and Hausdorff distance of LV /",
    "myocardium / atrium in the labelled frames; a lost structure has Dice 0 and no distance. Uneven: share",
    "of frames in which an area leaves its neighbours' mean by more than 99 % of the true ones do (after",
    "Painchaud et al. 2022, doi:10.1109/TMI.2022.3173669).",
)


def table(result: Result) -> str:
    """Markdown: mean over recordings, the 95 % interval by bootstrap over subjects, the paper's beside it.

    A frame is uneven where it bends more than 99 % of the true labels' frames do.
    """
    true_bends = [bends(r.labels, r.labels) for r in result.cohort.items]
    limits = np.quantile(np.concatenate(true_bends, 1), 0.99, axis=1)
    lines = [
        "# echo: Table I of the paper",
        "",
        f"Preset `{result.preset}`: {result.chosen.text}.",
        f"{result.cohort.text}; each in the test fold once.",
        "",
        *_LEGEND,
        "",
        "| row | mFIP | paper | LTE | paper | Dice | paper | HD, mm | paper | uneven |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, theirs in PAPERS.items():
        of = [s for s in result.scored if s.row == row]
        subjects = [s.subject for s in of]
        flicker = summarise([s.flicker for s in of], subjects)
        large = sum(s.large_error for s in of)
        dice = [summarise([s.dice[n] for s in of], subjects).mean for n in STRUCTURES]
        hausdorff = [summarise([s.hausdorff_mm[n] for s in of], subjects).mean for n in STRUCTURES]
        uneven = np.mean([(s.bends > limits[:, None]).any(0).mean() for s in of])
        cells = [
            row, f"{flicker.mean:.4f} [{flicker.low:.4f}, {flicker.high:.4f}]", theirs[0],
            f"{large} of {len(of)}", theirs[1], " / ".join(f"{d:.3f}" for d in dice), theirs[2],
            " / ".join(f"{d:.2f}" for d in hausdorff), theirs[3], f"{100 * uneven:.1f} %",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])
