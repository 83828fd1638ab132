"""``lvcine.compare``: a cohort against readings of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lvcine.comparison.agree import Pairing, icc_of_all, pair_all
from lvcine.comparison.columns import ALIASES
from lvcine.comparison.masks import MaskScores, compare_masks, mask_files
from lvcine.comparison.page import compare_html
from lvcine.comparison.readings import Reading, Readings, describe, is_cohort, of_cohort, of_table
from lvcine.comparison.reviews import (
    BEGUN,
    Reviews,
    all_reviews,
    compare_reviews,
    numbers_of,
    same_numbers,
)
from lvcine.errors import ReadError, UsageError
from lvcine.measure.agreement import Summary, summarise
from lvcine.measure.reliability import Interval
from lvcine.output import claim, csv_text, writing
from lvcine.pipeline.reviewed import reviewed_folders
from lvcine.study import CAVITY, MYOCARDIUM

FILES = ("agreement.csv", "pairs.csv", "masks.csv", "compare.html")
"""What a comparison writes; the page last."""


@dataclass(frozen=True)
class Comparison:
    """What was compared, and how well it agrees.

    Attributes
    ----------
    pairings : tuple of Pairing
        The cohort against each reading, then the readings against each other.
    all_readers : tuple of (number, ICC, studies)
        Over three readers or more at once.
    masks : tuple of MaskScores
    summaries : mapping
        Score of the masks -> mean with its interval over studies.
    columns, notes : tuple of str
        What was taken for what; what has no partner.
    """

    pairings: tuple[Pairing, ...]
    all_readers: tuple[tuple[str, Interval, int], ...] = ()
    masks: tuple[MaskScores, ...] = ()
    summaries: Mapping[str, Summary] | None = None
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compare(
    cohort: str | Path,
    readings: str | Path,
    *,
    output: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    label_column: str | None = None,
    mask_values: tuple[int, int] = (CAVITY, MYOCARDIUM),
    overwrite: bool = False,
) -> Comparison:
    """Compare a cohort with manual readings, a reader's masks, reviews of its studies, or another cohort.

    Parameters
    ----------
    cohort : path
        Folder of :func:`lvcine.cohort`.
    readings : path
        CSV file (a line a study; several readers in columns or in lines), folder of masks (NIfTI files named
        after the studies), the folder of another cohort of the same studies, or reviewed results of these
        studies: the cohort itself, or copies of it (``lvcine review``).
    output : path, optional
        Gets ``compare.html``, ``agreement.csv`` (a row per number and two readings), ``pairs.csv`` (a row per
        study) and ``masks.csv``.
    columns : mapping, optional
        Number -> column of the CSV file, where the guess is wrong.
    label_column : str, optional
        The column that holds the cohort's labels.
    mask_values : (int, int)
        Cavity and myocardium in a reader's masks.
    overwrite : bool
        Replace an earlier comparison.

    Returns
    -------
    Comparison

    Raises
    ------
    UsageError, ReadError
        Nothing to compare, labels that do not meet, a column of another unit, an output folder in use.

    Examples
    --------
    >>> import lvcine
    >>> lvcine.compare("no such cohort", "readings.csv")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    lvcine.errors.ReadError: ...
    """
    folder, other = Path(cohort), Path(readings)
    ours = of_cohort(folder)
    _check_names(columns or {})
    if not other.exists():
        raise UsageError(
            "no such readings", where=other.name, advice="give a CSV file, a folder of masks, or a cohort"
        )
    scores: list[MaskScores] = []
    notes: list[str] = []
    reviews = all_reviews(folder, other, notes.append) if other.is_dir() else []
    if is_cohort(other) or reviews:
        found = _of_reviews(folder, other, ours, reviews, notes)
        scores = compare_reviews(folder, reviews)
    elif other.is_dir():
        reviewed_folders(other)  # of results that nobody reviewed it says so
        scores, volumes = compare_masks(folder, mask_files(other, list(ours.numbers)), mask_values)
        found = Readings([volumes])
    else:
        found = of_table(other, list(ours.numbers), stated=columns or {}, label_column=label_column)
    result = _result(ours, found, scores)
    if output is not None:
        _write(result, folder, Path(output), overwrite)
    return result


def _of_reviews(
    folder: Path, other: Path, ours: Reading, reviews: Sequence[Reviews], notes: list[str]
) -> Readings:
    """Readers of reviews, and the other cohort's own numbers where they are others than ours."""
    readings = [numbers_of(one) for one in reviews]
    if folder.resolve() == other.resolve() and not reviews:
        raise UsageError(
            "no study of the cohort was reviewed", where=folder.name,
            advice="lvcine review a study of it and save, or name readings to compare with",
        )  # fmt: skip
    if is_cohort(other) and folder.resolve() != other.resolve():
        theirs = of_cohort(other, "other cohort")
        if not reviews or not same_numbers(ours, theirs):
            readings.insert(0, theirs)
    return Readings(readings, notes=[*notes, BEGUN] if reviews else notes)


def _check_names(columns: Mapping[str, str]) -> None:
    unknown = [name for name in columns if name not in ALIASES]
    if unknown:
        raise UsageError(f"no number is called {unknown[0]!r}", advice=f"one of {', '.join(ALIASES)}")


def _result(ours: Reading, found: Readings, scores: Sequence[MaskScores]) -> Comparison:
    readings = [ours, *found.readings]
    pairings = pair_all(readings, list(ALIASES))
    if not pairings and not any(one.scores for one in scores):
        raise ReadError(
            "nothing to compare: no study has a number or a mask from both", where="readings",
            advice="check the labels and the columns",
        )  # fmt: skip
    names = list(dict.fromkeys(p.name for p in pairings))
    of_all = [(name, *icc_of_all(readings, name)) for name in names] if len(readings) > 2 else []
    failed = [f"{one.label}: {one.reason}" for one in scores if one.reason]
    summaries = _summaries(scores)
    return Comparison(
        tuple(pairings), tuple(of_all), tuple(scores), summaries, tuple(describe(found.columns)),
        (*found.notes, *failed),
    )  # fmt: skip


def _summaries(scores: Sequence[MaskScores]) -> dict[str, Summary]:
    """Every score over the studies, of each two readers apart where there are more than two."""
    pairs = dict.fromkeys((one.one, one.other) for one in scores)
    found: dict[str, list[tuple[float, str]]] = {}
    for pair in pairs:
        of = f" ({' and '.join(pair)})" if len(pairs) > 1 else ""
        for one in scores:
            if (one.one, one.other) == pair:
                for name, value in one.scores.items():
                    found.setdefault(name + of, []).append((value, one.label))
    return {name: summarise(*zip(*values, strict=True)) for name, values in found.items()}


def _write(result: Comparison, cohort: Path, out: Path, overwrite: bool) -> None:
    with claim(out, _replaced(overwrite), source=cohort, last=FILES[-1]) as place:
        link = _links(cohort, place.out)
        made = {
            "agreement.csv": _agreement_csv(result),
            "pairs.csv": _pairs_csv(result),
            "compare.html": compare_html(result, link),
        } | ({"masks.csv": _masks_csv(result)} if result.masks else {})
        with writing(place.out):
            for name, text in made.items():
                (place.new / name).write_text(text, encoding="utf-8")
        place.commit()


def _replaced(overwrite: bool) -> Callable[[Path], list[str]]:
    def replaced(out: Path) -> list[str]:
        old = [name for name in FILES if (out / name).exists()]
        if old and not overwrite:
            raise UsageError(
                f"{old[0]} lies there already",
                where=out.name,
                advice="name another folder, or pass --overwrite",
            )
        return old

    return replaced


def _links(cohort: Path, out: Path) -> Callable[[str], str]:
    """Reports of the cohort, seen from the comparison's folder."""
    there = cohort.resolve() / "studies"
    reports = {path.parent.name for path in there.glob("*/report.html")}
    way = Path(os.path.relpath(there, out)).as_posix()
    return lambda label: f"{way}/{label}/report.html" if label in reports else ""


def _agreement_csv(result: Comparison) -> str:
    head = (
        "number", "one", "other", "n", "bias", "bias_low", "bias_high", "sd", "lower", "lower_low",
        "lower_high", "upper", "upper_low", "upper_high", "icc", "icc_low", "icc_high", "cov_percent", "r",
        "bootstrap_low", "bootstrap_high", "only_one", "only_other",
    )  # fmt: skip
    rows = []
    for p in result.pairings:
        bias = p.limits.bias
        ends = [v for i in (p.limits.lower, p.limits.upper, p.icc) for v in (i.value, i.low, i.high)]
        figures = [bias.value, bias.low, bias.high, p.limits.sd, *ends, p.cov_percent, p.r]
        figures += [p.bootstrap.low, p.bootstrap.high]
        rows.append((p.name, p.one, p.other, len(p.labels), *map(_cell, figures), p.only_one, p.only_other))
    return csv_text((head, *rows))


def _pairs_csv(result: Comparison) -> str:
    rows = [
        (p.name, p.one, p.other, label, _cell(a), _cell(b), _cell(a - b))
        for p in result.pairings
        for label, a, b in zip(p.labels, p.a, p.b, strict=True)
    ]
    return csv_text((("number", "one", "other", "label", "value_one", "value_other", "difference"), *rows))


def _masks_csv(result: Comparison) -> str:
    names = list(dict.fromkeys(name for one in result.masks for name in one.scores))
    rows = [
        (one.label, one.one, one.other, one.reason, *(_cell(one.scores.get(name)) for name in names))
        for one in result.masks
    ]
    return csv_text((("label", "one", "other", "reason", *names), *rows))


def _cell(value: float | None) -> float | None:
    return None if value is None or value != value else float(f"{value:.6g}")
