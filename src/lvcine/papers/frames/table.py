"""Table 1, ours beside the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lvcine.measure.agreement import summarise

PAPERS = {
    "level set": ("1.54", "1.24"),
    "graph cut": ("2.27", "1.65"),
    "CNN + regression": ("1.30", "1.97"),
    "LSTM, no temporal loss": ("0.47", "0.52"),
    "LSTM, temporal loss": ("0.38", "0.44"),
}


@dataclass(frozen=True)
class Scored:
    """One cine of one row: frames from the truth, round the cycle and along the file, and the seconds."""

    row: str
    subject: str
    clip: str
    ed: int
    es: int
    ed_plain: int
    es_plain: int
    seconds: float


def table(scored: Sequence[Scored], preset: str, effort: str, frames: int) -> str:
    """Markdown: mean (SD) over cines, the 95 % interval by bootstrap over subjects, the paper's beside it."""
    rows = list(dict.fromkeys(s.row for s in scored))
    subjects = len({s.subject for s in scored})
    cines = len({s.clip for s in scored})
    lines = [
        "# frames: Table 1 of the paper",
        "",
        f"Preset `{preset}`: {effort}.",
        f"{subjects} virtual patients, {cines} gated cines of {frames} frames, short axis and long axes;",
        "half of them begin at any frame. Each patient in the test fold once.",
        "",
        "aFD: frames from the true one, mean (SD) over cines; in brackets the 95 % interval by bootstrap",
        "over patients. Round the cycle: the last frame is one from the first. Along the file: it is not (in",
        "italics). Seconds: one cine, p50, its cut from the scan not counted.",
        "",
        "| row | ED | paper | ES | paper | *ED along* | *ES along* | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        mine = [s for s in scored if s.row == row]
        names = [s.subject for s in mine]
        cells = [row]
        for event, theirs in zip(("ed", "es"), PAPERS.get(row, ("", "")), strict=True):
            s = summarise([float(getattr(m, event)) for m in mine], names)
            cells += [f"{s.mean:.2f} ({s.sd:.2f}) [{s.low:.2f}, {s.high:.2f}]", theirs]
        cells += [
            f"*{np.mean([m.ed_plain for m in mine]):.2f}*",
            f"*{np.mean([m.es_plain for m in mine]):.2f}*",
        ]
        lines.append("| " + " | ".join([*cells, f"{np.median([m.seconds for m in mine]):.3f}"]) + " |")
    return "\n".join([*lines, "", *_pays(scored), ""])


def _pays(scored: Sequence[Scored]) -> list[str]:
    """What the LSTM and the temporal loss each change, cine by cine, with intervals over patients."""
    steps = (
        ("the LSTM", "CNN + regression", "LSTM, no temporal loss"),
        ("the temporal loss", "LSTM, no temporal loss", "LSTM, temporal loss"),
    )
    lines = ["Change of aFD, cine by cine (below 0: it pays):", "", "| by | ED | ES |", "| --- | --- | --- |"]
    by = {(s.row, s.clip): s for s in scored}
    for what, without, with_it in steps:
        pairs = [(by[without, s.clip], s) for s in scored if s.row == with_it and (without, s.clip) in by]
        if not pairs:
            continue
        cells = [what]
        for event in ("ed", "es"):
            change = [float(getattr(b, event) - getattr(a, event)) for a, b in pairs]
            s = summarise(change, [b.subject for _, b in pairs])
            cells.append(f"{s.mean:+.2f} [{s.low:+.2f}, {s.high:+.2f}]")
        lines.append("| " + " | ".join(cells) + " |")
    return lines
