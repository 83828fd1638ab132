"""Tables 1 and 2 of the paper again, nets by losses, and the error of the velocities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from torch import nn

from lvcine.papers.experiment import Cohort, Experiment, Fold, Preset, Result, Trial, columns, write_csv
from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, Exam, Scans, exam_slices, exams
from lvcine.papers.velocity.score import overlap_of
from lvcine.papers.velocity.speed import on_exam
from lvcine.papers.velocity.table import ALONE, LOSSES, NETS, SHIPPED, PeakError, Scored, tables
from lvcine.study import Bools
from lvcine.study.mask import MYOCARDIUM
from lvcine.systems.velocity.recipe import EAR, PAPER, TINY, Recipe
from lvcine.systems.velocity.train.data import LabelledSlice
from lvcine.systems.velocity.train.predict import find_wall
from lvcine.systems.velocity.train.sample import Sampler
from lvcine.systems.velocity.train.task import TASK
from lvcine.training.fit import fit
from lvcine.training.items import subject_of

Wall = Bools

TESTED = 0.2
"""Share of the subjects that no net learns from; printed."""


PRESETS = {
    "full": Preset(
        "512 x 512 pixels of 0.85 mm and 50 frames, each net from random weights",
        SUBJECTS, 5, 0, 0, 10_000, PAPER, scans=Scans(TWICE, SLICES, 50, 512, 0.85),
    ),
    "cpu": Preset(
        "80 x 80 pixels of 1.4 mm, 25 frames; the five nets of a kind go on from one that learned from 12 "
        "other subjects",
        SUBJECTS, 5, 12, 200, 20, replace(EAR, classes=2, clips=2, size=80),
        scans=Scans(TWICE, SLICES, 25, 80, 1.4),
    ),
    "tiny": Preset(
        "a trial of the code, not of the method",
        5, 2, 0, 0, 12, replace(TINY, classes=2, size=32), scans=Scans(1, 6, 8, 32, 4.0, velocities=False),
    ),
}  # fmt: skip


def exams_of(preset: Preset) -> list[Exam]:
    """The scans that the tables are made of."""
    return exams("reporting", preset.subjects, preset.scans.twice, preset.scans.slices)


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """All slices of healthy subjects, of whom some were scanned twice."""
    visits, scans = exams_of(preset), preset.scans
    text = (
        f"{preset.subjects} healthy virtual subjects, {len(visits)} scans, {scans.slices} slices of "
        f"{scans.frames} frames"
    )
    return Cohort(text, _slices(preset, folder, visits))


def others(preset: Preset, folder: Path) -> Sequence[LabelledSlice]:
    """Slices of subjects that are in no fold, four of each."""
    return _slices(preset, folder, exams("training", preset.beginning, 0, 4 * preset.beginning))


def _slices(preset: Preset, folder: Path, visits: Sequence[Exam]) -> list[LabelledSlice]:
    size = preset.scans.frames, preset.scans.size, preset.scans.spacing_mm
    return [one for exam in visits for one in exam_slices(folder, exam, *size)]


def kinds(recipe: Recipe) -> dict[str, tuple[str, Recipe]]:
    """Every net of the tables by its row: name and recipe; the last is given the magnitude alone."""
    found: list[tuple[str, Recipe]] = []
    for loss in LOSSES:
        plain = replace(recipe, loss=loss, attention=False, memory=False)
        found += zip(NETS, (plain, replace(plain, attention=True), replace(recipe, loss=loss)), strict=True)
    found.append((ALONE, replace(recipe, loss=LOSSES[-1], phase=False)))
    return {f"{name}, {kind.loss}": (name, kind) for name, kind in found}


def folds(preset: Preset, subjects: Sequence[str]) -> list[Fold]:
    """Both scans of a subject stand on one side.

    Every fifth subject is tested; of the others a fifth (``folds``) is left out of each net's training.
    """
    tested = tuple(subjects[:: round(1 / TESTED)])
    rest = [name for name in subjects if name not in tested]
    left_out = [tuple(rest[k :: preset.folds]) for k in range(preset.folds)]
    return [
        Fold(f"fold-{k}", tuple(name for name in rest if name not in out), tested, out)
        for k, out in enumerate(left_out)
    ]


def train(trial: Trial) -> nn.Module:
    """One row's net; its pictures are turned by quarter turns alone."""
    _, recipe = kinds(trial.preset.recipe)[trial.row]
    recipe = replace(recipe, steps=trial.preset.first if trial.first else trial.preset.fold)
    task = replace(TASK, sampler=partial(Sampler, varied=False))
    return fit(task, recipe, trial.items, trial.folder, start=trial.start)


def predict(preset: Preset, nets: Mapping[str, nn.Module], one: LabelledSlice) -> dict[str, Wall]:
    """The wall of a slice by every net."""
    return {row: find_wall(net, one, preset.recipe) for row, net in nets.items()}


def score(preset: Preset, row: str, wall: Wall, one: LabelledSlice, fold: str) -> Iterator[Scored]:
    """How one net found the wall."""
    name, recipe = kinds(preset.recipe)[row]
    overlap = overlap_of(wall, one.labels == MYOCARDIUM)
    yield Scored(name, recipe.loss, fold, subject_of(one.name), overlap)


def shipped(preset: Preset, patients: Cohort, output: Path) -> tuple[list[Scored], list[PeakError]]:
    """What the shipped nets find in all scans, and the error of the peaks, into ``peaks.csv``."""
    scored: list[Scored] = []
    peaks: list[PeakError] = []
    for exam in exams_of(preset) if preset.scans.velocities else ():
        found = on_exam(exam, preset.scans.frames, 128, preset.scans.spacing_mm)
        scored += [Scored(SHIPPED, "", "", exam.subject, overlap) for overlap in found.overlaps]
        peaks += found.peaks
    write_csv(output / "peaks.csv", [columns(peak) for peak in peaks])
    return scored, peaks


def table(result: Result) -> str:
    """Markdown of everything."""
    head = (
        f"Preset `{result.preset}`: {result.chosen.text}.\n{result.cohort.text}; every fifth subject is "
        f"tested, {result.chosen.folds} nets of each kind learn from the others, each without a fifth of "
        "them. The paper's figures are of real scans."
    )
    return tables(result.scored, result.extra, head)


EXPERIMENT = Experiment(
    presets=PRESETS,
    cohort=cohort,
    others=others,
    rows=lambda preset: list(kinds(preset.recipe)),
    folds=folds,
    train=train,
    predict=predict,
    score=score,
    extra=shipped,
    table=table,
    no_data="this table runs on virtual scans only: none of this kind with outlines is public",
)
