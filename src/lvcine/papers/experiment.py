"""A paper's table again: subjects, folds by subject, nets, scores. One :func:`run` for every paper.

Each paper has an :class:`Experiment` in ``lvcine.papers.SYSTEM.experiment``; ``lvcine reproduce SYSTEM`` runs
it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from torch import nn

from lvcine.errors import UsageError
from lvcine.output import whole_text, write_whole
from lvcine.study.progress import Progress, Units
from lvcine.training.items import fill, read_item, subject_of, subjects_of, virtual_subject_name
from lvcine.training.split import Split


@dataclass(frozen=True)
class Preset:
    """How much of a protocol is run.

    Attributes
    ----------
    text : str
        For the table's head.
    subjects : int
    folds : int, or what stands for it
    beginning : int
        Other subjects that one net a row learns from before the folds go on from it; 0: every fold from
        random weights, as printed.
    first, fold : int, or what stands for them
        Steps before the folds and in each; of a paper with nets of two kinds, of each kind.
    recipe : Recipe, or one for each kind of net
    rate : float
        Learning rate of the folds that go on.
    members : int
        Nets of a row and fold, averaged.
    scans : object
        How the scans are made, in a paper's own terms.
    """

    text: str
    subjects: int
    folds: Any
    beginning: int
    first: Any
    fold: Any
    recipe: Any
    rate: float = 0.0
    members: int = 1
    scans: Any = None


@dataclass(frozen=True)
class Cohort:
    """Whose scans a table is made of.

    Attributes
    ----------
    text : str
        For the table's head.
    items : sequence
        Frozen dataclasses with a ``name`` (:mod:`lvcine.training.items`).
    """

    text: str
    items: Sequence[Any]


@dataclass(frozen=True)
class Fold:
    """Who is learned from and who is tested.

    Attributes
    ----------
    name : str
        Of the folder with its nets.
    learned, tested : tuple of str
        Subjects.
    left_out : tuple of str
        Subjects that are neither.
    rows : tuple of str
        Nets that are trained on it; empty: all.
    """

    name: str
    learned: tuple[str, ...]
    tested: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One net that is to be trained.

    Attributes
    ----------
    preset : Preset
    row : str
    items : sequence
        To learn from.
    folder : Path
        Of its run.
    start : Module or None
        What the row's net learned from other subjects.
    nets : mapping of str to Module
        Rows of the same fold that are trained already.
    first : bool
        Before the folds, on other subjects.
    """

    preset: Any
    row: str
    items: Sequence[Any]
    folder: Path
    start: nn.Module | None
    nets: Mapping[str, nn.Module]
    first: bool


@dataclass(frozen=True)
class Result:
    """What a table is written from.

    Attributes
    ----------
    preset : str
        Its name.
    chosen : Preset
    cohort : Cohort
    scored : list
        Of the experiment's own frozen dataclass, in the order of folds, subjects and rows.
    own_data : bool
        The user's scans instead of virtual ones.
    extra : object
        Of :attr:`Experiment.extra`.
    """

    preset: str
    chosen: Any
    cohort: Cohort
    scored: list[Any]
    own_data: bool
    extra: Any = None


def every_kth(preset: Any, subjects: Sequence[str]) -> list[Fold]:
    """Folds of every k-th subject, as many as the preset says.

    Examples
    --------
    >>> [fold.tested for fold in every_kth(Preset("", 3, 2, 0, 0, 0, None), ["a", "b", "c"])]
    [('a', 'c'), ('b',)]
    """
    tested = [tuple(subjects[k :: preset.folds]) for k in range(preset.folds)]
    return [
        Fold(f"fold-{k}", tuple(s for s in subjects if s not in test), test) for k, test in enumerate(tested)
    ]


@dataclass(frozen=True)
class Experiment:
    """A paper's table as functions.

    Attributes
    ----------
    presets : dict
        ``cpu``, ``full`` (as printed) and ``tiny`` (a trial of the code).
    cohort : callable
        (preset, folder to keep it in, data) -> cohort.
    rows : callable
        Preset -> names of the nets that are trained, in their order.
    folds : callable
        (preset, subjects) -> folds; every k-th subject by default.
    train : callable
        Trial -> net.
    predict : callable
        (preset, row -> net, item) -> row -> prediction; the rows of the table, which may be more.
    score : callable
        (preset, row, prediction, item, fold's name) -> scores, frozen dataclasses.
    table : callable
        Result -> Markdown.
    data : str
        What ``--data`` may be; empty: nothing, because of ``no_data``.
    no_data : str
    others : callable, optional
        (preset, folder) -> items of other subjects that one net a row learns from before the folds; empty
        sequence: every fold from random weights, as printed.
    without_nets : callable
        (preset, cohort) -> scores of rows that learn nothing.
    extra : callable, optional
        (preset, cohort, output) -> what else is measured, for the table and the scores: (scores, extra).
    figure : callable, optional
        (file, preset, items in the order of the folds, row -> predictions).
    lines : callable
        Score -> lines of ``scores.csv``.
    """

    presets: Mapping[str, Any]
    cohort: Callable[[Any, Path, Path | None], Cohort]
    rows: Callable[[Any], Sequence[str]]
    train: Callable[[Trial], nn.Module]
    predict: Callable[[Any, Mapping[str, nn.Module], Any], Mapping[str, Any]]
    score: Callable[[Any, str, Any, Any, str], Iterable[Any]]
    table: Callable[[Result], str]
    folds: Callable[[Any, Sequence[str]], Sequence[Fold]] = every_kth
    data: str = ""
    no_data: str = "this table runs on virtual subjects only"
    others: Callable[[Any, Path], Sequence[Any]] = lambda preset, folder: ()
    without_nets: Callable[[Any, Cohort], Iterable[Any]] = lambda preset, cohort: ()
    extra: Callable[[Any, Cohort, Path], tuple[Iterable[Any], Any]] | None = None
    figure: Callable[[Path, Any, Sequence[Any], Mapping[str, list[Any]]], None] | None = None
    lines: Callable[[Any], Iterable[Mapping[str, Any]]] = lambda score: [columns(score)]


def run(
    experiment: Experiment, output: Path, *, preset: str = "cpu", data: Path | None = None,
    progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Make a paper's table; what is there already (scans, nets) is not made again.

    Parameters
    ----------
    experiment : Experiment
    output : Path
        Gets ``table.md``, ``scores.csv``, of some ``figure.png``, and what a stopped run goes on from.
    preset : str
    data : Path, optional
        Own labelled scans instead of virtual ones.
    progress : callable, optional
        Called with (what is done, units done, units in all).

    Returns
    -------
    Path
        Of the table.

    Raises
    ------
    UsageError
        No such preset, or data that this table does not take.
    SplitError
        A subject in two parts of a fold.
    """
    if preset not in experiment.presets:
        known = ", ".join(experiment.presets)
        raise UsageError(f"no preset is called {preset!r}", advice=f"one of {known}")
    if data is not None and not experiment.data:
        raise UsageError(experiment.no_data, advice="leave --data out")
    chosen = experiment.presets[preset]
    others = experiment.others(chosen, output / "cohort")
    cohort = experiment.cohort(chosen, output / "cohort", data)
    rows = tuple(experiment.rows(chosen))
    folds = experiment.folds(chosen, subjects_of(cohort.items))
    units = Units(progress, sum(len(f.rows or rows) for f in folds) + bool(others) * len(rows) + 1)
    begun = _train(experiment, chosen, rows, others, output / "beginning", {}, units, True) if others else {}
    scored = list(experiment.without_nets(chosen, cohort))
    shown: dict[str, list[Any]] = {}
    order: list[Any] = []
    for fold in folds:
        Split(fold.learned, fold.left_out, fold.tested)
        learned = [item for item in cohort.items if subject_of(item.name) in fold.learned]
        nets = _train(experiment, chosen, fold.rows or rows, learned, output / fold.name, begun, units, False)
        for item in (item for item in cohort.items if subject_of(item.name) in fold.tested):
            order.append(item)
            for row, prediction in experiment.predict(chosen, nets, item).items():
                scored += experiment.score(chosen, row, prediction, item, fold.name)
                if experiment.figure is not None:
                    shown.setdefault(row, []).append(prediction)
    units("the table")
    extra = None
    if experiment.extra is not None:
        more, extra = experiment.extra(chosen, cohort, output)
        scored += more
    output.mkdir(parents=True, exist_ok=True)
    write_csv(output / "scores.csv", [line for score in scored for line in experiment.lines(score)])
    if experiment.figure is not None:
        experiment.figure(output / "figure.png", chosen, order, shown)
    result = Result(preset, chosen, cohort, scored, data is not None, extra)
    return write_whole(output / "table.md", experiment.table(result))


def _train(
    experiment: Experiment, preset: Any, rows: Sequence[str], items: Sequence[Any], folder: Path,
    begun: Mapping[str, nn.Module], units: Units, first: bool,
) -> dict[str, nn.Module]:  # fmt: skip
    """One net for each row."""
    nets: dict[str, nn.Module] = {}
    for row in rows:
        units(f"{folder.name}: {row}")
        place = folder / "".join(c if c.isalnum() else "-" for c in row)
        nets[row] = experiment.train(Trial(preset, row, items, place, begun.get(row), nets, first))
    return nets


def virtual_items(
    folder: Path,
    make: Callable[[int, str], Iterable[Any]],
    kind: Callable[..., Any],
    side: str,
    numbers: range,
) -> list[Any]:
    """The items of some numbers of a side, made once and kept in ``folder``."""
    fill(folder, make, side, numbers)
    files = [f for n in numbers for f in sorted(folder.glob(f"{virtual_subject_name(side, n)}~*.npz"))]
    return [read_item(file, kind) for file in files]


def write_csv(file: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """A table with the first line's columns."""
    with whole_text(file) as stream:
        writer = csv.DictWriter(stream, list(lines[0]) if lines else [])
        writer.writeheader()
        writer.writerows(lines)


def columns(score: Any) -> dict[str, Any]:
    """The fields of a score, those of a score within it too; arrays are left out."""
    out: dict[str, Any] = {}
    for f in fields(score):
        value = getattr(score, f.name)
        if is_dataclass(value):
            out |= columns(value)
        elif isinstance(value, float):
            out[f.name] = f"{value:.6g}"
        elif isinstance(value, str | int | bool):
            out[f.name] = value
    return out
