"""Table I of the paper again: ED/ES only, seven frames, with a moving average, ConvLSTM; folds by subject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lvcine.papers.echo.figure import draw_figure
from lvcine.papers.echo.interpolate import between
from lvcine.papers.echo.recordings import Recording, recordings
from lvcine.papers.echo.score import lines, score
from lvcine.papers.echo.table import table
from lvcine.papers.experiment import Cohort, Experiment, Preset, Trial
from lvcine.study import F32, U8
from lvcine.systems.echo.recipe import BASE, MEMORY, TINY, Loss, Recipe
from lvcine.systems.echo.train.losses import segmentation_loss
from lvcine.systems.echo.train.sample import Batch, Picked, batch_of, pick
from lvcine.systems.echo.train.task import TASK
from lvcine.training.fit import fit
from lvcine.training.loop import Schedule
from lvcine.training.task import same_weights

AVERAGED = 6
"""Frames of the weighted moving average; printed. Weights 6 to 1 into the past; not printed, ours."""
TWO, SEVEN, AVERAGE, WITH_MEMORY = "ED/ES only", "seven frames", "+ moving average", "ConvLSTM"


# Steps and recipe of a net without and with memory; frames and size of the virtual clips.
PRESETS = {
    "full": Preset(
        "the protocol as printed", 174, 10, 0, (0, 0), (8000, 8000), (BASE, MEMORY), 1e-3, scans=(56, 256)
    ),
    "cpu": Preset(
        "20 recordings of 128 x 128 in 5 folds; every fold goes on from nets that learned from 40 other"
        " recordings",
        20, 5, 40, (2400, 400), (150, 60), (BASE, MEMORY), 1e-3, scans=(56, 128),
    ),
    "tiny": Preset(
        "a trial of the code, not of the method", 4, 2, 0, (0, 0), (40, 20), (TINY, TINY), 1e-2,
        scans=(40, 32),
    ),
}  # fmt: skip


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """One beat of each heart."""
    found = recordings(folder, "reporting", preset.subjects, *preset.scans)
    return Cohort(f"{len(found)} virtual recordings, one per subject", found)


def others(preset: Preset, folder: Path) -> Sequence[Recording]:
    """Recordings of hearts that are in no fold."""
    return recordings(folder, "training", preset.beginning, *preset.scans)


def train(trial: Trial) -> nn.Module:
    """One row's net; that with memory goes on from that of seven frames."""
    preset, memory = trial.preset, trial.row == WITH_MEMORY
    steps = (preset.first if trial.first else preset.fold)[memory]
    recipe = replace(
        preset.recipe[memory], size=preset.scans[1], loss=Loss() if memory else Loss(temporal=0.0)
    )
    task = replace(
        TASK,
        sampler=lambda clips, recipe, seed: TableSampler(clips, recipe, seed, trial.row),
        loss=loss,
        schedule=lambda r: Schedule(steps, preset.rate, 1e-4, r.ema, warm_up=min(20, steps // 2)),
        begin=TASK.begin if memory else same_weights,
    )
    start = trial.nets[SEVEN] if memory and trial.start is None else trial.start
    return fit(task, recipe, trial.items, trial.folder, start=start)


def loss(net: nn.Module, batch: Batch, recipe: Recipe) -> Tensor:
    """Of the labels alone: the view is known, as in the paper."""
    return segmentation_loss(net(batch.images, batch.flag)[0], batch.labels, recipe.loss)


class TableSampler:
    """Varied clips with the labels that a row's readers drew: two frames, seven, or all by interpolation."""

    def __init__(self, clips: Sequence[Recording], recipe: Recipe, seed: int, row: str) -> None:
        self.clips, self.size = list(clips), recipe.size
        self.rng = torch.Generator().manual_seed(seed + 1)
        memory = row == WITH_MEMORY
        self.shape = (2, recipe.frames // 2) if memory else (8, 1)
        self.frames = [c.labelled[[0, 3]] if row == TWO else c.labelled for c in clips]
        self.labels = [
            between(c.labels[c.labelled], c.labelled, len(c.labels)) if memory else c.labels for c in clips
        ]

    def __call__(self, step: int) -> Batch:
        return batch_of(self._picked(*self.shape), self.size, self.rng)

    def _picked(self, clips: int, frames: int) -> Iterator[Picked]:
        for _ in range(clips):
            k = pick(len(self.clips), self.rng)
            clip = self.clips[k]
            if frames == 1:
                order = self.frames[k][[pick(len(self.frames[k]), self.rng)]]
            else:
                start = pick(max(1, len(clip.pixels) - frames + 1), self.rng)
                order = np.minimum(start + np.arange(frames), len(clip.pixels) - 1)
            yield clip.pixels[order], self.labels[k][order], clip.view


@torch.no_grad()
def predict(preset: Preset, nets: Mapping[str, nn.Module], clip: Recording) -> dict[str, U8]:
    """Row -> labels (T, Y, X)."""
    x = torch.from_numpy(clip.pixels).float()[None, :, None] / 255
    flag = torch.tensor([float(clip.view == "A3C")])
    p = {row: net(x, flag)[0][0].softmax(1).numpy() for row, net in nets.items()}
    p[AVERAGE] = averaged(p[SEVEN])
    return {row: p[row].argmax(1).astype(np.uint8) for row in (TWO, SEVEN, AVERAGE, WITH_MEMORY)}


def averaged(p: F32) -> F32:
    """Likelihoods (T, ...) averaged with those of the frames before, the nearer the more.

    Examples
    --------
    >>> averaged(np.array([0.0, 0.0, 0.0, 0.0, 0.0, 21.0], np.float32)).round(3).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 6.0]
    """
    out = np.zeros_like(p)
    for t in range(len(p)):
        weights = np.arange(AVERAGED, 0, -1, dtype=np.float32)[: t + 1]
        out[t] = np.tensordot(weights / weights.sum(), p[t - len(weights) + 1 : t + 1][::-1], 1)
    return out


EXPERIMENT = Experiment(
    presets=PRESETS,
    cohort=cohort,
    others=others,
    rows=lambda preset: (TWO, SEVEN, WITH_MEMORY),
    train=train,
    predict=predict,
    score=lambda preset, row, predicted, clip, fold: [score(predicted, clip, row)],
    lines=lines,
    table=table,
    figure=lambda file, preset, clips, predicted: draw_figure(file, clips, predicted, SEVEN, WITH_MEMORY),
    no_data="this table runs on virtual recordings only: no public set has seven labelled frames of a beat",
)
