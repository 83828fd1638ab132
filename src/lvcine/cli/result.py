"""What a command prints on stdout when it is done."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvcine.cli.terminal import say, say_all

if TYPE_CHECKING:
    from lvcine.engine import Card
    from lvcine.phantom.subjects.cohort import Cohort
    from lvcine.pipeline.frames import CineFrames
    from lvcine.read import Catalogue
    from lvcine.read.catalogue import Group
    from lvcine.study import Analysis, Finding, LeftAside


def print_json(result: Mapping[str, Any]) -> None:
    """One JSON object in ASCII; a number that is not finite becomes null, as JSON has no word for it."""
    say(json.dumps(_finite(result), allow_nan=False))


def print_analysis(analysis: Analysis, output: Path | None, *, as_json: bool, verbose: bool = False) -> None:
    """The numbers of the whole study, the doubts, and where the report lies."""
    if as_json:
        print_json(_analysis_dict(analysis, output))
    else:
        from lvcine.cli.summary import print_summary  # brings the report, which the other commands need not

        print_summary(analysis, output, verbose=verbose)


def _analysis_dict(analysis: Analysis, output: Path | None) -> dict[str, Any]:
    return {
        **analysis.headline(),
        "ed_frame": analysis.ed_frame,
        "es_frame": analysis.es_frame,
        "papillary": analysis.papillary,
        "cine": analysis.cine.label,
        "readings": [asdict(c) for c in analysis.comparisons],
        "findings": [asdict(finding) for finding in analysis.findings],
        "masks": None if analysis.masks is None else asdict(analysis.masks),
        "net": analysis.net,
        "nets": analysis.nets,
        "seconds": analysis.seconds,
        "output": None if output is None else str(output),
        "report": None if output is None else str(output / "report.html"),
        "exit_code": 0,
    }


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """A line for each doubt, with what to do."""
    return [f"{f.severity}: {_sentence(f)} [{f.code}]" for f in findings]


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):  # a numpy number
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_frames(found: Iterable[CineFrames], *, as_json: bool) -> None:
    """ED and ES of every beat of every cine."""
    if as_json:
        print_json({"cines": [_frames_dict(one) for one in found], "exit_code": 0})
        return
    for one in found:
        cine, beats = one.cine, one.result.beats
        say(f"{cine.label}: {cine.view}, {_count(cine.slices, 'slice')} x {_count(cine.frames, 'frame')}")
        for beat in beats:
            ed = _moment("ED", beat.ed_frame, beat.ed, beat.ed_ms)
            es = _moment("ES", beat.es_frame, beat.es, beat.es_ms)
            say(f"  {ed}   {es}   confidence {beat.confidence:.2f}")
        if not beats:
            say("  no whole beat")
        say_all(finding_lines((*cine.findings, *one.result.findings)))


def _moment(name: str, nearest: int, frame: float, time_ms: float | None) -> str:
    when = "" if time_ms is None else f", {time_ms:.0f} ms"
    return f"{name} frame {nearest} ({frame:.2f}{when})"


def _frames_dict(one: CineFrames) -> dict[str, Any]:
    cine, result = one.cine, one.result
    return {
        "cine": cine.label,
        "view": cine.view.value,
        "gated": cine.gated,
        "frames": cine.frames,
        "slices": list(result.slices),
        "beats": [asdict(beat) for beat in result.beats],
        "curve": result.curve.tolist(),
        "findings": [asdict(f) for f in (*cine.findings, *result.findings)],
        "net": result.net,
    }


def write_curves(found: Iterable[CineFrames], file: Path) -> None:
    """The curves as CSV, a line for each frame of each cine; whole or not at all."""
    import csv

    from lvcine.output import whole_text

    with whole_text(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(["cine", "frame", "value"])
        for one in found:
            for frame, value in enumerate(one.result.curve):
                writer.writerow([one.cine.label, frame, f"{value:.4f}"])


def print_catalogue(catalogue: Catalogue, *, as_json: bool) -> None:
    """Every cine on a line of its own, then what is not analysed and why, then the doubts."""
    if as_json:
        print_json(catalogue.to_dict())
        return
    say_all(map(_group_line, catalogue.groups))
    say_all(map(_not_analysed_line, catalogue.left_aside))
    of_groups = [finding for group in catalogue.groups for finding in group.findings]
    say_all(finding_lines(dict.fromkeys([*catalogue.findings, *of_groups])))


def _not_analysed_line(item: LeftAside) -> str:
    """With the name of a damaged file, which stands nowhere else: who copies it again has to know it."""
    files = item.file or _count(item.files, "file")
    return f"not analysed: {item.label} ({files}): {item.reason}"


def _group_line(group: Group) -> str:
    facts = [
        f"{_count(group.slices, 'slice')} x {_count(group.frames, 'frame')}",
        f"{group.rows} x {group.columns} pixels",
        f"{group.spacing_mm[0]:.4g} x {group.spacing_mm[1]:.4g} mm"
        if group.spacing_mm
        else "no pixel spacing",
        f"step {group.slice_step_mm:.4g} mm" if group.slice_step_mm else "",
        f"{group.frame_ms:.4g} ms a frame" if group.frame_ms else "",
        f"{group.heart_rate_bpm:.3g} beats/min" if group.heart_rate_bpm else "",
        f"timing: {group.timing}" if group.timing else "",
        "three velocity channels" if group.velocities else "",
    ]
    return f"{group.label}: {group.modality} {group.view}, {', '.join(filter(None, facts))}"


def _sentence(finding: Finding) -> str:
    text = finding.text.rstrip(".")
    return f"{text}. Suggestion: {finding.advice.rstrip('.')}" if finding.advice else text


def print_cards(cards: Iterable[Card], *, as_json: bool) -> None:
    """The nets, each with its files, its licence and what a reader of its numbers must know."""
    if as_json:
        print_json({"nets": [asdict(card) for card in cards]})
        return
    for card in cards:
        say(f"{card.name} ({card.licence}): {card.first_line}")
        for file, digest in card.sha256.items():
            say(f"  {file}  sha256 {digest}  intact")
        for failure in card.known_failures:
            say(f"  known to fail: {failure}")


def print_results(results: Path, *, as_json: bool) -> None:
    """Where the tables of an evaluation lie."""
    if as_json:
        print_json({"results": str(results), "exit_code": 0})
    else:
        say(f"results: {results}")


def print_cohort(cohort: Cohort, *, as_json: bool) -> None:
    """Where the virtual subjects lie."""
    table = cohort.folder / "cohort.csv"
    if as_json:
        print_json(
            {
                "output": str(cohort.folder),
                "subjects": list(cohort.asked),
                "made": cohort.made,
                "table": str(table),
                "exit_code": 0,
            }
        )
        return
    kept = len(cohort.asked) - cohort.made
    before = f", {_count(kept, 'subject')} made before" if kept else ""
    say(f"{_count(cohort.made, 'subject')} made{before}")
    say(f"table of {_count(cohort.subjects, 'subject')}: {table}")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
