"""The corrected result that ``lvcine review`` leaves beside an analysis, ``OUT/corrected``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lvcine.errors import ReadError, UsageError
from lvcine.output import is_result
from lvcine.report.record import NAME as CONTOURS
from lvcine.report.wording import BY_READER
from lvcine.study import Analysis, Finding, Measurement

CORRECTED = "corrected"
"""The folder within a folder of results."""
JOURNAL = "corrections.jsonl"
SECOND_JOURNAL = "corrections-2.jsonl"
"""Of the second apical plane."""
_SAME = 1e-9

Key = tuple[str, int | None, int | None, int | None]
"""Name, slice, frame and segment of a number."""


def mark(folder: Path) -> str:
    """What tells one analysis in a folder from another: the digest of its contours."""
    return hashlib.sha256((folder / CONTOURS).read_bytes()).hexdigest()


@dataclass(frozen=True)
class Saved:
    """What a corrected result says of the review that it is from.

    Attributes
    ----------
    corrected_from : str
        The :func:`mark` of the analysis.
    revision : int
        Corrections up to which it is.
    reader : str or None
        Who corrected; empty where nobody gave a name, None where an earlier version did not note it.
    changed : tuple of (slice, frame)
        Whose contours, or mitral hinges, are not those of the analysis.
    no_slices, no_frames : tuple of int
        Excluded as unfit.
    second_revision : int
        Corrections of the second apical plane up to which it is.
    """

    corrected_from: str
    revision: int
    reader: str | None = None
    changed: tuple[tuple[int, int], ...] = ()
    no_slices: tuple[int, ...] = ()
    no_frames: tuple[int, ...] = ()
    second_revision: int = 0


def run_options(saved: Saved) -> dict[str, Any]:
    """For ``run.json``: from which analysis, which of its corrections and whose the numbers are."""
    return asdict(saved)


def saved_review(folder: Path) -> Saved | None:
    """The saved review of a folder of results; None where there is none."""
    out = folder / CORRECTED
    options = _options(out) if is_result(out) else {}
    if "corrected_from" not in options:  # none, or somebody's own folder of that name
        return None
    try:
        return Saved(
            str(options["corrected_from"]),
            int(options.get("revision", 0)),
            None if options.get("reader") is None else str(options["reader"]),
            tuple((int(z), int(t)) for z, t in options.get("changed", ())),
            tuple(map(int, options.get("no_slices", ()))),
            tuple(map(int, options.get("no_frames", ()))),
            int(options.get("second_revision", 0)),
        )
    except (TypeError, ValueError) as error:
        raise ReadError(
            f"run.json of {CORRECTED} is damaged", where=folder.name, advice="save again"
        ) from error


def corrected_folder(folder: Path) -> tuple[Path, tuple[Finding, ...]]:
    """Where the numbers of a folder of results are to be had: of its corrected result, where there is one.

    Returns
    -------
    Path
        ``folder`` itself or the folder of its corrected result.
    tuple of Finding
        ``corrections-read``; ``corrections-not-saved`` where there are corrections that were not saved.

    Raises
    ------
    UsageError
        The corrected result is of an earlier analysis in this folder.
    """
    out = folder / CORRECTED
    saved = saved_review(folder)
    if saved is None:
        return folder, _unsaved(folder, 0, 0)
    if saved.corrected_from != mark(folder):
        raise UsageError(
            f"{CORRECTED} holds corrections of an earlier analysis in this folder", where=folder.name,
            advice=f"move {CORRECTED} away to measure the new analysis, or name {CORRECTED} itself",
        )  # fmt: skip
    text = f"numbers of the corrected result in {CORRECTED}"
    read = Finding("corrections-read", "info", text, f"move {CORRECTED} away for those of the analysis")
    return out, (read, *_unsaved(folder, saved.revision, saved.second_revision))


def _options(out: Path) -> Mapping[str, Any]:
    try:
        options = json.loads((out / "run.json").read_text("utf-8")).get("options", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return options if isinstance(options, dict) else {}


def _unsaved(folder: Path, revision: int, second: int) -> tuple[Finding, ...]:
    """Corrections in the journals that came after the saved ones."""
    late = max(0, _last(folder / JOURNAL) - revision) + max(0, _last(folder / SECOND_JOURNAL) - second)
    if not late:
        return ()
    text = f"{late} corrections were not saved: they are not in the numbers"
    return (Finding("corrections-not-saved", "warning", text, "open `lvcine review` and save them"),)


def _last(journal: Path) -> int:
    """The revision of a journal's last whole line."""
    last = 0
    try:
        with journal.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    found = json.loads(line).get("revision", 0)
                    last = max(last, found if isinstance(found, int) else 0)
    except (OSError, ValueError, AttributeError, RecursionError):
        pass  # no journal; a damaged one is refused where it is opened
    return last


def changed_numbers(now: Analysis, original: Analysis) -> set[Key]:
    """Name and place of every number that is not as the analysis had it."""
    before = {_key(m): m.value for m in original.measurements}
    return {_key(m) for m in now.measurements if not same(before.get(_key(m)), m.value)}


def marked(now: Analysis, original: Analysis) -> Analysis:
    """The analysis with :data:`BY_READER` in the method of every number that is not the original's."""
    changed = changed_numbers(now, original)
    return replace(now, measurements=tuple(_marked(m) if _key(m) in changed else m for m in now.measurements))


def _key(m: Measurement) -> Key:
    return m.name, m.slice, m.frame, m.segment


def same(before: float | None, now: float) -> bool:
    """Whether a number is the one of before; None: there was none."""
    if before is None:
        return False
    both_unknown = not math.isfinite(before) and not math.isfinite(now)
    return both_unknown or math.isclose(before, now, rel_tol=_SAME, abs_tol=_SAME)


def _marked(m: Measurement) -> Measurement:
    return m if m.method.endswith(BY_READER) else replace(m, method=f"{m.method}, {BY_READER}")
