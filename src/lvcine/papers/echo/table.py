"""Table I, ours beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.agreement import summarise
from lvcine.papers.echo.score import STRUCTURES, RecordingScore

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
Scores = Mapping[str, Sequence[tuple[str, RecordingScore]]]


def table(scored: Scores, true_bends: NDArray[np.float64], preset: str, effort: str) -> str:
    """Markdown: mean over recordings, the 95 % interval by bootstrap over subjects, the paper's beside it.

    Parameters
    ----------
    scored : mapping
        Row -> (subject, score) of each recording.
    true_bends : ndarray, shape (3, N)
        Of the true labels: a frame bends too much where it bends more than 99 % of these.
    preset, effort : str
        For the head.
    """
    count = len(next(iter(scored.values())))
    limits = np.quantile(true_bends, 0.99, axis=1)
    lines = [
        "# echo: Table I of the paper",
        "",
        f"Preset `{preset}`: {effort}.",
        f"{count} virtual recordings, one per subject; each in the test fold once.",
        "",
        *_LEGEND,
        "",
        "| row | mFIP | paper | LTE | paper | Dice | paper | HD, mm | paper | uneven |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, of in scored.items():
        subjects = [subject for subject, _ in of]
        s = summarise([r.flicker for _, r in of], subjects)
        large = sum(r.large_error for _, r in of)
        dice = [summarise([r.dice[n] for _, r in of], subjects).mean for n in STRUCTURES]
        apart = [summarise([r.hausdorff_mm[n] for _, r in of], subjects).mean for n in STRUCTURES]
        uneven = np.mean([(r.bends > limits[:, None]).any(0).mean() for _, r in of])
        theirs = PAPERS[row]
        cells = [
            row, f"{s.mean:.4f} [{s.low:.4f}, {s.high:.4f}]", theirs[0], f"{large} of {count}", theirs[1],
            " / ".join(f"{d:.3f}" for d in dice), theirs[2], " / ".join(f"{d:.2f}" for d in apart), theirs[3],
            f"{100 * uneven:.1f} %",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])
