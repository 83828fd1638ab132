"""Tables 1 and 2 of the paper again: kappa 1, 3, 5, 7, and 3, 5, 7 folds by subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lvcine.measure.lvquan_indices import INDICES, one_stretch
from lvcine.papers.experiment import Cohort, Experiment, Fold, Preset, Result, Trial, virtual_items
from lvcine.papers.quantification.lvquan import UNKNOWN_MM, clips_of_file
from lvcine.papers.quantification.score import Scored
from lvcine.papers.quantification.table import tables
from lvcine.study import Array
from lvcine.systems.quantification.recipe import DEFAULT, N_INDICES, PAPER, SIZE, TINY
from lvcine.systems.quantification.train.data import OutlinedClip, table_clip
from lvcine.systems.quantification.train.sample import as_input, truth_of
from lvcine.systems.quantification.train.task import TASK
from lvcine.training.fit import fit
from lvcine.training.items import subject_of, subjects_of

SUBJECTS, FRAMES = 145, 20
"""As in LVQuan 2018."""


# (kappa, folds)
_ALL = ((1, 5), (3, 5), (5, 5), (7, 5), (5, 3), (5, 7))
PRESETS = {
    "full": Preset("the net, loss and optimiser as printed", SUBJECTS, _ALL, 0, 0, 20000, PAPER, 1e-4),
    "cpu": Preset(
        "our net and recipe (docs/methods/quantification.md); each fold goes on from a net that learned from "
        "290 other virtual subjects",
        SUBJECTS, _ALL, 290, 500, 70, replace(DEFAULT, varied=False), 5e-4,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method", 6, ((1, 5), (5, 5)), 0, 0, 40, TINY, 5e-3
    ),
}  # fmt: skip


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """The virtual LVQuan, one mid-ventricular slice a subject, or the user's file of it."""
    if data is not None:
        clips, whose = clips_of_file(data), "from the user's file"
    else:
        clips = _virtual(folder, "reporting", preset.subjects, "quantification")
        whose = f"virtual, one slice of {FRAMES} frames each"
    count = len(subjects_of(clips))
    text = f"{count} subjects, {whose}. Folds are contiguous by subject; each subject is tested once."
    if data is not None and all(c.pixel_mm == UNKNOWN_MM for c in clips):
        text += " The file has no pixel spacing: read mm as pixels of its pictures."
    return Cohort(text, clips)


def others(preset: Preset, folder: Path) -> Sequence[OutlinedClip]:
    """Subjects that are in no fold."""
    return _virtual(folder, "training", preset.beginning, "quantification-table")


def _virtual(folder: Path, side: str, count: int, use: str) -> list[OutlinedClip]:
    return virtual_items(
        folder, lambda number, side: [table_clip(number, side, FRAMES, use)], OutlinedClip, side, range(count)
    )


def row(kappa: int) -> str:
    """Name of the net that sees so many neighbouring frames."""
    return f"kappa {kappa}"


def fold_sizes(subjects: int, folds: int) -> list[int]:
    """Of contiguous folds by subject, the larger ones first, as the challenge splits them.

    Examples
    --------
    >>> fold_sizes(145, 3), fold_sizes(145, 7)
    ([49, 48, 48], [21, 21, 21, 21, 21, 20, 20])
    """
    return [subjects // folds + (k < subjects % folds) for k in range(folds)]


def folds(preset: Preset, subjects: Sequence[str]) -> Iterator[Fold]:
    """The folds of every (kappa, number of folds)."""
    for kappa, count in preset.folds:
        first = 0
        for k, size in enumerate(fold_sizes(len(subjects), count)):
            tested = tuple(subjects[first : first + size])
            learned = tuple(s for s in subjects if s not in tested)
            yield Fold(f"kappa-{kappa}-{count}-{k}", learned, tested, rows=(row(kappa),))
            first += size


def train(trial: Trial) -> nn.Module:
    """The net of one kappa."""
    preset, kappa = trial.preset, int(trial.row.split()[1])
    steps = preset.first if trial.first else preset.fold
    rate = preset.recipe.learning_rate if trial.start is None else preset.rate
    recipe = replace(preset.recipe, kappa=kappa, steps=steps, learning_rate=rate)
    return fit(TASK, recipe, trial.items, trial.folder, start=trial.start)


@torch.no_grad()
def predict(net: nn.Module, clip: OutlinedClip, kappa: int) -> Array:
    """What a net predicts of every frame of a slice, (T, 13 or more), as shares."""
    return np.asarray(net.eval()(as_input(clip, kappa))[0][0].double().numpy())


def predict_rows(preset: Preset, nets: Mapping[str, nn.Module], clip: OutlinedClip) -> dict[str, Any]:
    """One net's numbers."""
    return {name: predict(net, clip, int(name.split()[1])) for name, net in nets.items()}


def score(preset: Preset, name: str, found: Any, clip: OutlinedClip, fold: str) -> Iterable[Scored]:
    """A net's numbers beside the truth, in mm2 and mm."""
    kappa, count, k = map(int, fold.split("-")[1:])
    odds = found[:, N_INDICES + 1] - found[:, N_INDICES]
    ours, truth = (in_mm(shares[:, :N_INDICES], clip.pixel_mm) for shares in (found, truth_of(clip)))
    systole, alone = one_stretch(odds).astype(np.int8), (odds > 0).astype(np.int8)
    yield Scored(subject_of(clip.name), kappa, count, k, ours, truth, systole, alone, clip.phase)


def in_mm(shares: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Indices (..., 11) as shares of the 80-pixel side and of its square -> mm and mm2."""
    out = np.asarray(shares, float) * (SIZE * pixel_mm)
    out[..., :2] *= SIZE * pixel_mm
    return out


def lines(s: Scored) -> Iterator[dict[str, Any]]:
    """A line of ``scores.csv`` for every frame."""
    for t in np.flatnonzero(s.known):
        yield {
            "kappa": s.kappa, "folds": s.folds, "fold": s.fold, "subject": s.subject, "frame": int(t),
            "systole": int(s.systole[t]), "systole_true": int(s.true_systole[t]),
        } | {
            f"{name}_{what}": f"{values[t, k]:.3f}"
            for k, name in enumerate(INDICES)
            for what, values in (("found", s.found), ("true", s.truth))
        }  # fmt: skip


def table(result: Result) -> str:
    """Both tables."""
    by_run: dict[tuple[int, int], list[Scored]] = {}
    for s in result.scored:
        by_run.setdefault((s.kappa, s.folds), []).append(s)
    head = f"Preset `{result.preset}`: {result.chosen.text}.\n{result.cohort.text}"
    return tables(by_run, head, result.own_data)


EXPERIMENT = Experiment(
    presets=PRESETS,
    cohort=cohort,
    others=others,
    rows=lambda preset: [row(kappa) for kappa in sorted({kappa for kappa, _ in preset.folds})],
    folds=lambda preset, subjects: list(folds(preset, subjects)),
    train=train,
    predict=predict_rows,
    score=score,
    table=table,
    lines=lines,
    data="the file of LVQuan 2018 (cardiac-dig.mat) or a folder of 2019's",
)
