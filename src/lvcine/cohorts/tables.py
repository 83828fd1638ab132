"""The tables of a cohort: a row per study, and a row per number of a slice."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lvcine.cohorts.record import Record
from lvcine.output import csv_text, whole, write_whole
from lvcine.report.tables import COLUMNS as MEASUREMENT

COHORT, PER_SLICE = "cohort", "per_slice"
"""Names of the tables, without their ending."""

_FIRST = ("label", "group", "status", "exit_code", "kind", "reason", "advice")
_FACTS = (
    "sex",
    "age_years",
    "height_m",
    "weight_kg",
    "bsa_m2",
    "modality",
    "view",
    "slices",
    "frames",
    "papillary",
)
_LEADING = (
    "edv_ml",
    "esv_ml",
    "sv_ml",
    "ef_percent",
    "lv_mass_g",
    "edvi_ml_m2",
    "esvi_ml_m2",
    "lv_mass_index_g_m2",
)
_LAST = (
    "findings",
    "errors",
    "warnings",
    "lvcine_version",
    "nets",
    "input_sha256",
    "seconds",
    "processor_seconds",
    "peak_mb",
    "report",
)
_SLICE = ("label", "phase", *MEASUREMENT)
_WHOLE_NUMBERS = ("slice", "frame", "segment")
_ROWS_AT_ONCE = 100_000  # of the parquet file; so many are in memory


def has_parquet() -> bool:
    """Whether parquet can be written: ``pip install 'lvcine[cohort]'``."""
    return find_spec("pyarrow") is not None


def names_of(records: Iterable[Record]) -> list[str]:
    """Every headline number of a cohort, volumes first, then by name."""
    met = {name for record in records for name in record.numbers}
    leading = [name for name in _LEADING if name in met]
    return [*leading, *sorted(met - set(leading))]


def row_of(record: Record, names: Sequence[str], bounded: Sequence[str]) -> dict[str, Any]:
    """One study as a row: what became of it, its facts, its numbers with intervals, its provenance.

    Examples
    --------
    >>> row = row_of(Record("p1", "refused", 3, "ReadError", "no pixels"), ["ef_percent"], ["ef_percent"])
    >>> row["label"], row["status"], row["ef_percent"], row["ef_percent_low"], row["report"]
    ('p1', 'refused', None, None, None)
    """
    row: dict[str, Any] = {name: getattr(record, name) for name in _FIRST}
    row |= {name: record.facts.get(name) for name in _FACTS}
    for name in names:
        row[name] = record.numbers.get(name)
        if name in bounded:
            row[f"{name}_low"], row[f"{name}_high"] = record.intervals.get(name, (None, None))
    severities = [severity for _, severity in record.findings]
    return row | {
        "findings": " ".join(dict.fromkeys(code for code, _ in record.findings)),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "lvcine_version": record.lvcine_version,
        "nets": " ".join(f"{file}:{digest}" for file, digest in record.nets.items()),
        "input_sha256": record.facts.get("input_sha256"),
        "seconds": record.seconds,
        "processor_seconds": record.processor_seconds,
        "peak_mb": record.peak_mb,
        "report": f"studies/{record.label}/report.html" if record.status == "done" else None,
    }


def rows_of(records: Sequence[Record]) -> list[dict[str, Any]]:
    """All studies as rows with the same columns."""
    names = names_of(records)
    with_interval = {name for record in records for name in record.intervals}
    bounded = [name for name in names if name in with_interval]
    return [row_of(record, names, bounded) for record in records]


def write_tables(out: Path, rows: Sequence[Mapping[str, Any]]) -> list[Path]:
    """``cohort.csv``, and ``cohort.parquet`` where pyarrow is installed."""
    columns = list(rows[0])
    cells = ([row[name] for name in columns] for row in rows)
    written = [write_whole(out / f"{COHORT}.csv", csv_text((columns, *cells)))]
    if has_parquet():
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.table({name: _column([row[name] for row in rows], name) for name in columns})
        with whole(out / f"{COHORT}.parquet") as stream:
            pq.write_table(table, stream, compression="zstd")
        written.append(out / f"{COHORT}.parquet")
    return written


def _column(values: list[Any], name: str) -> Any:
    """A column of one type: a number that is whole in some studies is no whole number."""
    import pyarrow as pa

    known = [value for value in values if value is not None]
    if any(isinstance(value, float) for value in known):
        return pa.array(values, pa.float64())
    if known and all(isinstance(value, int) for value in known):
        return pa.array(
            values, pa.float64() if name.endswith(("_ml", "_g", "_percent", "_mm")) else pa.int64()
        )
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def write_per_slice(out: Path, records: Iterable[Record]) -> Path:
    """``per_slice.parquet``, or ``.csv`` without pyarrow: every number of a slice at ED, at ES or of neither.

    It is read from the studies' ``measurements.csv``, one after the other.
    """
    rows = (row for record in records if record.status == "done" for row in _slice_rows(out, record))
    if not has_parquet():
        return write_whole(
            out / f"{PER_SLICE}.csv", csv_text((_SLICE, *([row[n] for n in _SLICE] for row in rows)))
        )
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.int32() for name in _WHOLE_NUMBERS} | {
        n: pa.float64() for n in ("value", "low", "high")
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _SLICE])
    path = out / f"{PER_SLICE}.parquet"
    with whole(path) as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for some in _pieces(rows):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
    return path


def _pieces(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _slice_rows(out: Path, record: Record) -> Iterator[dict[str, Any]]:
    ends = {record.numbers.get("ed_frame"): "ED", record.numbers.get("es_frame"): "ES"}
    path = out / "studies" / record.label / "measurements.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            if not line["slice"]:
                continue
            frame = int(line["frame"]) if line["frame"] else None
            if frame is not None and frame not in ends:
                continue
            row: dict[str, Any] = {
                "label": record.label,
                "phase": None if frame is None else ends[frame],
                **line,
            }
            row |= {name: int(line[name]) if line[name] else None for name in _WHOLE_NUMBERS}
            row |= {name: float(line[name]) if line[name] else None for name in ("value", "low", "high")}
            yield row


def counts(records: Iterable[Record]) -> dict[str, int]:
    """How many studies were measured, refused and failed.

    Examples
    --------
    >>> counts([Record("a", "done"), Record("b", "failed", 124, "time")])
    {'done': 1, 'refused': 0, 'failed': 1}
    """
    found = {"done": 0, "refused": 0, "failed": 0}
    for record in records:
        found[record.status] += 1
    return found


def versions_of(records: Iterable[Record]) -> dict[str, int]:
    """Studies by the version of lvcine that finished them."""
    found: dict[str, int] = {}
    for record in records:
        found[record.lvcine_version] = found.get(record.lvcine_version, 0) + 1
    return found
