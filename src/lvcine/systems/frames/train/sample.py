"""Train TempReg-Net on virtual clips of every view.

python -m lvcine.systems.frames.train.sample --recipe light --run runs/frames --minutes 40
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.systems.frames.prepare import scaled
from lvcine.systems.frames.recipe import RECIPES, Recipe
from lvcine.systems.frames.target import target_curve, target_of_clip
from lvcine.systems.frames.train.data import LabelledClip, load_clip
from lvcine.systems.frames.train.losses import regression_loss, temporal_structured_loss
from lvcine.systems.frames.train.net import TempRegNet
from lvcine.systems.frames.train.real import real_cines, subject_of
from lvcine.training.augment import relight
from lvcine.training.loop import Schedule, load_mean, train

FRAMES = (12, 30)
"""Per clip in training, drawn for each batch."""
LEARNED_FROM = "learned_from.json"
"""File of a run: how many virtual clips and which real subjects, for the card."""
MISSING = 0.15
"""Share of the cycle that cines of prospective gating leave out at their end."""
HOLD, READ_AT = 0.1, 0.3
"""Real ventricles wait before they fill, up to this share of the cycle (isovolumic relaxation, 60 to 100 ms);
virtual ones begin to at once. Readers mark ES after this share of the wait: where they see it first."""
REAL_OFTEN = 3
"""A real cine is drawn as often as so many virtual ones; there are about thirty beside nine hundred."""


@dataclass(frozen=True)
class Batch:
    """Pictures (clips, frames, Y, X), target curves and where there are any (clips, frames)."""

    images: Tensor
    target: Tensor
    known: Tensor
    closed: bool


@dataclass
class Sampler:
    """Draws batches of closed cycles or of free-running clips, varied."""

    clips: Sequence[LabelledClip]
    recipe: Recipe
    rng: np.random.Generator
    fixed_frames: bool = False

    def __post_init__(self) -> None:
        self._of = {kind: [c for c in self.clips if c.closed is kind] for kind in (True, False)}
        self._torch = torch.Generator().manual_seed(int(self.rng.integers(2**31)))

    def batch(self) -> Batch:
        """All clips of a batch have as many frames and are closed or not alike."""
        kinds = [kind for kind, clips in self._of.items() if clips]
        closed = kinds[0] if len(kinds) == 1 else bool(self.rng.random() < 0.65)
        fixed = self.fixed_frames or self.recipe.size <= 32
        frames = self.recipe.frames if fixed else int(self.rng.integers(FRAMES[0], FRAMES[1] + 1))
        images, curves = [], []
        for _ in range(self.recipe.clips):
            clip = self._of[closed][int(self.rng.integers(len(self._of[closed])))]
            order, curve = self._cycle(clip, frames) if closed else self._stretch(clip, frames)
            images.append(self._varied(clip.pixels[order]))
            curves.append(curve)
        target = torch.from_numpy(np.stack(curves)).float()
        return Batch(torch.stack(images), target.nan_to_num(0.0), ~target.isnan(), closed)

    def _cycle(self, clip: LabelledClip, frames: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """``frames`` of a cycle from any start, and their curve; of some the end of diastole is missing."""
        count = len(clip.pixels)
        covered = 1.0 - (self.rng.uniform(0, MISSING) if self.rng.random() < 0.4 else 0.0)
        waits = not self.fixed_frames and self.rng.random() < 0.6
        hold = self.rng.uniform(0, HOLD) if waits else 0.0
        ed, systole = round(float(clip.eds[0])), float((clip.ess[0] - clip.eds[0]) % count) / count
        time = np.arange(frames) * covered / frames
        since_ed = np.floor(held(time, systole, hold) * count + 1e-9)
        # The nearest frame is taken: the curve of the frame that was, not of the one asked for.
        shown = when(since_ed / count, systole, hold)
        es = systole * (1 - hold)
        shown = np.where((time >= es) & (time < es + hold), time, shown)
        fine = 64 * count
        whole = target_curve(fine, 0.0, (es + READ_AT * hold) * fine)
        curve = whole[np.rint(shown * fine).astype(int) % fine]
        turn = int(self.rng.integers(frames))
        return np.roll((ed + since_ed.astype(int)) % count, turn), np.roll(curve, turn)

    def _stretch(self, clip: LabelledClip, frames: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """``frames`` of a clip, every one, second or third; their curve, NaN outside of whole beats."""
        count = len(clip.pixels)
        step = int(self.rng.integers(1, max(1, min(3, count // frames)) + 1))
        start = int(self.rng.integers(max(1, count - step * (frames - 1))))
        order = np.minimum(start + step * np.arange(frames), count - 1)
        return order, target_of_clip(np.arange(count, dtype=float), clip.eds, clip.ess)[order]

    def _varied(self, pixels: NDArray[np.uint8]) -> Tensor:
        x = torch.from_numpy(pixels.astype(np.float32) / 255)[None, :, None]
        x = relight(x, self._torch)[0, :, 0]
        angle, zoom = self.rng.uniform(-math.pi, math.pi), math.exp(self.rng.uniform(-0.3, 0.3))
        mirror = -1.0 if self.rng.random() < 0.5 else 1.0
        c, s = math.cos(angle) * zoom, math.sin(angle) * zoom
        shift = self.rng.normal(0, 0.12, 2)
        turn = torch.tensor([[[c * mirror, -s, shift[0]], [s * mirror, c, shift[1]]]], dtype=torch.float32)
        size = self.recipe.size
        grid = F.affine_grid(turn, [1, 1, size, size], align_corners=False)
        moved = F.grid_sample(x[None], grid, align_corners=False)[0]
        return torch.from_numpy(scaled(moved.numpy()))


def fit(
    recipe: Recipe,
    clips: Sequence[LabelledClip],
    run: Path,
    seconds: float,
    seed: int = 0,
    beta: float | None = None,
    start: nn.Module | None = None,
    fixed_frames: bool = False,
) -> nn.Module:
    """Train; resumes from ``run``, or begins with the weights of ``start``.

    ``beta`` 0 leaves the temporal structured loss out; ``fixed_frames`` gives every clip the recipe's
    number of frames and no wait at ES, as those of the table have.
    """
    torch.manual_seed(seed)
    net = TempRegNet(recipe)
    if start is not None:
        net.load_state_dict(start.state_dict())
    sampler = Sampler(clips, recipe, np.random.default_rng(seed), fixed_frames)
    weight = recipe.beta if beta is None else beta

    def loss_of(model: nn.Module, step: int) -> Tensor:
        batch = sampler.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.size > 32):
            found = model(batch.images, closed=batch.closed).float()
        loss = regression_loss(found, batch.target, batch.known)
        return loss + weight * temporal_structured_loss(found, batch.target, batch.known, closed=batch.closed)

    schedule = Schedule(recipe.steps, recipe.learning_rate, recipe.alpha, 0.995, warm_up=50, seconds=seconds)
    return train(net, loss_of, schedule, run, every=250)


def held(time: NDArray[np.float64], systole: float, hold: float) -> NDArray[np.float64]:
    """Phases of a cycle at shares ``time`` of one that stands still at its ES for a share ``hold``.

    Examples
    --------
    >>> held(np.array([0.0, 0.2, 0.4, 0.45, 0.9]), 0.5, 0.2).round(3)
    array([0.   , 0.25 , 0.5  , 0.5  , 0.875])
    """
    es = systole * (1 - hold)
    return np.asarray(np.where(time < es, time, np.maximum(time - hold, es)) / (1 - hold))


def when(phase: NDArray[np.float64], systole: float, hold: float) -> NDArray[np.float64]:
    """The inverse of :func:`held`: when such a cycle is at a phase; at ES, when it begins to fill.

    Examples
    --------
    >>> when(np.array([0.0, 0.25, 0.5, 0.875]), 0.5, 0.2).round(3)
    array([0. , 0.2, 0.6, 0.9])
    """
    return np.asarray(phase * (1 - hold) + np.where(phase < systole, 0.0, hold))


def note_sources(
    run: Path,
    virtual: Sequence[LabelledClip],
    real: Sequence[LabelledClip],
    start: Path | None = None,
) -> None:
    """Write into a run what it learns from, and the run that it goes on from, for its weights' card."""
    run.mkdir(parents=True, exist_ok=True)
    names = {subject_of(clip) for clip in real}
    before: list[int] = []
    if start is not None:
        earlier = json.loads((start / LEARNED_FROM).read_text(encoding="utf-8"))
        names |= set(earlier["real"])
        last = (start / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1]
        before = [*earlier.get("steps_before", []), json.loads(last)["step"]]
    sources = {"virtual": len(virtual), "real": sorted(names), "steps_before": before}
    (run / LEARNED_FROM).write_text(json.dumps(sources), encoding="utf-8")


def load_pool(folder: Path) -> list[LabelledClip]:
    """All clips of a pool."""
    return [load_clip(file) for file in sorted(folder.glob("*.npz"))]


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/frames"))
    parser.add_argument("--run", type=Path, default=Path("runs/frames"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="light")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="run whose weights this one begins with")
    parser.add_argument("--real", type=Path, help="pack of labelled cines (lvcine.training.sunnybrook)")
    chosen = parser.parse_args()
    real = real_cines(chosen.real) if chosen.real else []
    virtual = load_pool(chosen.pool)
    note_sources(chosen.run, virtual, real, chosen.start)
    clips = virtual + real * REAL_OFTEN
    recipe = RECIPES[chosen.recipe]
    start = load_mean(chosen.start, TempRegNet(recipe)) if chosen.start else None
    fit(recipe, clips, chosen.run, chosen.minutes * 60, chosen.seed, start=start)


if __name__ == "__main__":
    main()
