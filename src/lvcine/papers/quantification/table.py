"""Tables 1 and 2, ours beside the paper's and the challenge's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lvcine.measure.agreement import summarise
from lvcine.measure.lvquan_indices import INDICES
from lvcine.papers.quantification.score import (
    GROUPS,
    Scored,
    correlation,
    curve_error,
    errors,
    phase_error,
    subject_errors,
    within,
)

PAPER_1 = {
    "areas (mm2)": {1: "270, 0.857", 3: "208, 0.907", 5: "190, 0.932", 7: "193, 0.927"},
    "dimensions (mm)": {1: "3.18, 0.884", 3: "2.66, 0.932", 5: "2.29, 0.960", 7: "2.31, 0.957"},
    "wall thickness (mm)": {1: "2.62, 0.622", 3: "1.81, 0.779", 5: "1.42, 0.819", 7: "1.43, 0.814"},
    "phase (%)": {1: "28.45", 3: "14.67", 5: "3.85", 7: "3.91"},
}
"""MAE and PCC by kappa, 5 folds, real LVQuan 2018 (doi:10.1007/978-3-030-12029-0_49)."""
OTHERS = {
    "areas (mm2)": ("180", "129", "301"),
    "dimensions (mm)": ("2.51", "1.76", "2.15"),
    "wall thickness (mm)": ("1.39", "1.23", "2.03"),
    "phase (%)": ("8.2", "9.0", "9.5"),
}
"""DMTRL (doi:10.48550/arXiv.1706.01912); best of cross-validation (arXiv 2012.13364); best on the 30 test
subjects of the challenge (doi:10.1109/JBHI.2021.3064353)."""

Tables = Mapping[tuple[int, int], Sequence[Scored]]
"""(kappa, folds) -> what was scored."""


def tables(scored: Tables, head: str, real: bool) -> str:
    """Markdown of both tables, with the paper's beside them and every index of kappa 5."""
    lines = ["# quantification: Tables 1 and 2 of the paper", "", head, ""]
    if not real:
        lines += ["The paper's figures are of real pictures, ours of virtual ones.", ""]
    first = {kappa: s for (kappa, folds), s in scored.items() if folds == 5}
    lines += ["## Table 1: neighbours seen, 5 folds by subject", "", *_by_kappa(first)]
    lines += ["", *_pays(first)]
    second = {folds: s for (kappa, folds), s in scored.items() if kappa == 5}
    lines += ["", "## Table 2: kappa 5, more and fewer folds", "", *_by_folds(second)]
    if 5 in first:
        lines += ["", "## Every index, kappa 5, 5 folds", "", *_every_index(first[5])]
    return "\n".join([*lines, ""])


_HOW = (
    "MAE: mean (SD) over frames; in brackets the 95 % interval of the mean by bootstrap over subjects. PCC: "
    "pooled over the frames of a fold, mean over indices, then mean (SD) over folds; *within*: over the "
    "frames of one subject, mean over subjects. DMTRL, best of cross-validation (CV) and best of the "
    "challenge's test are of real pictures."
)


def _by_kappa(first: Mapping[int, Sequence[Scored]]) -> list[str]:
    kappas = sorted(first)
    heads = [f"kappa {k} | paper" for k in kappas]
    rule = "| --- " * (2 * len(kappas) + 2) + "|"
    lines = [_HOW, "", f"| index | {' | '.join(heads)} | DMTRL, CV, test |", rule]
    for name, part in GROUPS.items():
        cells = [f"{_mae(first[k], part)} | {PAPER_1[name].get(k, '')}" for k in kappas]
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(OTHERS[name])} |")
    cells = [f"{phase_error(first[k], alone=True):.2f} | {PAPER_1['phase (%)'].get(k, '')}" for k in kappas]
    lines.append(f"| phase (%) | {' | '.join(cells)} | {', '.join(OTHERS['phase (%)'])} |")
    stretch = [f"{phase_error(first[k]):.2f} | " for k in kappas]
    lines.append(f"| phase, one stretch of the cycle (%) | {' | '.join(stretch)} | |")
    curve = [f"{curve_error(first[k]):.2f} | " for k in kappas]
    lines.append(f"| phase, off the told cavity's curve (%) | {' | '.join(curve)} | |")
    return lines


def _by_folds(second: Mapping[int, Sequence[Scored]]) -> list[str]:
    folds = sorted(second)
    lines = [f"| index | {' | '.join(f'{k} folds' for k in folds)} |", "| --- " * (len(folds) + 1) + "|"]
    for name, part in GROUPS.items():
        lines.append(f"| {name} | {' | '.join(_mae(second[k], part) for k in folds)} |")
    for name, alone in (("phase (%)", True), ("phase, one stretch of the cycle (%)", False)):
        cells = [f"{phase_error(second[k], alone=alone):.2f}" for k in folds]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    curve = [f"{curve_error(second[k]):.2f}" for k in folds]
    lines.append(f"| phase, off the told cavity's curve (%) | {' | '.join(curve)} |")
    return lines


def _mae(scored: Sequence[Scored], part: slice) -> str:
    values = errors(scored)[:, part]
    summary = summarise(*subject_errors(scored, part))
    mean, sd = correlation(scored, part)
    digits = 0 if values.mean() > 20 else 2
    return (
        f"{values.mean():.{digits}f} ({values.std():.{digits}f}) "
        f"[{summary.low:.{digits}f}, {summary.high:.{digits}f}], PCC {mean:.3f} ({sd:.3f}), "
        f"*within* {within(scored, part):.3f}"
    )


def _pays(first: Mapping[int, Sequence[Scored]]) -> list[str]:
    """What neighbours change, subject by subject."""
    if 1 not in first or 5 not in first:
        return []
    lines = ["Change of the MAE from kappa 1 to 5, subject by subject (below 0: neighbours pay):", ""]
    for name, part in GROUPS.items():
        (one, names), (five, _) = subject_errors(first[1], part), subject_errors(first[5], part)
        s = summarise([b - a for a, b in zip(one, five, strict=True)], names)
        lines.append(f"- {name}: {s.mean:+.2f} [{s.low:+.2f}, {s.high:+.2f}]")
    return lines


def _every_index(scored: Sequence[Scored]) -> list[str]:
    off = errors(scored)
    bias = np.concatenate([(s.found - s.truth)[s.known] for s in scored])
    lines = ["| index | MAE (SD) | bias | PCC |", "| --- | --- | --- | --- |"]
    for k, name in enumerate(INDICES):
        mean, sd = correlation(scored, slice(k, k + 1))
        lines.append(
            f"| {name} | {off[:, k].mean():.2f} ({off[:, k].std():.2f}) | {np.nanmean(bias[:, k]):+.2f} "
            f"| {mean:.3f} ({sd:.3f}) |"
        )
    return lines
