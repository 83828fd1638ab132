"""Table 1, ours beside the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.measure.agreement import summarise

PAPERS = {
    "cnn": ("0.840 (0.081)", "6.784 (4.544)", "1.110 (0.564)"),
    "one-level": ("0.839 (0.083)", "6.355 (4.285)", "1.086 (0.556)"),
    "multi-level": ("0.842 (0.080)", "6.125 (4.042)", "1.037 (0.457)"),
}
FIGURES = (("dice", "DSC", 3), ("hausdorff_mm", "HD, mm", 3), ("average_mm", "APD, mm", 3))


@dataclass(frozen=True)
class Scored:
    """One frame of one row; NaN where a distance could not be had."""

    row: str
    subject: str
    clip: str
    frame: int
    dice: float
    hausdorff_mm: float
    average_mm: float


def table(scored: Sequence[Scored], preset: str, effort: str, cohort: str) -> str:
    """Markdown.

    Mean (SD) over frames as in the paper; beneath it the 95 % interval by bootstrap over
    subjects; frames without a distance because a contour is missing are counted.
    """
    rows = list(dict.fromkeys(s.row for s in scored))
    subjects = len({s.subject for s in scored})
    lines = [
        "# sax: Table 1 of arXiv:1811.06051",
        "",
        f"Preset `{preset}`: {effort}.",
        f"Cohort: {cohort}. Each subject left out once.",
        "",
        f"Mean (SD) over frames; in brackets the 95 % interval by bootstrap over the {subjects} subjects.",
        "Dice of the myocardium; HD: the larger of endo- and epicardium, every stray pixel counted; APD:",
        "from the automatic to the true boundary, mean of both. Failed: frames without one of the contours;",
        "their Dice counts, their distances do not exist.",
        "",
        "| row | frames | failed | " + " | ".join(f"{name} | the paper's" for _, name, _ in FIGURES) + " |",
        "| --- " * (3 + 2 * len(FIGURES)) + "|",
    ]
    for row in rows:
        mine = [s for s in scored if s.row == row]
        cells = [row, str(len(mine)), str(sum(np.isnan(s.hausdorff_mm) for s in mine))]
        for k, (figure, _, digits) in enumerate(FIGURES):
            s = summarise([getattr(m, figure) for m in mine], [m.subject for m in mine])
            bounds = f" [{s.low:.{digits}f}, {s.high:.{digits}f}]" if np.isfinite(s.low) else ""
            cells += [
                f"{s.mean:.{digits}f} ({s.sd:.{digits}f}){bounds}",
                PAPERS[row][k] if row in PAPERS else "",
            ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", *_gains(scored, [r for r in rows if r != "cnn"]), ""]
    return "\n".join(lines)


def _gains(scored: Sequence[Scored], rows: Sequence[str]) -> list[str]:
    """How much lower than the CNN's each row's distances are, pig by pig drawn again."""
    if not any(s.row == "cnn" for s in scored):
        return []
    lines = [
        "Lower than the CNN's, in percent (95 % interval over subjects; frames that both have):",
        "",
        "| row | HD | APD | the paper's HD | the paper's APD |",
        "| --- | --- | --- | --- | --- |",
    ]
    papers = {"one-level": ("6.3", "2.2"), "multi-level": ("9.7", "6.6")}
    for row in rows:
        cells = [row]
        for figure in ("hausdorff_mm", "average_mm"):
            gain, low, high = _gain(scored, row, figure)
            cells.append(f"{gain:.1f} [{low:.1f}, {high:.1f}]")
        lines.append("| " + " | ".join([*cells, *papers.get(row, ("", ""))]) + " |")
    return lines


def _gain(scored: Sequence[Scored], row: str, figure: str) -> tuple[float, float, float]:
    value = {(s.row, s.clip, s.frame): getattr(s, figure) for s in scored}
    subjects = sorted({s.subject for s in scored})
    sums = np.zeros((len(subjects), 2))
    for s in scored:
        if s.row != "cnn":
            continue
        theirs, ours = value["cnn", s.clip, s.frame], value.get((row, s.clip, s.frame), np.nan)
        if np.isfinite(theirs) and np.isfinite(ours):
            sums[subjects.index(s.subject)] += theirs, ours
    if not sums[:, 0].sum() > 0:
        return float("nan"), float("nan"), float("nan")
    drawn = np.random.default_rng(0).integers(len(subjects), size=(2000, len(subjects)))
    totals, whole = sums[drawn].sum(1), sums.sum(0)
    some = totals[totals[:, 0] > 0]
    low, high = np.percentile(100 * (1 - some[:, 1] / some[:, 0]), [2.5, 97.5])
    return float(100 * (1 - whole[1] / whole[0])), float(low), float(high)
