"""Train the short-axis net on real packs and virtual hearts together.

python -m lvcine.systems.sax.train.sample --packs packs --run runs/sax --minutes 80
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lvcine.systems.sax.prepare import normalise, with_neighbours
from lvcine.systems.sax.recipe import RECIPES, Recipe
from lvcine.systems.sax.train.net import SaxNet
from lvcine.training.loop import Schedule, load_mean, train
from lvcine.training.losses import partial_loss
from lvcine.training.sampler import Sampler
from lvcine.training.split import SUNNYBROOK
from lvcine.training.sunnybrook import ENDO_ONLY, UNLABELLED, LabelledStudy, load

CLIP_FRAMES = (1, 2, 2, 4, 4, 6)
"""Frames per clip, taken in turn: stills, ED-ES pairs and parts of a cycle."""


def real_studies(packs: Path) -> tuple[list[LabelledStudy], list[LabelledStudy]]:
    """(training, choosing) studies; a full cine replaces the stills of its subject."""
    cines = {s.name: s for s in load(packs / "cines.npz")}
    stills = {s.name: s for s in load(packs / "stills.npz")}
    every = stills | cines
    training = [every[n] for n in SUNNYBROOK.training if n in every]
    choosing = [every[n] for n in SUNNYBROOK.choosing if n in every]
    SUNNYBROOK.only("training", [s.name for s in training])
    return training, choosing


def crop(study: LabelledStudy, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The study cut to size x size around the middle of its labels (for choosing only)."""
    drawn = (study.labels != UNLABELLED) & (study.labels % ENDO_ONLY > 0)
    ys, xs = np.nonzero(drawn.any((0, 1)))
    pad = [(0, 0), (0, 0), (size, size), (size, size)]
    y, x = int(ys.mean()) + size // 2, int(xs.mean()) + size // 2
    window = (..., slice(y, y + size), slice(x, x + size))
    return np.pad(study.pixels, pad)[window], np.pad(study.labels, pad)[window]


@torch.no_grad()
def choosing_dice(net: nn.Module, studies: list[LabelledStudy], recipe: Recipe) -> dict[str, float]:
    """Mean Dice per frame: endocardium and, where drawn, epicardium; lost frames count 0."""
    net.eval()
    scores: dict[str, list[float]] = {"endo": [], "epi": []}
    for study in studies:
        pixels, labels = crop(study, recipe.size)
        for z in range(len(pixels)):
            clip = torch.from_numpy(normalise(with_neighbours(pixels, z)))
            found = net(clip, 1).argmax(1).numpy()
            for t in range(len(found)):
                if (labels[z, t] == UNLABELLED).all():
                    continue
                plain = labels[z, t] % ENDO_ONLY
                scores["endo"].append(_dice(found[t] == 1, plain == 1))
                if labels[z, t].max() < ENDO_ONLY:
                    scores["epi"].append(_dice(np.isin(found[t], (1, 2)), plain > 0))
    return {k: round(float(np.mean(v)), 4) for k, v in scores.items() if v}


def scored(checked: dict[str, float]) -> dict[str, float]:
    """With ``score``, the mean of the Dice, by which the best weights of a run are kept."""
    return checked | {"score": float(np.mean(list(checked.values())))}


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max((a | b).sum() + (a & b).sum(), 1))


def fit(
    recipe: Recipe, packs: Path, run: Path, seconds: float, seed: int = 0, start: Path | None = None
) -> nn.Module:
    """Train with ``recipe``; resumes from ``run``, or begins with the weights of the run ``start``."""
    torch.manual_seed(seed)
    training, choosing = real_studies(packs)
    rng = torch.Generator().manual_seed(seed)
    sampler = Sampler(training, packs / "pool", recipe.size, normalise, rng)
    net = SaxNet(recipe)
    if start is not None:
        load_mean(start, net)
    net = net.to(memory_format=torch.channels_last)

    def loss_of(model: nn.Module, step: int) -> Tensor:
        if recipe.real_share < 1 and (step % 100 == 0 or not sampler.virtual):
            sampler.refresh()
        frames = CLIP_FRAMES[step % len(CLIP_FRAMES)]
        clips = max(1, recipe.frames_per_step // frames)
        x, y = sampler.batch(clips, frames, recipe.real_share)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(x.to(memory_format=torch.channels_last), clips)
        return partial_loss(logits, y)

    def check(model: nn.Module, step: int) -> dict[str, float]:
        checked = choosing_dice(model, choosing, recipe)
        # Without real pictures in the training there are none in the choice of its weights either.
        return scored(checked) if recipe.real_share > 0 else checked

    schedule = Schedule(recipe.steps, recipe.learning_rate, recipe.weight_decay, recipe.ema, seconds=seconds)
    return train(net, loss_of, schedule, run, every=250, check=check)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packs", type=Path, default=Path("packs"))
    parser.add_argument("--run", type=Path, default=Path("runs/sax"))
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", choices=sorted(RECIPES), help="default, or finish with --start")
    parser.add_argument("--start", type=Path, help="run whose weights the second part begins with")
    chosen = parser.parse_args()
    recipe = RECIPES[chosen.recipe or ("finish" if chosen.start else "default")]
    fit(recipe, chosen.packs, chosen.run, chosen.minutes * 60, chosen.seed, chosen.start)


if __name__ == "__main__":
    main()
