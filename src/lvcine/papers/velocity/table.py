"""Tables 1 and 2, ours beside the paper's, and the error of the velocities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.measure.agreement import summarise
from lvcine.papers.velocity.score import Overlap

NETS = ("3D U-Net", "+ attention", "+ LSTM")
LOSSES = ("cross-entropy", "dice", "dice-iou")
PAPER = {
    ("3D U-Net", "cross-entropy"): ("0.84", "0.75", "0.95"),
    ("3D U-Net", "dice"): ("0.85", "0.81", "0.90"),
    ("3D U-Net", "dice-iou"): ("0.88", "0.86", "0.91"),
    ("+ attention", "cross-entropy"): ("0.87", "0.84", "0.90"),
    ("+ attention", "dice"): ("0.87", "0.84", "0.91"),
    ("+ attention", "dice-iou"): ("0.89", "0.85", "0.93"),
    ("+ LSTM", "cross-entropy"): ("0.88", "0.80", "0.98"),
    ("+ LSTM", "dice"): ("0.89", "0.86", "0.93"),
    ("+ LSTM", "dice-iou"): ("0.91", "0.87", "0.96"),
}
"""Dice, sensitivity, positive predictive value; real scans of 18 healthy subjects."""
ALONE = "+ LSTM, magnitude alone"
SHIPPED = "shipped"
"""The nets of the package, which learned from no subject of the table."""


@dataclass(frozen=True)
class Scored:
    """How one net found the wall of one slice.

    Attributes
    ----------
    net, loss : str
    fold : str
        Which of the five nets of this kind.
    subject : str
    overlap : Overlap
    """

    net: str
    loss: str
    fold: str
    subject: str
    overlap: Overlap


@dataclass(frozen=True)
class PeakError:
    """One peak of one slice, found less true.

    Attributes
    ----------
    subject, masks : str
        ``masks``: ``true`` or ``automatic``.
    component, phase : str
    cm_s, ms, frame_ms : float
        NaN where the peak was not found; ``frame_ms`` is the time between frames.
    """

    subject: str
    masks: str
    component: str
    phase: str
    cm_s: float
    ms: float
    frame_ms: float


def tables(scored: Sequence[Scored], peaks: Sequence[PeakError], head: str) -> str:
    """Markdown of everything."""
    lines = ["# velocity: Tables 1 and 2 of the paper", "", head, ""]
    lines += ["## Table 1: Dice of the wall", "", *_dice(scored), "", *_pays(scored), ""]
    lines += ["## Table 2: sensitivity and positive predictive value", "", *_both(scored), ""]
    if any(s.net == SHIPPED for s in scored):
        lines += ["## The shipped nets on all scans", "", *_shipped(scored), ""]
    lines += ["## What the paper leaves out: the error of the velocities", "", *_velocities(peaks)]
    return "\n".join([*lines, ""])


def _of(scored: Sequence[Scored], net: str, loss: str) -> list[Scored]:
    return [s for s in scored if (s.net, s.loss) == (net, loss)]


def _per_patient(some: Sequence[Scored], what: str) -> str:
    """Mean (SD) over subjects, each the mean of its slices and nets; in brackets the 95 % interval."""
    if not some:
        return ""
    values, names = by_subject(some, what)
    s = summarise(values, names)
    return f"{s.mean:.3f} ({np.std(values):.3f}) [{s.low:.3f}, {s.high:.3f}]"


def by_subject(some: Sequence[Scored], what: str) -> tuple[list[float], list[str]]:
    """Mean of an overlap's figure of every subject, and their names."""
    of: dict[str, list[float]] = {}
    for s in some:
        of.setdefault(s.subject, []).append(float(getattr(s.overlap, what)))
    return [float(np.mean(v)) for v in of.values()], list(of)


def _dice(scored: Sequence[Scored]) -> list[str]:
    lines = [
        "Per patient: mean (SD) over the test subjects, in brackets the 95 % interval by bootstrap.",
        "",
        "| net | " + " | ".join(f"{loss} | paper" for loss in LOSSES) + " |",
        "| --- " * 7 + "|",
    ]
    for net in (*NETS, ALONE):
        cells = []
        for loss in LOSSES:
            cells += [_per_patient(_of(scored, net, loss), "dice"), PAPER.get((net, loss), ("",))[0]]
        lines.append(f"| {net} | {' | '.join(cells)} |")
    return lines


def _both(scored: Sequence[Scored]) -> list[str]:
    lines = ["| net | loss | sensitivity | paper | PPV | paper |", "| --- " * 6 + "|"]
    for net in (*NETS, ALONE):
        for loss in LOSSES:
            some = _of(scored, net, loss)
            if some:
                _, sensitivity, ppv = PAPER.get((net, loss), ("", "", ""))
                cells = (_per_patient(some, "sensitivity"), sensitivity, _per_patient(some, "ppv"), ppv)
                lines.append(f"| {net} | {loss} | {' | '.join(cells)} |")
    return lines


def _shipped(scored: Sequence[Scored]) -> list[str]:
    """The nets of the package beside the paper's best."""
    some, paper = _of(scored, SHIPPED, ""), PAPER[NETS[-1], LOSSES[-1]]
    lost = sum(s.overlap.dice == 0 for s in some)
    lines = [
        f"{len(some)} slices, {lost} in which nothing was found.",
        "",
        "| | ours | paper |",
        "| --- " * 3 + "|",
    ]
    named = zip(("Dice", "sensitivity", "PPV"), ("dice", "sensitivity", "ppv"), paper, strict=True)
    return lines + [f"| {name} | {_per_patient(some, what)} | {theirs} |" for name, what, theirs in named]


def _pays(scored: Sequence[Scored]) -> list[str]:
    """What each part changes in Dice, subject by subject."""
    steps = [(NETS[0], NETS[1]), (NETS[1], NETS[2]), (ALONE, NETS[2])]
    lines = ["Change of Dice, subject by subject (above 0: it pays):", ""]
    for before, after in steps:
        for loss in LOSSES:
            one, two = _of(scored, before, loss), _of(scored, after, loss)
            if one and two:
                (a, names), (b, _) = by_subject(one, "dice"), by_subject(two, "dice")
                s = summarise([y - x for x, y in zip(a, b, strict=True)], names)
                lines.append(f"- {before} to {after}, {loss}: {s.mean:+.3f} [{s.low:+.3f}, {s.high:+.3f}]")
    return lines


def _velocities(peaks: Sequence[PeakError]) -> list[str]:
    lines = [
        "Peaks of the curves of single slices, found less true: bias, mean absolute error [95 % interval by "
        "bootstrap over subjects], and how many were not found. Truth is the wall's closed form.",
        "",
        "| component | peak | masks | n | bias, cm/s | error, cm/s | error, ms | error, frames | not found |",
        "| --- " * 9 + "|",
    ]
    for key, some in _grouped(peaks).items():
        there = [p for p in some if np.isfinite(p.cm_s)]
        lost = len(some) - len(there)
        if not there:
            lines.append(f"| {' | '.join(key)} | {len(some)} | – | – | – | – | {lost} |")
            continue
        bias = float(np.mean([p.cm_s for p in there]))
        off = summarise([abs(p.cm_s) for p in there], [p.subject for p in there])
        ms = float(np.mean([abs(p.ms) for p in there]))
        frames = float(np.mean([abs(p.ms) / p.frame_ms for p in there]))
        lines.append(
            f"| {' | '.join(key)} | {len(some)} | {bias:+.2f} "
            f"| {off.mean:.2f} [{off.low:.2f}, {off.high:.2f}] | {ms:.0f} | {frames:.2f} | {lost} |"
        )
    return lines


def _grouped(peaks: Sequence[PeakError]) -> Mapping[tuple[str, str, str], list[PeakError]]:
    of: dict[tuple[str, str, str], list[PeakError]] = {}
    for p in peaks:
        of.setdefault((p.component, p.phase, p.masks), []).append(p)
    return of
