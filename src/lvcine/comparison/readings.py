"""Readings of a cohort's studies: from its own table, from somebody's table, or from another cohort."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lvcine.cohorts.labels import plain_label
from lvcine.cohorts.listed import read_table
from lvcine.comparison.columns import ALIASES, READER, Column, guess_columns
from lvcine.errors import ReadError, UsageError

OURS = "lvcine"
Numbers = Mapping[str, float]

# Medians of a table that a column is believed by; outside, the unit is another one than the number's.
_PLAUSIBLE = {"edv_ml": (20, 600), "esv_ml": (5, 500), "ef_percent": (5, 90), "lv_mass_g": (15, 600)}
_AS_FRACTION = 1.5  # of EF: at most this, and it is no percent


@dataclass(frozen=True)
class Reading:
    """What one reader says about the studies.

    Attributes
    ----------
    reader : str
    numbers : mapping
        Label -> number -> value.
    """

    reader: str
    numbers: Mapping[str, Numbers]


@dataclass
class Readings:
    """All readers of a table.

    Attributes
    ----------
    readings : list of Reading
    columns : list of Column
        What was taken for what.
    notes : list of str
        What was done to the numbers, and what has no partner.
    """

    readings: list[Reading] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_cohort(folder: Path) -> bool:
    """Whether a folder holds the table of a cohort."""
    return (folder / "cohort.csv").is_file()


def of_cohort(folder: Path, reader: str = OURS) -> Reading:
    """Our numbers of the studies that were measured.

    Raises
    ------
    ReadError
        No table of a cohort, or one without measured studies.
    """
    try:
        with (folder / "cohort.csv").open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row.get("status") == "done"]
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(
            "no table of a cohort", where=folder.name, advice="give the folder of `lvcine cohort`"
        ) from error
    if not rows:
        raise ReadError("no measured study in the cohort", where=folder.name)
    names = [name for name in rows[0] if name in ALIASES]
    return Reading(reader, {row["label"]: _numbers(row, {name: name for name in names}) for row in rows})


def of_table(
    path: Path, labels: Sequence[str], *, stated: Mapping[str, str], label_column: str | None = None
) -> Readings:
    """Readings of a CSV file; several readers in columns (``EDV_A``) or in lines (a column ``reader``).

    Parameters
    ----------
    labels : sequence of str
        Of the cohort: they tell the column of labels.
    stated : mapping
        Number -> header, before any guess.

    Raises
    ------
    ReadError, UsageError
        A table without numbers, without labels of the cohort, with a median that is not of the number's unit.
    """
    headers, rows = read_table(path)
    where = label_column or _label_column(headers, rows, labels)
    if where not in headers:
        raise UsageError(f"no column is called {where!r}", advice=f"one of {', '.join(headers)}")
    whose = next((h for h in headers if h.strip().lower() in READER), None)
    columns = guess_columns([h for h in headers if h not in (where, whose)], stated)
    if not columns:
        raise ReadError(
            f"no column of a number among {', '.join(headers)}", where=path.name,
            advice="name them: --map edv_ml=COLUMN",
        )  # fmt: skip
    found = Readings(columns=columns)
    of_label = {_key(label): label for label in labels}
    by_reader: dict[str, dict[str, dict[str, float]]] = {}
    unknown: set[str] = set()
    for row in rows:
        label = of_label.get(_key(row[where]))
        if label is None:
            unknown.add(row[where])
            continue
        for column in columns:
            reader = " ".join(filter(None, (row[whose] if whose else "", column.reader))) or "manual"
            value = _number(row[column.column])
            if math.isfinite(value):
                mine = by_reader.setdefault(reader, {}).setdefault(label, {})
                if column.name in mine:
                    raise UsageError(
                        f"{column.name} of {label} stands twice for {reader}", where=path.name,
                        advice="name the reader in a column `reader`, or leave one out",
                    )  # fmt: skip
                mine[column.name] = value
    if unknown:
        found.notes.append(f"{len(unknown)} studies of the table are not in the cohort")
    found.readings = [Reading(reader, numbers) for reader, numbers in by_reader.items()]
    _mend_units(found, path)
    return found


def _label_column(headers: Sequence[str], rows: Sequence[Mapping[str, str]], labels: Sequence[str]) -> str:
    """The column in which most cells are labels of the cohort."""
    known = {_key(label) for label in labels}
    matches = {h: sum(_key(row[h]) in known for row in rows) for h in headers}
    best = max(headers, key=lambda h: matches[h])
    if not matches[best]:
        some = ", ".join(list(labels)[:3])
        raise ReadError(
            f"no column holds labels of the cohort ({some}, ...)", where="table",
            advice="give both the same labels; lvcine cohort takes them from a list",
        )  # fmt: skip
    return best


def _key(text: str) -> str:
    return plain_label(text).lower()


def _number(text: str) -> float:
    """A cell as a number, with a decimal comma too; NaN for what is none."""
    try:
        return float(text.replace(",", ".").rstrip("% "))
    except ValueError:
        return float("nan")


def _numbers(row: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, float]:
    return finite({name: _number(row[column]) for name, column in columns.items()})


def finite(values: Mapping[str, float | None]) -> dict[str, float]:
    """Those that are numbers.

    Examples
    --------
    >>> finite({"edv_ml": 150.0, "esv_ml": None, "ef_percent": float("nan")})
    {'edv_ml': 150.0}
    """
    return {name: float(v) for name, v in values.items() if v is not None and math.isfinite(v)}


def _mend_units(found: Readings, path: Path) -> None:
    """EF as a fraction becomes percent; any other unit than the number's is refused, unless it was stated."""
    stated = {column.name for column in found.columns if column.stated}
    mended = []
    for reading in found.readings:
        factors = {}
        for name, (low, high) in _PLAUSIBLE.items():
            values = [numbers[name] for numbers in reading.numbers.values() if name in numbers]
            middle = float(np.median(values)) if values else float("nan")
            if name == "ef_percent" and values and max(values) <= _AS_FRACTION:
                factors[name] = 100.0
                found.notes.append(f"EF of {reading.reader} is a fraction: taken times 100")
            elif values and not low <= middle <= high and name not in stated:
                raise UsageError(
                    f"{name} of {reading.reader} has a median of {middle:.4g}", where=path.name,
                    advice=f"check the column and its unit, or state it: --map {name}=COLUMN",
                )  # fmt: skip
        mended.append(
            Reading(
                reading.reader,
                {label: _times(numbers, factors) for label, numbers in reading.numbers.items()},
            )
        )
    found.readings = mended


def _times(numbers: Numbers, factors: Mapping[str, float]) -> Numbers:
    return {name: value * factors.get(name, 1.0) for name, value in numbers.items()}


def describe(columns: Iterable[Column]) -> list[str]:
    """What was taken for what, a line each."""
    return [f"{c.column} -> {c.name}" + (f" of {c.reader}" if c.reader else "") for c in columns]
