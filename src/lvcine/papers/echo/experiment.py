"""Table I of the paper again: ED/ES only, seven frames, with a moving average, ConvLSTM; folds by subject."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lvcine.errors import UsageError
from lvcine.output import whole_text, write_whole
from lvcine.papers.echo.figure import draw_figure
from lvcine.papers.echo.interpolate import between
from lvcine.papers.echo.recordings import Recording, recordings
from lvcine.papers.echo.score import RecordingScore, bends, score
from lvcine.papers.echo.table import table
from lvcine.study.progress import Progress, Units
from lvcine.systems.echo.recipe import BASE, MEMORY, TINY, VIEWS, Loss, Recipe
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.losses import echo_loss
from lvcine.systems.echo.train.net import EchoNet, grown
from lvcine.systems.echo.train.norms import COUNTED, count_norms, hold_norms
from lvcine.training.loop import Schedule, train
from lvcine.training.split import Split

U8 = NDArray[np.uint8]
AVERAGED = 6
"""Frames of the weighted moving average; printed. Weights 6 to 1 into the past; not printed, ours."""
NETS = ("ED/ES only", "seven frames", "ConvLSTM")
ROWS = ("ED/ES only", "seven frames", "+ moving average", "ConvLSTM")


@dataclass(frozen=True)
class Preset:
    """How much of the protocol is run.

    Attributes
    ----------
    text : str
    recordings, folds : int
    beginning : int
        Recordings of other hearts that one net a row learns from before the folds go on from it; 0: every
        fold from random weights, as printed.
    first, fold : (int, int)
        Steps of a net without and with memory, before the folds and in each.
    rate : float
    base, memory : Recipe
    frames, size : int
        Of the virtual clips.
    """

    text: str
    recordings: int
    folds: int
    beginning: int
    first: tuple[int, int]
    fold: tuple[int, int]
    rate: float = 1e-3
    base: Recipe = BASE
    memory: Recipe = MEMORY
    frames: int = 56
    size: int = 256


PRESETS = {
    "full": Preset("the protocol as printed", 174, 10, 0, (0, 0), (8000, 8000)),
    "cpu": Preset(
        "20 recordings of 128 x 128 in 5 folds; every fold goes on from nets that learned from 40 other"
        " recordings",
        20, 5, 40, (2400, 400), (150, 60), size=128,
    ),
    "tiny": Preset(
        "a trial of the code, not of the method", 4, 2, 0, (0, 0), (40, 20), 1e-2,
        TINY, TINY, 40, 32,
    ),
}  # fmt: skip


def reproduce(
    output: Path, *, preset: str = "cpu", data: Path | None = None, progress: Progress | None = None
) -> Path:
    """Run the table; recordings, nets and scores that are there already are not made again.

    Parameters
    ----------
    output : Path
        Gets ``table.md``, ``scores.csv``, ``figure.png`` and what a stopped run goes on from.
    preset : {"cpu", "full", "tiny"}
    data : Path, optional
        Not taken yet: seven labelled frames of a beat are in no public data set.
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
        raise UsageError("this table runs on virtual recordings only", advice="leave --data out")
    chosen = PRESETS[preset]
    told = Units(progress, (chosen.folds + bool(chosen.beginning)) * len(NETS))
    cohort = recordings(output / "cohort", "reporting", chosen.recordings, chosen.frames, chosen.size)
    begun: dict[str, EchoNet] = {}
    if chosen.beginning:
        others = recordings(output / "cohort", "training", chosen.beginning, chosen.frames, chosen.size)
        begun = _nets(chosen, others, output / "beginning", chosen.first, {}, told)
    scored: dict[str, list[tuple[str, RecordingScore]]] = {row: [] for row in ROWS}
    shown: dict[str, list[U8]] = {row: [] for row in ROWS}
    order: list[Recording] = []
    for k in range(chosen.folds):
        test = cohort[k :: chosen.folds]
        train_on = [r for r in cohort if r not in test]
        Split(tuple(r.subject for r in train_on), (), tuple(r.subject for r in test))
        nets = _nets(chosen, train_on, output / f"fold-{k}", chosen.fold, begun, told)
        for one in test:
            order.append(one)
            for row, found in _found(nets, one).items():
                scored[row].append((one.subject, score(found, one)))
                shown[row].append(found)
    output.mkdir(parents=True, exist_ok=True)
    true_bends = np.concatenate([bends(r.labels, r.labels) for r in cohort], 1)
    _write(output / "scores.csv", scored)
    draw_figure(output / "figure.png", order, shown, "seven frames", "ConvLSTM")
    return write_whole(output / "table.md", table(scored, true_bends, preset, chosen.text))


def _nets(
    preset: Preset, clips: Sequence[Recording], folder: Path, steps: tuple[int, int],
    begun: dict[str, EchoNet], told: Units,
) -> dict[str, EchoNet]:  # fmt: skip
    nets: dict[str, EchoNet] = {}
    for row in NETS:
        told(f"{folder.name}: {row}")
        memory = row == "ConvLSTM"
        start = begun.get(row) or (nets["seven frames"] if memory else None)
        nets[row] = fit(row, preset, clips, folder / row.replace("/", "-"), steps[memory], start)
    return nets


def fit(
    row: str, preset: Preset, clips: Sequence[Recording], run: Path, steps: int, start: EchoNet | None
) -> EchoNet:
    """Train the net of a row on what its readers labelled; resumes from ``run``."""
    torch.manual_seed(0)
    memory = row == "ConvLSTM"
    recipe = preset.memory if memory else preset.base
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = grown(start, recipe) if start is not None else EchoNet(recipe)
    net = net.to(device).to(memory_format=torch.channels_last)
    sampler = _Sampler(row, clips, torch.Generator().manual_seed(1))
    goes_on = memory and start is not None
    if goes_on and not (run / "last.pt").is_file():
        count_norms(net, (sampler.batch(2, recipe.frames // 2)[0].to(device) for _ in range(COUNTED)))

    def loss_of(model: nn.Module, step: int) -> Tensor:
        x, y, views = sampler.batch(2, recipe.frames // 2) if memory else sampler.batch(8, 1)
        if goes_on:
            hold_norms(model)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits, _, _ = model(x.to(device), (views == 2).float().to(device))
        return echo_loss(logits, y.to(device), Loss() if memory else Loss(temporal=0.0))

    schedule = Schedule(steps, preset.rate, 1e-4, recipe.ema, warm_up=min(20, steps // 2))
    trained = train(net, loss_of, schedule, run, every=max(steps, 1)).cpu().eval()
    assert isinstance(trained, EchoNet)
    return trained


class _Sampler:
    """Varied clips with the labels that a row's readers drew: two frames, seven, or all by interpolation."""

    def __init__(self, row: str, clips: Sequence[Recording], rng: torch.Generator) -> None:
        self.rng, self.clips = rng, list(clips)
        self.frames = [(c.labelled[0], c.labelled[3]) if row == NETS[0] else c.labelled for c in clips]
        if row == "ConvLSTM":
            drawn = [between(c.labels[list(c.labelled)], c.labelled, len(c.labels)) for c in clips]
            self.labels = drawn
        else:
            self.labels = [c.labels for c in clips]

    def batch(self, clips: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (clips, frames, 1, Y, X), labels (clips, frames, Y, X), views (clips,)."""
        images, labels, views = [], [], []
        for _ in range(clips):
            k = self._pick(len(self.clips))
            clip = self.clips[k]
            if frames == 1:
                order = np.array([self.frames[k][self._pick(len(self.frames[k]))]])
            else:
                start = self._pick(max(1, len(clip.pixels) - frames + 1))
                order = np.minimum(start + np.arange(frames), len(clip.pixels) - 1)
            x = torch.from_numpy(clip.pixels[order]).float() / 255
            x, y = vary(x, torch.from_numpy(self.labels[k][order].astype(np.int64)), self.rng)
            images.append(x)
            labels.append(y)
            views.append(VIEWS.index(clip.view))
        return torch.stack(images)[:, :, None], torch.stack(labels), torch.tensor(views)

    def _pick(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.rng))


@torch.no_grad()
def _found(nets: dict[str, EchoNet], clip: Recording) -> dict[str, U8]:
    """Row -> labels (T, Y, X)."""
    x = torch.from_numpy(clip.pixels).float()[None, :, None] / 255
    flag = torch.tensor([float(clip.view == "A3C")])
    p = {row: net(x, flag)[0][0].softmax(1).numpy() for row, net in nets.items()}
    p["+ moving average"] = averaged(p["seven frames"])
    return {row: p[row].argmax(1).astype(np.uint8) for row in ROWS}


def averaged(p: NDArray[np.float32]) -> NDArray[np.float32]:
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


def _write(file: Path, scored: dict[str, list[tuple[str, RecordingScore]]]) -> None:
    with whole_text(file) as stream:
        writer = csv.writer(stream)
        writer.writerow(["row", "subject", "structure", "dice", "hausdorff_mm", "flicker", "large_error"])
        for row, of in scored.items():
            for subject, s in of:
                for name in s.dice:
                    writer.writerow(
                        [
                            row,
                            subject,
                            name,
                            s.dice[name],
                            s.hausdorff_mm[name],
                            s.flicker,
                            int(s.large_error),
                        ]
                    )
