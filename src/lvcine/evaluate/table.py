"""Scores as a table to read and as a file to compute with."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np

from lvcine.evaluate.case import Outcome
from lvcine.evaluate.exclude_seen import SEEN
from lvcine.measure.agreement import pearson, summarise
from lvcine.measure.reliability import intraclass_correlation, limits_of_agreement
from lvcine.output import csv_text
from lvcine.study import Array


def csv_by_subject(outcomes: Sequence[Outcome]) -> str:
    """One row per subject: the mean over its slices of every figure, and what failed."""
    metrics = _metrics(outcomes)
    rows: list[list[object]] = [["subject", "side", "failed", "error", *metrics]]
    for outcome in outcomes:
        lost = sum(math.isnan(s.value) for s in outcome.scores)
        means = [_number(_mean(outcome, metric)) for metric in metrics]
        rows.append([outcome.subject, outcome.side, lost, outcome.error, *means])
    return csv_text(rows)


def summary_table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: every figure with n, mean (SD), 95 % interval and failures.

    Subjects that the net has seen are summed up separately.
    """
    unseen = [o for o in outcomes if o.side not in SEEN]
    seen = [o for o in outcomes if o.side in SEEN]
    parts = []
    for title, group in (("Not seen by the net", unseen), ("Seen by the net when it was made", seen)):
        if any(o.scores for o in group):
            parts += [f"**{title}** ({_names(group)})", "", *_rows(group), ""]
    return "\n".join(parts)


def subject_table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: one row per subject, one column per figure."""
    metrics = _metrics(outcomes)
    head = ["subject", *metrics]
    rows = [[_marked(o), *(_short(_mean(o, m)) for m in metrics)] for o in outcomes if o.scores]
    legend = ["", "\\* seen by the net when it was made"] if any("\\*" in row[0] for row in rows) else []
    return "\n".join([_line(head), _line(["---"] * len(head)), *map(_line, rows), *legend, ""])


def _rows(group: Sequence[Outcome]) -> list[str]:
    head = ["figure", "n", "mean (SD)", "95 % interval", "failed", "subjects"]
    rows = [head, ["---"] * len(head)]
    for metric in _metrics(group):
        values = [(s.value, o.subject) for o in group for s in o.scores if s.metric == metric]
        s = summarise([v for v, _ in values], [who for _, who in values])
        interval = f"{_short(s.low)} to {_short(s.high)}" if math.isfinite(s.low) else ""
        mean = f"{_short(s.mean)} ({_short(s.sd)})"
        rows.append([metric, str(s.n), mean, interval, str(s.n_failed), str(s.subjects)])
    return [*map(_line, rows), *_correlations(group)]


def _correlations(group: Sequence[Outcome]) -> list[str]:
    """Pearson's r of every number with a reader's: ``x_drawn`` beside ``x_..._difference``."""
    metrics = _metrics(group)
    rows = []
    for metric in metrics:
        reference = re.sub(r"(_same_slices)?_difference$", "_drawn", metric)
        if reference != metric and reference in metrics:
            theirs = np.array([_mean(o, reference) for o in group if o.scores])
            ours = theirs + np.array([_mean(o, metric) for o in group if o.scores])
            r = pearson(ours, theirs)
            name = metric.replace("_difference", "_correlation")
            rows.append(_line([name, str(r.n), _short(r.r), "", str(r.n_failed), str(r.n)]))
            rows += _agreement(metric, ours, theirs, r.n_failed)
    return rows


def _agreement(metric: str, ours: Array, theirs: Array, failed: int) -> list[str]:
    """Limits of agreement and ICC, as `lvcine compare` has them."""
    limits, icc = limits_of_agreement(ours - theirs), intraclass_correlation(np.stack([ours, theirs], axis=1))
    found = (("lower_limit", limits.lower), ("upper_limit", limits.upper), ("icc", icc))
    rows = []
    for name, figure in found:
        interval = f"{_short(figure.low)} to {_short(figure.high)}" if math.isfinite(figure.low) else ""
        called = metric.replace("_difference", f"_{name}")
        rows.append(
            _line([called, str(limits.n), _short(figure.value), interval, str(failed), str(limits.n)])
        )
    return rows


def _metrics(outcomes: Iterable[Outcome]) -> list[str]:
    """Names of all figures in the order in which they first come up."""
    return list(dict.fromkeys(s.metric for o in outcomes for s in o.scores))


def _mean(outcome: Outcome, metric: str) -> float:
    values = [s.value for s in outcome.scores if s.metric == metric and math.isfinite(s.value)]
    return float(np.mean(values)) if values else math.nan


def _names(group: Sequence[Outcome]) -> str:
    return ", ".join(o.subject for o in group if o.scores)


def _marked(outcome: Outcome) -> str:
    return outcome.subject + (" \\*" if outcome.side in SEEN else "")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


def _short(value: float) -> str:
    """Three digits where they count: 0.934, 12.3, 152.

    Examples
    --------
    >>> _short(0.9344), _short(-12.34), _short(152.4), _short(20), _short(float("nan"))
    ('0.934', '-12.3', '152', '20', '')
    """
    if not math.isfinite(value):
        return ""
    if float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - max(-1, math.floor(math.log10(abs(value)))))}f}"
