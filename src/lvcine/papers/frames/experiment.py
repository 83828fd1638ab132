"""Table 1 of the paper again: no learning, each frame alone, an LSTM without and with the temporal loss."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lvcine.errors import UsageError
from lvcine.output import whole_text, write_whole
from lvcine.papers.frames.baselines import RIVALS
from lvcine.papers.frames.cohort import FRAMES, Patient, marked, patients
from lvcine.papers.frames.table import Scored, table
from lvcine.study.progress import Progress, Units
from lvcine.systems.frames.decode import best_fit, extremes
from lvcine.systems.frames.prepare import scaled
from lvcine.systems.frames.recipe import LIGHT, PAPER, TINY, Recipe
from lvcine.systems.frames.train.data import FOR_TABLES, LabelledClip
from lvcine.systems.frames.train.sample import fit
from lvcine.training.split import Split

U8 = np.ndarray


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
Masks = Callable[[U8, float], tuple[int, int] | None]
"""ED and ES of a short-axis slice (T, Y, X) with pixels so wide (mm) by outlines; None: it found no LV."""
BESIDE, BESIDE_FITTED = "masks of `sax`, short axis alone", "ours, best fit, short axis alone"


@dataclass(frozen=True)
class Preset:
    """How much of the protocol is run.

    Attributes
    ----------
    text : str
    patients, folds : int
    beginning : int
        Other patients that one net a row learns from before the folds go on from it; 0: every fold from
        random weights, as printed.
    first, fold : int
        Steps before the folds and in each.
    recipe : Recipe
    rate : float
        Learning rate of the folds.
    """

    text: str
    patients: int
    folds: int
    beginning: int
    first: int
    fold: int
    recipe: Recipe
    rate: float


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


def reproduce(
    output: Path, *, preset: str = "cpu", data: Path | None = None, progress: Progress | None = None,
    beside: Masks | None = None,
) -> Path:  # fmt: skip
    """Run the table; patients and nets that are there already are not made again.

    Parameters
    ----------
    output : Path
        Gets ``table.md``, ``scores.csv`` and what a stopped run goes on from.
    preset : {"cpu", "full", "tiny"}
    data : Path, optional
        Not taken: no public set has ED and ES of every view.
    progress : callable, optional
        Called with (what is done, units done, units in all).
    beside : callable, optional
        Finds ED and ES of a short-axis slice by its outlines, for a row of its own.

    Raises
    ------
    UsageError
        No such preset, or ``data``.
    """
    if preset not in PRESETS:
        raise UsageError(f"no preset is called {preset!r}", advice=f"one of {', '.join(PRESETS)}")
    if data is not None:
        raise UsageError("this table runs on virtual patients only", advice="leave --data out")
    chosen = PRESETS[preset]
    told = Units(progress, (chosen.folds + bool(chosen.beginning)) * len(NETS) + 1)
    cohort = patients(output / "cohort", "reporting", chosen.patients)
    begun: dict[str, nn.Module] = {}
    if chosen.beginning:
        others = patients(output / "cohort", "training", chosen.beginning, FOR_TABLES)
        begun = _nets(chosen, others, output / "beginning", chosen.first, {}, told)
    told("without learning")
    scored = [s for one in cohort for name, find in RIVALS.items() for s in _scores(name, one, find)]
    if beside is not None:
        scored += [s for one in cohort for s in _by_masks(one, beside)]
    for k in range(chosen.folds):
        test = cohort[k :: chosen.folds]
        train_on = [p for p in cohort if p not in test]
        Split(tuple(p.subject for p in train_on), (), tuple(p.subject for p in test))
        for name, net in _nets(chosen, train_on, output / f"fold-{k}", chosen.fold, begun, told).items():
            scored += [s for one in test for s in _scores(name, one, _Reader(net, chosen.recipe.size, False))]
            if NETS[name].both_ways:
                read = _Reader(net, chosen.recipe.size, True)
                fitted = [s for one in test for s in _scores(FITTED, one, read)]
                both = (*fitted, *(replace(s, row=BESIDE_FITTED) for s in fitted if _is_short_axis(s.clip)))
                scored += both if beside is not None else fitted
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "scores.csv", scored)
    return write_whole(output / "table.md", table(scored, preset, chosen.text, FRAMES))


def _nets(
    preset: Preset, train_on: Sequence[Patient], folder: Path, steps: int, begun: dict[str, nn.Module],
    told: Units,
) -> dict[str, nn.Module]:  # fmt: skip
    clips = [clip for one in train_on for clip in one.clips]
    nets: dict[str, nn.Module] = {}
    for number, (name, row) in enumerate(NETS.items()):
        told(f"{folder.name}: {name}")
        recipe = replace(
            preset.recipe, hidden=preset.recipe.hidden * row.memory, both_ways=row.both_ways, steps=steps,
            learning_rate=preset.rate if begun else preset.recipe.learning_rate,
        )  # fmt: skip
        nets[name] = fit(
            recipe, clips, folder / f"net-{number}", float("inf"),
            beta=recipe.beta * row.temporal, start=begun.get(name), fixed_frames=True,
        )  # fmt: skip
    return nets


class _Reader:
    """ED and ES of a clip by a net: at the curve's extremes, or by its best fit."""

    def __init__(self, net: nn.Module, size: int, fitted: bool) -> None:
        self.net, self.size, self.fitted = net.eval(), size, fitted

    @torch.no_grad()
    def __call__(self, clip: np.ndarray) -> tuple[int, int]:
        x = torch.from_numpy(scaled(clip.astype(np.float32)))[None]
        if self.size != x.shape[-1]:
            x = nn.functional.interpolate(x, (self.size, self.size), mode="bilinear", align_corners=False)
        curve = self.net(x, closed=True)[0].double().numpy()
        return best_fit(curve).frames(len(curve)) if self.fitted else extremes(curve)


def _scores(name: str, one: Patient, find: Callable[[np.ndarray], tuple[int, int]]) -> Iterator[Scored]:
    for clip in one.clips:
        started = time.perf_counter()
        found = find(clip.pixels)
        yield _scored(name, one.subject, clip, found, time.perf_counter() - started)


def _is_short_axis(clip: str) -> bool:
    return "-SAX" in clip


def _by_masks(one: Patient, find: Masks) -> Iterator[Scored]:
    """Where no ventricle is found, the frames lie as far off as they can: a failure, no skipped case."""
    for clip in one.clips:
        if _is_short_axis(clip.name):
            started = time.perf_counter()
            half = len(clip.pixels) // 2
            found = find(clip.pixels, clip.pixel_mm) or tuple((f + half) % (2 * half) for f in marked(clip))
            yield _scored(BESIDE, one.subject, clip, (found[0], found[1]), time.perf_counter() - started)


def _scored(name: str, subject: str, clip: LabelledClip, found: tuple[int, int], seconds: float) -> Scored:
    count = len(clip.pixels)
    plain = [abs(a - b) for a, b in zip(found, marked(clip), strict=True)]
    ed, es = (min(d, count - d) for d in plain)
    return Scored(name, subject, clip.name, ed, es, plain[0], plain[1], seconds)


def _write(file: Path, scored: Sequence[Scored]) -> None:
    with whole_text(file) as stream:
        writer = csv.DictWriter(stream, list(asdict(scored[0])))
        writer.writeheader()
        writer.writerows(asdict(s) for s in scored)
