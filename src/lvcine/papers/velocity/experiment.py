"""Tables 1 and 2 of the paper again, nets by losses, and the error of the velocities."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lvcine.errors import UsageError
from lvcine.output import whole_text, write_whole
from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, Exam, drawn, exams
from lvcine.papers.velocity.score import overlap_of
from lvcine.papers.velocity.speed import on_exam
from lvcine.papers.velocity.table import ALONE, LOSSES, NETS, SHIPPED, PeakError, Scored, tables
from lvcine.study.mask import MYOCARDIUM
from lvcine.study.progress import Progress, Units
from lvcine.systems.velocity.recipe import EAR, PAPER, TINY, Recipe
from lvcine.systems.velocity.train.data import LabelledSlice
from lvcine.systems.velocity.train.fitting import fit, wall_found
from lvcine.systems.velocity.train.net import EarNet
from lvcine.training.split import Split

TESTED = 0.2
"""Share of the subjects that no net learns from; printed."""


@dataclass(frozen=True)
class Preset:
    """How much of the protocol is run.

    Attributes
    ----------
    text : str
    subjects, twice, slices : int
    folds : int
        Nets of each kind, each without a part of those that are learned from; printed: 5.
    beginning : int
        Other subjects that one net of each kind learns from before the folds go on from it; 0: every
        fold from random weights, as printed.
    first, fold : int
        Steps before the folds and in each.
    recipe : Recipe
    frames, size, spacing_mm : of the scans.
    velocities : bool
        Whether the peaks are measured too.
    """

    text: str
    subjects: int
    twice: int
    slices: int
    folds: int
    beginning: int
    first: int
    fold: int
    recipe: Recipe
    frames: int = 25
    size: int = 96
    spacing_mm: float = 1.4
    velocities: bool = True


PRESETS = {
    "full": Preset(
        "512 x 512 pixels of 0.85 mm and 50 frames, each net from random weights",
        SUBJECTS, TWICE, SLICES, 5, 0, 0, 10_000, PAPER, 50, 512, 0.85,
    ),
    "cpu": Preset(
        "80 x 80 pixels of 1.4 mm, 25 frames; the five nets of a kind go on from one that learned from 12 "
        "other subjects",
        SUBJECTS, TWICE, SLICES, 5, 12, 200, 20, replace(EAR, classes=2, clips=2, size=80), size=80,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method",
        5, 1, 6, 2, 0, 0, 12, replace(TINY, classes=2, size=32), 8, 32, 4.0, False,
    ),
}  # fmt: skip


def reproduce(
    output: Path, *, preset: str = "cpu", data: Path | None = None, progress: Progress | None = None
) -> Path:
    """Run both tables; scans, nets and scores that are there already are not made again.

    Parameters
    ----------
    output : Path
        Gets ``table.md``, ``scores.csv``, ``peaks.csv`` and what a stopped run goes on from.
    preset : {"cpu", "full", "tiny"}
    data : Path, optional
        Not taken: no scan of this kind with outlines is public.
    progress : callable, optional
        Called with (what is done, units done, units in all).

    Raises
    ------
    UsageError
        No such preset, or ``data``.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!r}", advice=f"one of {', '.join(PRESETS)}")
    if data is not None:
        raise UsageError("this table runs on virtual scans only", advice="leave --data out")
    chosen = PRESETS[preset]
    cohort = exams("reporting", chosen.subjects, chosen.twice, chosen.slices)
    kinds = list(_kinds(chosen.recipe))
    told = Units(progress, 1 + len(kinds) * (chosen.folds + bool(chosen.beginning)) + chosen.velocities)
    told("scans")
    slices = {exam: _drawn(output, exam, chosen) for exam in cohort}
    others = exams("training", chosen.beginning, 0, 4 * chosen.beginning) if chosen.beginning else []
    before = [one for exam in others for one in _drawn(output, exam, chosen)]
    scored: list[Scored] = []
    for name, recipe in kinds:
        run = output / "nets" / f"{name}-{recipe.loss}".replace(" ", "-").replace("+-", "").replace(",", "")
        begun: EarNet | None = None
        if before:
            told(f"{name}, {recipe.loss}: before the folds")
            begun = fit(recipe, before, run / "beginning", steps=chosen.first, varied=False)
        for k in range(chosen.folds):
            told(f"{name}, {recipe.loss}: net {k + 1} of {chosen.folds}")
            train_on, test = _sides(slices, chosen, k)
            net = fit(recipe, train_on, run / f"fold-{k}", steps=chosen.fold, start=begun, varied=False)
            scored += [_scored(net, one, name, recipe.loss, k) for one in test]
    peaks: list[PeakError] = []
    if chosen.velocities:
        told("velocities")
        for exam in cohort:
            shipped = on_exam(exam, chosen.frames, 128, chosen.spacing_mm)
            scored += [Scored(SHIPPED, "", 0, exam.subject, o) for o in shipped.overlaps]
            peaks += shipped.peaks
    output.mkdir(parents=True, exist_ok=True)
    _write(output, scored, peaks)
    return write_whole(output / "table.md", tables(scored, peaks, _head(chosen, preset, cohort)))


def _kinds(recipe: Recipe) -> Iterator[tuple[str, Recipe]]:
    """Every net of the tables with its name; the last sees the magnitude alone."""
    for loss in LOSSES:
        plain = replace(recipe, loss=loss, attention=False, memory=False)
        nets = (plain, replace(plain, attention=True), replace(recipe, loss=loss))
        yield from zip(NETS, nets, strict=True)
    yield ALONE, replace(recipe, loss=LOSSES[-1], phase=False)


def _drawn(output: Path, exam: Exam, chosen: Preset) -> list[LabelledSlice]:
    return drawn(output / "cohort", exam, chosen.frames, chosen.size, chosen.spacing_mm)


def _sides(
    slices: dict[Exam, list[LabelledSlice]], chosen: Preset, fold: int
) -> tuple[list[LabelledSlice], list[LabelledSlice]]:
    """What a fold's net learns from, and what it is tested on: both scans of a subject on one side.

    Every fifth subject is tested; of the others a fifth (``folds``) is left out of each net's training.
    """
    names = sorted({exam.subject for exam in slices}, key=lambda s: int(s.rsplit("-", 1)[1]))
    tested = names[:: round(1 / TESTED)]
    rest = [name for name in names if name not in tested]
    left_out = rest[fold :: chosen.folds]
    learned = [name for name in rest if name not in left_out]
    Split(tuple(learned), tuple(left_out), tuple(tested))
    of = {side: [one for e, s in slices.items() if e.subject in who for one in s]
          for side, who in (("train", learned), ("test", tested))}  # fmt: skip
    return of["train"], of["test"]


def _scored(net: EarNet, one: LabelledSlice, name: str, loss: str, fold: int) -> Scored:
    found = wall_found(net, one)
    return Scored(name, loss, fold, one.subject, overlap_of(found, one.labels == MYOCARDIUM))


def _head(chosen: Preset, preset: str, cohort: Sequence[Exam]) -> str:
    people, total = len({e.subject for e in cohort}), sum(e.slices for e in cohort)
    return (
        f"Preset `{preset}`: {chosen.text}.\n{people} healthy virtual subjects, {len(cohort)} scans, {total} "
        f"slices of {chosen.frames} frames; every fifth subject is tested, {chosen.folds} nets of each kind "
        "learn from the others, each without a fifth of them. The paper's figures are of real scans."
    )


def _write(output: Path, scored: Sequence[Scored], peaks: Sequence[PeakError]) -> None:
    with whole_text(output / "scores.csv") as stream:
        writer = csv.writer(stream)
        writer.writerow(["net", "loss", "fold", "subject", "dice", "sensitivity", "ppv"])
        for s in scored:
            o = s.overlap
            writer.writerow([s.net, s.loss, s.fold, s.subject, *(f"{v:.4f}" for v in vars(o).values())])
    with whole_text(output / "peaks.csv") as stream:
        writer = csv.writer(stream)
        writer.writerow(list(PeakError.__dataclass_fields__))
        writer.writerows(list(vars(p).values()) for p in peaks)
