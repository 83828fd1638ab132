"""Tables 1 and 2 of the paper again: kappa 1, 3, 5, 7, and 3, 5, 7 folds by subject."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import nn

from lvcine.errors import UsageError
from lvcine.measure.lvquan_indices import INDICES, one_stretch
from lvcine.output import whole_text, write_whole
from lvcine.papers.quantification.cohort import FRAMES, SUBJECTS, folds_of, virtual_lvquan
from lvcine.papers.quantification.lvquan import UNKNOWN_MM, clips_of_file
from lvcine.papers.quantification.score import Scored
from lvcine.papers.quantification.table import tables
from lvcine.study.progress import Progress, Units
from lvcine.systems.quantification.recipe import DEFAULT, PAPER, SIZE, TINY, TOLD, Recipe
from lvcine.systems.quantification.train.data import OutlinedClip
from lvcine.systems.quantification.train.losses import fit, predict
from lvcine.systems.quantification.train.sample import truth_of
from lvcine.training.split import Split

FOR_TABLES = 5_000
"""Numbers of the hearts that nets of the table begin with; no pool reaches them."""


@dataclass(frozen=True)
class Preset:
    """How much of the protocol is run.

    Attributes
    ----------
    text : str
    subjects : int
    runs : tuple of (kappa, folds)
    beginning : int
        Other subjects that one net of each kappa learns from before the folds go on from it; 0: every fold
        from random weights, as printed.
    first, fold : int
        Steps before the folds and in each.
    recipe : Recipe
    rate : float
        Learning rate of the folds.
    """

    text: str
    subjects: int
    runs: tuple[tuple[int, int], ...]
    beginning: int
    first: int
    fold: int
    recipe: Recipe
    rate: float


_ALL = ((1, 5), (3, 5), (5, 5), (7, 5), (5, 3), (5, 7))
PRESETS = {
    "full": Preset("the net, loss and optimiser as printed", SUBJECTS, _ALL, 0, 0, 20000, PAPER, 1e-4),
    "cpu": Preset(
        "our net and recipe (docs/methods/quantification.md); each fold goes on from a net that learned from 290 "
        "other virtual subjects",
        SUBJECTS, _ALL, 290, 500, 70, replace(DEFAULT, varied=False), 5e-4,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method", 6, ((1, 5), (5, 5)), 0, 0, 40, TINY, 5e-3
    ),
}  # fmt: skip


def reproduce(
    output: Path, *, preset: str = "cpu", data: Path | None = None, progress: Progress | None = None
) -> Path:
    """Run both tables; subjects and nets that are there already are not made again.

    Parameters
    ----------
    output : Path
        Gets ``table.md``, ``scores.csv`` and what a stopped run goes on from.
    preset : {"cpu", "full", "tiny"}
    data : Path, optional
        The file of LVQuan 2018 (``cardiac-dig.mat``) or a folder of 2019's; virtual subjects without it.
    progress : callable, optional
        Called with (what is done, units done, units in all).

    Raises
    ------
    UsageError
        No such preset.
    ReadError
        ``data`` is no such file.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!r}", advice=f"one of {', '.join(PRESETS)}")
    chosen = PRESETS[preset]
    kappas = sorted({kappa for kappa, _ in chosen.runs})
    told = Units(progress, sum(f for _, f in chosen.runs) + (len(kappas) + 1) * bool(chosen.beginning) + 1)
    told("subjects")
    cohort = clips_of_file(data) if data else virtual_lvquan(output / "cohort", "reporting", chosen.subjects)
    begun: dict[int, nn.Module] = {}
    if chosen.beginning:
        told("other subjects")
        others = virtual_lvquan(output / "cohort", "training", chosen.beginning, FOR_TABLES)
        for kappa in kappas:
            told(f"kappa {kappa}: before the folds")
            recipe = replace(chosen.recipe, kappa=kappa, steps=chosen.first)
            begun[kappa] = fit(recipe, others, output / "beginning" / f"kappa-{kappa}")
    scored: dict[tuple[int, int], list[Scored]] = {}
    for kappa, folds in chosen.runs:
        scored[kappa, folds] = []
        for k, part in enumerate(folds_of(len(cohort), folds)):
            told(f"kappa {kappa}, fold {k + 1} of {folds}")
            run = output / f"kappa-{kappa}-{folds}-{k}"
            scored[kappa, folds] += _fold(chosen, kappa, cohort, part, k, run, begun.get(kappa))
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "scores.csv", scored)
    return write_whole(output / "table.md", tables(scored, _head(chosen, preset, cohort, data), bool(data)))


def _fold(
    preset: Preset, kappa: int, cohort: Sequence[OutlinedClip], part: slice, number: int, run: Path,
    begun: nn.Module | None,
) -> list[Scored]:  # fmt: skip
    test = list(cohort[part])
    train_on = [clip for clip in cohort if all(clip is not other for other in test)]
    Split(tuple({c.subject for c in train_on}), (), tuple({c.subject for c in test}))
    rate = preset.rate if begun is not None else preset.recipe.learning_rate
    recipe = replace(preset.recipe, kappa=kappa, steps=preset.fold, learning_rate=rate)
    net = fit(recipe, train_on, run, start=begun)
    return [scored_by(net, clip, kappa, number) for clip in test]


def scored_by(net: nn.Module, clip: OutlinedClip, kappa: int, fold: int = 0) -> Scored:
    """A net's reading of one slice beside the truth, in mm2 and mm."""
    told = predict(net, clip, kappa)
    odds = told[:, TOLD + 1] - told[:, TOLD]
    found, truth = (in_mm(shares[:, :TOLD], clip.pixel_mm) for shares in (told, truth_of(clip)))
    systole, alone = one_stretch(odds).astype(np.int8), (odds > 0).astype(np.int8)
    return Scored(clip.subject, fold, found, truth, systole, alone, clip.phase)


def in_mm(shares: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Indices (..., 11) as shares of the 80-pixel side and of its square -> mm and mm2."""
    out = np.asarray(shares, float) * (SIZE * pixel_mm)
    out[..., :2] *= SIZE * pixel_mm
    return out


def _head(chosen: Preset, preset: str, cohort: Sequence[OutlinedClip], data: Path | None) -> str:
    whose = "from the user's file" if data else f"virtual, one slice of {FRAMES} frames each"
    return (
        f"Preset `{preset}`: {chosen.text}.\n{len({c.subject for c in cohort})} subjects, {whose}. Folds are "
        "contiguous by subject; each subject is tested once."
        + (_PIXELS if data and all(c.pixel_mm == UNKNOWN_MM for c in cohort) else "")
    )


_PIXELS = " The file has no pixel spacing: read mm as pixels of its pictures."


def _write(file: Path, scored: dict[tuple[int, int], list[Scored]]) -> None:
    with whole_text(file) as stream:
        writer = csv.writer(stream)
        found = [f"{name}_{what}" for name in INDICES for what in ("found", "true")]
        writer.writerow(["kappa", "folds", "fold", "subject", "frame", "systole", "systole_true", *found])
        for (kappa, folds), several in scored.items():
            for s in several:
                for t in np.flatnonzero(s.known):
                    pairs = [f"{v:.3f}" for pair in zip(s.found[t], s.truth[t], strict=True) for v in pair]
                    phases = (int(s.systole[t]), int(s.true_systole[t]))
                    writer.writerow([kappa, folds, s.fold, s.subject, int(t), *phases, *pairs])
