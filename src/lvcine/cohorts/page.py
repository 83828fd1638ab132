"""``cohort.html``: the whole cohort on one self-contained page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from lvcine.cohorts.distributions import SHOWN, distribution_svg, sources_of
from lvcine.cohorts.outliers import outliers
from lvcine.cohorts.record import Record
from lvcine.cohorts.tables import counts, versions_of
from lvcine.report.wording import PAPILLARY, sentence

MOST_THUMBNAILS = 5000
"""On the page, some 3 kB each: of what stands first."""
_COLUMNS = ("edv_ml", "esv_ml", "ef_percent", "lv_mass_g")
_SEVERITIES = ("error", "warning", "info")
_MOST_WITHOUT = 200


def cohort_html(records: Sequence[Record], thumbnail_of: Callable[[str], str]) -> str:
    """The page as text; nothing in it is fetched from anywhere, and each report is linked.

    Parameters
    ----------
    records : sequence of Record
    thumbnail_of : callable
        Label -> WebP as base64, empty where there is none; asked for those alone that are shown.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("lvcine.cohorts"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("cohort.html").render(_context(records, thumbnail_of)) + "\n"


def _context(records: Sequence[Record], thumbnail_of: Callable[[str], str]) -> dict[str, Any]:
    far = outliers(records)
    ordered = sorted(records, key=lambda record: _rank(record, far))
    without = [record for record in ordered if record.status != "done"]
    figures = [svg for name, symbol in SHOWN if (svg := distribution_svg(records, name, symbol)) is not None]
    return {
        "css": _asset("cohort.css"),
        "js": _asset("cohort.js"),
        "counts": counts(records),
        "total": len(records),
        "conventions": [PAPILLARY[c] for c in _met(records, "papillary") if c in PAPILLARY],
        "versions": versions_of(records),
        "nets": len({digest for record in records for digest in record.nets.values()}),
        "without": [
            (r.label, r.status, r.exit_code, sentence(r.reason), sentence(r.advice)) for r in without
        ][:_MOST_WITHOUT],
        "more_without": max(0, len(without) - _MOST_WITHOUT),
        "outliers": [(label, text, far_) for label, (far_, text) in list(far.items())[:50]],
        "findings": _findings(records),
        "figures": figures,
        "sources": sources_of(records),
        "seconds": sum(record.seconds or 0.0 for record in records),
        "data": _data(ordered, far, thumbnail_of),
    }


def _rank(record: Record, far: dict[str, tuple[float, str]]) -> tuple[int, float, str]:
    """Without numbers first, then those with errors, then the furthest from the others."""
    if record.status != "done":
        return 0, 0.0, record.label
    errors = any(severity == "error" for _, severity in record.findings)
    return (1 if errors else 2), -far.get(record.label, (0.0, ""))[0], record.label


def _met(records: Sequence[Record], fact: str) -> list[str]:
    return sorted({str(record.facts[fact]) for record in records if record.facts.get(fact)})


def _findings(records: Sequence[Record]) -> list[tuple[str, str, int]]:
    """Code, severity and how many studies have it, the gravest and most frequent first."""
    met = Counter(pair for record in records for pair in set(record.findings))
    order = sorted(met.items(), key=lambda item: (_SEVERITIES.index(item[0][1]), -item[1], item[0][0]))
    return [(code, severity, count) for (code, severity), count in order]


def _data(
    records: Sequence[Record], far: dict[str, tuple[float, str]], thumbnail_of: Callable[[str], str]
) -> dict[str, Any]:
    """What the script draws from: a column for each fact, in the order of the page."""
    codes = list(dict.fromkeys(code for record in records for code, _ in record.findings))
    index = {code: place for place, code in enumerate(codes)}
    return {
        "columns": _COLUMNS,
        "codes": codes,
        "label": [r.label for r in records],
        "status": [r.status for r in records],
        "group": [r.group for r in records],
        "sex": [r.facts.get("sex") or "" for r in records],
        "age": [r.facts.get("age_years") for r in records],
        "numbers": [[_rounded(r.numbers.get(name)) for r in records] for name in _COLUMNS],
        "findings": [sorted({index[code] for code, _ in r.findings}) for r in records],
        "worst": [min((_SEVERITIES.index(s) for _, s in r.findings), default=3) for r in records],
        "far": [far.get(r.label, (0, ""))[1] for r in records],
        "reason": [r.reason for r in records],
        "thumbnails": [thumbnail_of(r.label) for r in records[:MOST_THUMBNAILS]],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


def _asset(name: str) -> Markup:
    return Markup(files("lvcine.cohorts").joinpath("templates", name).read_text("utf-8"))
