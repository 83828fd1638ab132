"""What an analysis says on a terminal: headline numbers, then findings, then the details asked for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lvcine.cli.terminal import say, say_all
from lvcine.report.headline import Cell, headline_lines, whole_study
from lvcine.report.wording import index_title, study_name, title
from lvcine.study import Analysis, Finding, IndexComparison

_SLICES_IN_A_LINE = 4  # of the table of peak velocities
_PAPILLARY_IN = {"include": "cavity", "exclude": "myocardium"}
_ASCII = str.maketrans({"–": "-", "−": "-", "²": "2", "·": "-", "\u2060": None})
_MOST_TEXTS = 3  # of one finding, where --verbose does not ask for all


def print_summary(analysis: Analysis, output: Path | None, *, verbose: bool = False) -> None:
    """Everything for a reader; ``verbose`` adds every number, the comparison and all findings in full."""
    cine, velocity = analysis.cine, analysis.velocity
    size = f"{_count(cine.slices, 'slice')} x {_count(cine.frames, 'frame')}"
    say_all(
        map(_plain, [f"{study_name(analysis)}: {cine.view} {cine.modality}, {size}", *_peak_lines(analysis)])
    )
    if velocity is None or "edv_ml" in analysis.headline():
        say_all(map(_plain, _headline(analysis)))
        if cine.modality != "US":
            say(f"  papillary muscles belong to the {_PAPILLARY_IN[analysis.papillary]}")
    if verbose:
        say_all(map(_plain, [*_number_lines(analysis), *_comparison_lines(analysis.comparisons)]))
    say_all(grouped(analysis.findings, verbose=verbose))
    say("nothing written: no -o OUT" if output is None else f"report: {output / 'report.html'}")


def print_truth(analysis: Analysis, truth: Mapping[str, float]) -> None:
    """The exact numbers of a virtual heart beside the measured ones, and where they part."""
    found = whole_study(analysis)
    rows = []
    for key, (name, measured) in {
        "edv_ml": ("EDV (mL)", "edv_ml"), "esv_ml": ("ESV (mL)", "esv_ml"),
        "ef_percent": ("EF (%)", "ef_percent"), "mass_g": ("mass (g)", "lv_mass_g"),
        "ed_frame": ("ED frame", "ed_frame"), "es_frame": ("ES frame", "es_frame"),
    }.items():  # fmt: skip
        if key not in truth or measured not in found:
            continue
        m, exact = found[measured], float(truth[key])
        interval, verdict = "", ""
        if m.low is not None and m.high is not None:
            interval = f"{m.low:.0f}-{m.high:.0f}"
            verdict = "" if m.low <= exact <= m.high else "outside of the interval"
        elif measured.endswith("_frame") and int(m.value) != int(exact):
            apart, frames = abs(int(m.value) - int(exact)), analysis.cine.frames
            verdict = f"{min(apart, frames - apart)} of {frames} frames apart"  # round the cycle
        difference = f"{round(m.value - exact):+d}"
        rows.append((name, f"{m.value:.0f}", interval, f"{exact:.0f}", difference, verdict))
    if not rows:
        return
    say("the heart is virtual: its exact numbers beside the measured ones")
    say_all(_columns([("", "measured", "90 %", "exact", "difference", ""), *rows], right=(1, 2, 3, 4)))
    parted = [row[0] for row in rows if row[5]]
    say(f"  they part in {', '.join(parted)}" if parted else "  every exact number lies in its interval")


def grouped(findings: Iterable[Finding], *, verbose: bool = False) -> Iterator[str]:
    """Findings of one code together, errors first; of mere notes only the codes, unless ``verbose``."""
    of_code: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: ("error", "warning", "info").index(f.severity)):
        of_code.setdefault((finding.severity, finding.code), []).append(finding)
    notes = [code for severity, code in of_code if severity == "info"]
    for (severity, code), same in of_code.items():
        if severity == "info" and not verbose:
            continue
        texts = list(dict.fromkeys(f.text.rstrip(".") for f in same))
        shown = texts if verbose else texts[:_MOST_TEXTS]
        more = f"; and {len(texts) - len(shown)} more" if len(texts) > len(shown) else ""
        advice = "; ".join(dict.fromkeys(f.advice.rstrip(".") for f in same if f.advice))
        suggestion = f". Suggestion: {advice}" if advice else ""
        yield f"{severity}: {'; '.join(shown)}{more}{suggestion} [{code}]"
    if notes and not verbose:
        yield f"noted: {', '.join(notes)} (--verbose says all)"


def _headline(analysis: Analysis) -> list[str]:
    """The lines of the report's first table: name, value, 90 % interval, normal range and where it lies."""
    rows = [("", "", "90 %", "normal")]
    for line in headline_lines(analysis):
        for cell, per in ((line.value, ""), (line.index, ", index")):
            if cell.value != "–":
                rows.append((f"{line.label}{per}", f"{cell.value} {cell.unit}", cell.interval, _normal(cell)))
    times = [
        f"{phase} frame {frame}" for phase, frame in (("ED", analysis.ed_frame), ("ES", analysis.es_frame))
    ]
    if not any(row[2] for row in rows[1:]):
        rows = [(name, value, "", normal) for name, value, _, normal in rows]
    return [*_columns(rows, right=(1,)), f"  {', '.join(times)}"]


def _normal(cell: Cell) -> str:
    ranges = ", ".join(cell.ranges)
    return f"{ranges}  {cell.verdict.upper()}" if cell.verdict in ("below", "above") else ranges


def _columns(rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            t.rjust(w) if k in right else t.ljust(w) for k, (t, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _number_lines(analysis: Analysis) -> list[str]:
    """Of the whole study, but for the peaks, which a velocity-mapping scan shows in a table of their own."""
    ends = ("_velocity_cm_s", "_velocity_ms") if analysis.velocity is not None else ()
    whole = [m for m in whole_study(analysis).values() if not m.name.endswith(ends)]
    names = [f"{title(m.name)} ({m.name})" for m in whole]
    width = max(map(len, names), default=0)
    return ["all numbers of the study"] * bool(whole) + [
        f"  {name:<{width}}  {m.value:8.4g}  {'' if m.unit == '1' else m.unit}".rstrip()
        for name, m in zip(names, whole, strict=True)
    ]


def _peak_lines(analysis: Analysis) -> list[str]:
    """Peaks of the wall's velocity with their times: of the whole, and of the slices where they fit."""
    if analysis.velocity is None:
        return []
    slices = analysis.cine.slices
    places = [None, *range(slices)] if slices <= _SLICES_IN_A_LINE else [None]
    peaks = {
        (p.component, p.phase, p.slice): f"{p.value_cm_s:.1f}"
        + (f" ({p.time_ms:.0f})" if math.isfinite(p.time_ms) else "")
        for p in analysis.velocity.peaks
        if p.sector is None and math.isfinite(p.value_cm_s)
    }
    heads = ["whole wall" if z is None else f"slice {z}" for z in places]
    lines = ["peak velocities of the wall in cm/s (ms after the R wave; none below the noise)"]
    lines.append(" " * 34 + "".join(f"{head:>14}" for head in heads))
    for component, phase in dict.fromkeys((p.component, p.phase) for p in analysis.velocity.peaks):
        cells = "".join(f"{peaks.get((component, phase, z), '-'):>14}" for z in places)
        lines.append(f"  {f'{component}, {phase}':<32}{cells}")
    lines.append("  positive: longitudinal from base to apex, radial inwards, circumferential clockwise")
    lines.append("  seen from the apex")
    return lines


def _comparison_lines(comparisons: Sequence[IndexComparison]) -> list[str]:
    """Contours and direct regression side by side."""
    lines = ["contours and direct regression, mean over slices and frames"] if comparisons else []
    for c in comparisons:
        beyond = "  beyond the 95 % limits of agreement" if c.exceeds_limits else ""
        lines.append(f"  {index_title(c.name):<20}  {c.masks:8.4g}  {c.pixels:8.4g}  {c.unit}{beyond}")
    return lines


def _plain(line: str) -> str:
    """Signs that every terminal knows."""
    return line.translate(_ASCII)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
