"""Train the ultrasound nets on virtual clips.

python -m lvcine.systems.echo.train.sample --recipe base --run runs/echo-base --minutes 60
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lvcine.systems.echo.recipe import RECIPES, VIEWS, Recipe
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.data import UNTRACED, view_of
from lvcine.systems.echo.train.losses import LV_ONLY, echo_loss
from lvcine.systems.echo.train.net import EchoNet, grown
from lvcine.systems.echo.train.norms import COUNTED, count_norms, hold_norms
from lvcine.training.loop import Schedule, load_mean, train


@dataclass
class Sampler:
    """Draws clips from a pool, varied; the pool may grow while training."""

    pool: Path
    recipe: Recipe
    rng: torch.Generator

    def batch(self, clips: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures (clips, frames, 1, Y, X), labels (clips, frames, Y, X), views (clips,)."""
        files = sorted(self.pool.glob("*.npy"))
        images, labels, views = [], [], []
        for _ in range(clips):
            file = files[self._pick(len(files))]
            stored = np.load(file, mmap_mode="r")
            step = self.recipe.step[self._pick(len(self.recipe.step))]
            step = min(step, max(1, stored.shape[1] // frames))
            start = self._pick(max(1, stored.shape[1] - step * (frames - 1)))
            if frames == 1 and self._pick(5) < 2:
                start = smallest(stored[1])
            order = np.minimum(start + step * np.arange(frames), stored.shape[1] - 1)
            pixels, truth = (np.array(stored[k, order]) for k in (0, 1))
            x = torch.from_numpy(pixels).float() / 255
            truth = np.where(truth == UNTRACED, -1, truth.astype(np.int64))
            x, y = vary(x, torch.from_numpy(truth), self.rng)
            images.append(x)
            labels.append(y)
            views.append(VIEWS.index(view_of(file)))
        return torch.stack(images)[:, :, None], torch.stack(labels), torch.tensor(views)

    def _pick(self, n: int) -> int:
        return int(torch.randint(n, (), generator=self.rng))


def smallest(labels: NDArray[np.uint8]) -> int:
    """The frame, of labels (T, Y, X), whose ventricle is the smallest that is traced.

    Two of five pictures that single-frame nets learn from: few frames of a beat are near ES, and a net that
    sees them as seldom as they come draws their cavities too large, EF too low.
    """
    areas = (labels % LV_ONLY == 1).sum((1, 2))
    return int(np.where(areas > 0, areas, areas.max() + 1).argmin())


def _sometimes_unknown(flag: Tensor, rng: torch.Generator) -> Tensor:
    """The view's flag, unknown in two of five clips: a user need not say it."""
    return torch.where(torch.rand(flag.shape, generator=rng) < 0.4, 0.5, flag)


def fit(
    recipe: Recipe,
    pool: Path,
    run: Path,
    steps: int,
    seconds: float,
    seed: int = 0,
    start: EchoNet | None = None,
    rate: float = 2e-3,
) -> nn.Module:
    """Train; resumes from ``run``, or begins as what ``start`` has learned."""
    torch.manual_seed(seed)
    net = grown(start, recipe) if start is not None else EchoNet(recipe)
    net = net.to(memory_format=torch.channels_last)
    sampler = Sampler(pool, recipe, torch.Generator().manual_seed(seed))
    clips, frames = (2, recipe.frames // 2) if recipe.memory else (8, 1)
    if start is not None and not (run / "last.pt").is_file():
        count_norms(net, (sampler.batch(2, frames)[0] for _ in range(COUNTED)))

    def loss_of(model: nn.Module, step: int) -> Tensor:
        x, y, views = sampler.batch(clips, frames)
        if start is not None:
            hold_norms(model)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, view, _ = model(x, _sometimes_unknown((views == 2).float(), sampler.rng))
        guess = nn.functional.cross_entropy(view.float().flatten(0, 1), views.repeat_interleave(frames))
        return echo_loss(logits, y, recipe.loss) + 0.1 * guess

    schedule = Schedule(steps, rate, 1e-4, recipe.ema, warm_up=50, seconds=seconds)
    return train(net, loss_of, schedule, run, every=50 if recipe.memory else 250)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/echo"))
    parser.add_argument("--run", type=Path, default=Path("runs/echo"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="base")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="run whose weights this one begins with")
    parser.add_argument("--start-recipe", choices=sorted(RECIPES), default="base", help="of that run")
    chosen = parser.parse_args()
    start = EchoNet(RECIPES[chosen.start_recipe]) if chosen.start else None
    if start is not None:
        load_mean(chosen.start, start)
    fit(
        RECIPES[chosen.recipe], chosen.pool, chosen.run, chosen.steps, chosen.minutes * 60, chosen.seed,
        start, chosen.rate,
    )  # fmt: skip


if __name__ == "__main__":
    main()
