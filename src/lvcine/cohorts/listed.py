"""A list of studies: a CSV file with a path in each line, and what is known about it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from lvcine.cohorts.labels import hashed, plain_label, unique
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import ReadError, UsageError

_PATH = ("path", "file", "folder", "source", "study", "scan")
_LABEL = ("label", "id", "subject", "case", "name")
_GROUP = ("group", "site", "arm", "disease")
_FACTS = {
    "sex": "sex", "age_years": "age_years", "age": "age_years", "height_m": "height_m",
    "height_cm": "height_m", "weight_kg": "weight_kg",
}  # fmt: skip
_MOST_BYTES = 64 << 20
COLUMNS = f"{', '.join(_PATH)} for the path; {', '.join(_LABEL)} for the label"
"""Names that the columns of a list may have."""


def is_list(path: Path) -> bool:
    """Whether a path is a list of studies: a text table by its name."""
    return path.suffix.lower() in (".csv", ".tsv", ".txt") and path.is_file()


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and lines of a table with commas, semicolons or tabs, as text.

    Raises
    ------
    ReadError
        No text, no header, or no line.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ReadError("a table of more than 64 MiB", where=path.name, advice="give a part of it")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError("a table that cannot be read as UTF-8 text", where=path.name) from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.DictReader(text.splitlines(), delimiter=delimiter)
    names = [name.strip() for name in lines.fieldnames or ()]
    lines.fieldnames = names
    rows = [
        {k: (v or "").strip() for k, v in row.items() if k is not None and not isinstance(v, list)}
        for row in lines
    ]
    if not names or not rows:
        raise ReadError("a table without a header and a line below it", where=path.name)
    return names, rows


def read_list(path: Path, labels: Literal["folder", "hash"]) -> list[StudyRef]:
    """The studies of a list; paths in it start at the list's folder.

    Raises
    ------
    UsageError
        No column of paths, two lines with one label, a fact that is no number.
    """
    names, rows = read_table(path)
    columns = {name.lower().replace(" ", "_"): name for name in names}
    where = _first(columns, _PATH)
    if where is None:
        raise UsageError(
            "no column of paths in the list", where=path.name, advice=f"call the columns {COLUMNS}"
        )
    called, group = _first(columns, _LABEL), _first(columns, _GROUP)
    taken: set[str] = set()
    studies = []
    for number, row in enumerate(rows, start=2):
        source = str(path.absolute().parent / row[where])
        label = plain_label(row[called]) if called and row[called] else ""
        if label and label.lower() in taken:
            raise UsageError(
                f"the label {label} stands twice in the list", where=f"line {number}", advice="name each once"
            )
        if not label:
            label = hashed(row[where]) if labels == "hash" else plain_label(row[where])
        facts = _facts(row, columns, number)
        series = row[columns["series"]] if "series" in columns else ""
        studies.append(
            StudyRef(
                unique(label, taken),
                source,
                "list",
                series=series or None,
                facts=facts,
                group=row[group] if group else "",
            )
        )
    if not any(Path(study.source).exists() for study in studies):
        raise UsageError(
            "none of the paths in the list is there",
            where=path.name,
            advice="write them from the list's folder",
        )
    return studies


def _first(columns: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _facts(row: Mapping[str, str], columns: Mapping[str, str], number: int) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, of_options in _FACTS.items():
        text = row.get(columns.get(name, ""), "")
        if not text:
            continue
        if name == "sex":
            facts["sex"] = text.upper()[:1]
            continue
        try:
            facts[of_options] = float(text) / (100.0 if name == "height_cm" else 1.0)
        except ValueError:
            raise UsageError(f"{name} of {text!r}", where=f"line {number}", advice="give a number") from None
    return facts
