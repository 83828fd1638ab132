"""Table 1 of the paper again: no learning, each frame alone, an LSTM without and with the temporal loss."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lvcine.papers.experiment import Cohort, Experiment, Preset, Trial, virtual_items
from lvcine.papers.frames.baselines import BASELINES
from lvcine.papers.frames.mask_baseline import mask_extremes
from lvcine.papers.frames.table import Scored, table
from lvcine.systems.frames.decode import best_fit, extremes, nearest
from lvcine.systems.frames.prepare import scaled
from lvcine.systems.frames.recipe import LIGHT, PAPER, TINY
from lvcine.systems.frames.train.data import LabelledClip, cycles_of
from lvcine.systems.frames.train.sample import Sampler
from lvcine.systems.frames.train.task import TASK
from lvcine.training.fit import fit
from lvcine.training.items import subject_of

FRAMES = 20
"""Of a cine; as printed."""


@dataclass(frozen=True)
class Row:
    """A net of the table: how it differs from the preset's recipe."""

    memory: bool
    temporal: bool
    both_ways: bool = False


NETS = {
    "CNN + regression": Row(memory=False, temporal=False),
    "LSTM, no temporal loss": Row(memory=True, temporal=False),
    "LSTM, temporal loss": Row(memory=True, temporal=True),
    "ours: both ways, temporal loss": Row(memory=True, temporal=True, both_ways=True),
}
FITTED = "ours, best fit of the curve"
"""The last net once more, its curve read as a whole instead of at its extremes."""
BY_MASKS, FITTED_SAX = "masks of `sax`, short axis alone", "ours, best fit, short axis alone"

Found = tuple[int, int, float]
"""ED, ES and the seconds that it took."""


PRESETS = {
    "full": Preset("the protocol as printed, with its encoder", 420, 4, 0, 0, 20000, PAPER, 1e-4),
    "cpu": Preset(
        "48 patients in 4 folds, the light encoder at 128 pixels; every fold goes on from nets that learned "
        "from 120 other patients",
        48, 4, 120, 900, 60, replace(LIGHT, both_ways=False), 5e-4,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method", 4, 2, 0, 0, 60, replace(TINY, both_ways=False, frames=20),
        5e-3,
    ),
}  # fmt: skip


def cohort(preset: Preset, folder: Path, data: Path | None) -> Cohort:
    """Gated cines of virtual patients, of every view, ED and ES at any frame."""
    make = partial(cycles_of, frames=FRAMES)
    text = f"{preset.subjects} virtual patients, gated cines of {FRAMES} frames, short axis and long axes"
    return Cohort(text, virtual_items(folder, make, LabelledClip, "reporting", range(preset.subjects)))


def others(preset: Preset, folder: Path) -> Sequence[LabelledClip]:
    """Cines of patients that are in no fold."""
    make = partial(cycles_of, frames=FRAMES, use="frames-table")
    return virtual_items(folder, make, LabelledClip, "training", range(preset.beginning))


def train(trial: Trial) -> nn.Module:
    """One row's net."""
    preset, row = trial.preset, NETS[trial.row]
    recipe = replace(
        preset.recipe, hidden=preset.recipe.hidden * row.memory, both_ways=row.both_ways,
        beta=preset.recipe.beta * row.temporal,
    )  # fmt: skip
    task = replace(TASK, sampler=partial(Sampler, fixed_frames=True))
    return fit(
        task, recipe, trial.items, trial.folder, start=trial.start,
        steps=preset.first if trial.first else preset.fold,
        rate=preset.rate if trial.start is not None else None,
    )  # fmt: skip


def predict(preset: Preset, nets: Mapping[str, nn.Module], clip: LabelledClip) -> Iterator[tuple[str, Found]]:
    """ED and ES by every net: at its curve's extremes, and of the last by the curve's best fit."""
    for row, net in nets.items():
        curve = partial(curve_of, net, preset.recipe.size)
        yield row, timed(clip, partial(_at_extremes, curve))
        if NETS[row].both_ways:
            fitted = timed(clip, partial(_by_best_fit, curve))
            yield FITTED, fitted
            if is_short_axis(clip):
                yield FITTED_SAX, fitted


def _at_extremes(curve: Callable[[np.ndarray], np.ndarray], pixels: np.ndarray) -> tuple[int, int]:
    return extremes(curve(pixels))


def _by_best_fit(curve: Callable[[np.ndarray], np.ndarray], pixels: np.ndarray) -> tuple[int, int]:
    return best_fit(curve(pixels)).frames(len(pixels))


@torch.no_grad()
def curve_of(net: nn.Module, size: int, pixels: np.ndarray) -> np.ndarray:
    """The net's curve (T,) of a gated cine (T, Y, X)."""
    x = torch.from_numpy(scaled(pixels.astype(np.float32)))[None]
    if size != x.shape[-1]:
        x = nn.functional.interpolate(x, (size, size), mode="bilinear", align_corners=False)
    return np.asarray(net.eval()(x, closed=True)[0].double().numpy())


def timed(clip: LabelledClip, find: Callable[[np.ndarray], tuple[int, int]]) -> Found:
    """What a way to find ED and ES finds, and how long it takes."""
    started = time.perf_counter()
    ed, es = find(clip.pixels)
    return ed, es, time.perf_counter() - started


def is_short_axis(clip: LabelledClip) -> bool:
    """Whether a clip shows the short axis."""
    return "~SAX" in clip.name


def without_nets(preset: Preset, patients: Cohort) -> Iterator[Scored]:
    """What needs no learning here; the masks of `sax` on the short axis alone."""
    for clip in patients.items:
        for name, find in BASELINES.items():
            yield from score(preset, name, timed(clip, find), clip, "")
        if is_short_axis(clip):
            yield from score(preset, BY_MASKS, timed(clip, partial(_by_masks, clip)), clip, "")


def _by_masks(clip: LabelledClip, pixels: np.ndarray) -> tuple[int, int]:
    """Where no ventricle is found, the frames lie as far off as they can: a failure, no skipped case."""
    count = len(pixels)
    found = mask_extremes(pixels, clip.pixel_mm)
    ed, es = found or [(f + count // 2) % count for f in marked(clip)]
    return ed, es


def marked(clip: LabelledClip) -> tuple[int, int]:
    """ED and ES as a reader marks them: the nearest frames."""
    count = len(clip.pixels)
    return nearest(clip.eds[0], count), nearest(clip.ess[0], count)


def score(preset: Preset, row: str, found: Found, clip: LabelledClip, fold: str) -> Iterable[Scored]:
    """Frames from the true ones, round the cycle and along the file."""
    count = len(clip.pixels)
    plain = [abs(a - b) for a, b in zip(found[:2], marked(clip), strict=True)]
    ed, es = (min(d, count - d) for d in plain)
    yield Scored(row, subject_of(clip.name), clip.name, ed, es, plain[0], plain[1], found[2])


EXPERIMENT = Experiment(
    presets=PRESETS,
    cohort=cohort,
    others=others,
    rows=lambda preset: list(NETS),
    train=train,
    predict=lambda preset, nets, clip: dict(predict(preset, nets, clip)),
    score=score,
    without_nets=without_nets,
    table=lambda result: table(result.scored, result.preset, result.chosen.text, FRAMES),
    no_data="this table runs on virtual patients only: no public set has ED and ES of every view",
)
