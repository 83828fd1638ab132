"""Labelled data in, ``results.md`` and one CSV per table out."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import lvcine
from lvcine.engine import Card, read_card, threads_for
from lvcine.errors import LvcineError, ReadError, UsageError
from lvcine.evaluate.case import Case, Outcome, Score
from lvcine.evaluate.exclude_seen import SEEN, reviewed_side, select
from lvcine.evaluate.groups import by_group_and_ef
from lvcine.evaluate.kinds import Section, sections
from lvcine.evaluate.table import csv_by_subject, subject_table, summary_table
from lvcine.output import Claim, check_out, claim, writing
from lvcine.pipeline.analyze import analyze
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study.progress import Progress

_TEXT = "results.md"

_log = logging.getLogger(__name__)


def run(
    kind: str,
    data: str | Path,
    output: str | Path,
    progress: Progress | None = None,
    *,
    subjects: Sequence[str] = (),
    include_training: bool = False,
    options: AnalyzeOptions | None = None,
    reports: str | Path | None = None,
) -> Path:
    """Analyse every labelled study and compare it with its reader.

    Parameters
    ----------
    kind : str
        One of :data:`lvcine.evaluate.KINDS`, or ``all``: every kind at its usual place in ``data``.
    data : path
    output : path
        Gets ``results.md`` and ``results/<table>.csv``, replacing those of an earlier run.
    progress : callable, optional
    subjects : sequence of str
        Only these.
    include_training : bool
        Subjects that the net has seen too; the tables list them separately.
    options : AnalyzeOptions, optional
    reports : path, optional
        Keep every study's report in this folder.

    Returns
    -------
    Path
        ``results.md``.

    Raises
    ------
    UsageError
        No such kind or data, a subject asked for by name that the net has seen, a report that
        lies there already, or a folder that cannot be written to.
    ReadError
        Data that are not laid out as the kind says.
    """
    options = options or AnalyzeOptions()
    found = sections(kind, Path(data))
    keep = Path(reports) if reports else None
    with _claimed(Path(output), keep, [section.name for section, _ in found]) as place:
        asked = _Request(tuple(subjects), include_training, options, keep, place.new.parent, progress)
        texts, tables = _tables(kind, Path(data), found, asked)
        _write(place, texts, tables)
    return Path(output) / _TEXT


@contextmanager
def _claimed(out: Path, reports: Path | None, names: Sequence[str]) -> Iterator[Claim]:
    """The output folder, for this run alone; a folder of reports is checked before the work too."""
    files = [_TEXT, *(f"results/{name}.csv" for name in names)]
    if reports is not None:
        for name in names:
            check_out(reports / name)
        if out.resolve() in reports.resolve().parents:
            with writing(out):
                out.mkdir(parents=True, exist_ok=True)
    with claim(out, lambda there: [f for f in files if (there / f).exists()], last=_TEXT) as place:
        yield place


def _tables(
    kind: str, data: Path, found: Sequence[tuple[Section, Path]], asked: _Request
) -> tuple[list[str], dict[str, str]]:
    """Parts of ``results.md``, and the CSV tables by name."""
    options = asked.options
    nets = dict.fromkeys(section.net for section, _ in found)
    texts = [_head(kind, [read_card(net, options.weights) for net in nets], options)]
    tables: dict[str, str] = {}
    met: set[str] = set()
    for section, place in found:
        with ExitStack() as archives:
            cases = list(section.find(place, archives))
            met |= {case.subject for case in cases}
            if any(case.subject in asked.subjects or not asked.subjects for case in cases):
                text, tables[section.name] = _section(section, cases, asked)
                texts.append(text)
    missing = sorted(set(asked.subjects) - met)
    if missing or not tables:
        what = f"no data of {', '.join(missing)}" if missing else f"no data of kind {kind!r}"
        raise ReadError(what, where=data.name, advice="docs/evidence/evaluate.md says how data must lie")
    return texts, tables


@dataclass(frozen=True)
class _Request:
    subjects: tuple[str, ...]
    include_training: bool
    options: AnalyzeOptions
    reports: Path | None
    scratch: Path
    progress: Progress | None


def _section(section: Section, cases: list[Case], asked: _Request) -> tuple[str, str]:
    """Markdown and CSV of one table."""
    may_be_seen = asked.include_training or section.any_subject
    subjects = [case.subject for case in cases]
    card = read_card(section.net, asked.options.weights)
    wanted, left_out = select(card, subjects, only=asked.subjects, include_training=may_be_seen)
    todo = [case for case in cases if case.subject in wanted]
    outcomes = []
    for index, case in enumerate(todo):
        if asked.progress:
            asked.progress(f"{section.name} {case.subject}", index, len(todo))
        outcome = _outcome(case, card, section.name, asked)
        if outcome.side in SEEN and not may_be_seen:
            left_out.append(case.subject)
        else:
            outcomes.append(outcome)
    if left_out and asked.subjects:
        raise UsageError(
            f"the net {card.name} learned from a review of {', '.join(left_out)}",
            advice="pass --include-training, and read the figures as training figures",
        )
    table = subject_table(outcomes) if section.by_subject else summary_table(outcomes)
    failed = [f"- {o.subject}: {o.error}" for o in outcomes if o.error]
    lines = [f"## {section.title}", "", section.note, "", table]
    if not section.by_subject:
        lines += [*by_group_and_ef([o for o in outcomes if o.side not in SEEN])]
    lines += [f"{len(failed)} of {len(outcomes)} studies failed.", *failed, ""]
    if left_out:
        lines += [f"Left out, because the net was made with them: {', '.join(left_out)}.", ""]
    return "\n".join(lines), csv_by_subject(outcomes)


def _outcome(case: Case, card: Card, table: str, asked: _Request) -> Outcome:
    side = card.side(case.subject)
    try:
        with tempfile.TemporaryDirectory(
            dir=asked.scratch
        ) as scratch:  # the time to the report is part of the result
            folder = asked.reports / table / case.subject if asked.reports else Path(scratch) / "report"
            analysis = analyze(case.source, output=folder, options=asked.options)
        by_pictures = reviewed_side(card, analysis)
        side = by_pictures if by_pictures in SEEN else side
        scores = (*case.score(analysis), Score("seconds", sum(analysis.seconds.values())))
    except LvcineError as error:
        _log.warning("%s: %s", case.subject, error)
        return Outcome(case.subject, side, error=str(error), group=case.group)
    return Outcome(case.subject, side, scores, group=case.group)


def _head(kind: str, cards: Sequence[Card], options: AnalyzeOptions) -> str:
    files = ((file, digest) for card in cards for file, digest in card.sha256.items())
    hashes = ", ".join(f"{file} {digest[:12]}" for file, digest in files)
    names, said = ", ".join(card.name for card in cards), " ".join(card.first_line for card in cards)
    return f"""# Results

Made by `lvcine evaluate {kind}` of lvcine {lvcine.__version__}; net {names} ({hashes}); {options.engine},
{threads_for(options.threads)} threads; papillary muscles: {options.papillary}d in the cavity.
{said}

Means over slices or studies with their SD; 95 % intervals by bootstrap over subjects, not slices. What could
not be had is counted as failed, and a slice that was missed has Dice 0. `docs/evidence/evaluate.md` says what
each figure is.
"""


def _write(place: Claim, texts: list[str], tables: dict[str, str]) -> None:
    with writing(place.out):
        (place.new / "results").mkdir()
        for name, table in tables.items():
            (place.new / "results" / f"{name}.csv").write_text(table, encoding="utf-8")
        (place.new / _TEXT).write_text("\n".join(texts), encoding="utf-8")
    place.commit()
