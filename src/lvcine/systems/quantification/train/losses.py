"""Train the spatio-temporal CNN on outlined slices.

python -m lvcine.systems.quantification.train.losses --recipe default --run runs/quantification --minutes 30
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.errors import SplitError
from lvcine.systems.quantification.recipe import RECIPES, TOLD, Recipe
from lvcine.systems.quantification.train.data import OutlinedClip, load_pool
from lvcine.systems.quantification.train.net import build, standardise
from lvcine.systems.quantification.train.sample import Batch, Sampler, as_input, truth_of
from lvcine.training.loop import Schedule, load_mean, train
from lvcine.training.split import SUNNYBROOK

PHASE = 1.0
"""Weight of the phase's cross-entropy beside standardised indices in our recipe."""
MAPS = 6.0
"""Weight of the maps' cross-entropy, a mean over all pixels of which few are near a border."""
LEARNED_FROM = "learned_from.json"
"""File of a run: how many virtual slices and which real subjects, for the card."""


class Standard:
    """Mean and spread of what is told, over the slices that are learned from."""

    def __init__(self, clips: Sequence[OutlinedClip]) -> None:
        told = np.concatenate([truth_of(clip)[::4] for clip in clips[:200]])
        told = told[np.isfinite(told).all(1)]
        self.mean, self.sd = (torch.from_numpy(v).float() for v in (told.mean(0), told.std(0)))


def printed_loss(found: Tensor, batch: Batch) -> Tensor:
    """Eq. 1 without the regulariser, which is the optimiser's weight decay."""
    parts = []
    for part in (slice(0, 2), slice(2, 5), slice(5, TOLD)):
        error = found[..., part] - batch.numbers[..., part]
        parts.append(error[error.isfinite()].square().mean())
    return torch.stack(parts).sum() + _phase_loss(found, batch)


def our_loss(found: Tensor, logits: Tensor, batch: Batch, standard: Standard) -> Tensor:
    """Every index and radius over its own spread; large errors count by their size, not by their square.

    Of the net with maps also whether each pixel lies inside, and the septum's direction.
    """
    indices = (found[..., :TOLD] - batch.numbers[..., :TOLD]) / standard.sd[:TOLD]
    loss = _robust(indices) + PHASE * _phase_loss(found, batch)
    if not logits.numel():
        return loss
    rest = (found[..., TOLD + 2 :] - batch.numbers[..., TOLD:]) / torch.cat(
        [torch.full((2,), 0.3), standard.sd[TOLD + 2 :]]
    )
    known = batch.maps.isfinite()
    inside = F.binary_cross_entropy_with_logits(logits[known], batch.maps[known])
    return loss + _robust(rest) + MAPS * inside


def _robust(error: Tensor) -> Tensor:
    known = error[error.isfinite()]
    return F.smooth_l1_loss(known, torch.zeros_like(known), beta=0.2)


def _phase_loss(found: Tensor, batch: Batch) -> Tensor:
    told = batch.phase >= 0
    if not told.any():
        return torch.zeros(())
    return F.cross_entropy(found[..., TOLD : TOLD + 2][told], batch.phase[told])


def fit(
    recipe: Recipe, clips: Sequence[OutlinedClip], run: Path, *, seconds: float = float("inf"), seed: int = 0,
    start: nn.Module | None = None,
) -> nn.Module:  # fmt: skip
    """Train; resumes from ``run``, or begins with the weights of ``start``."""
    torch.manual_seed(seed)
    net = build(recipe)
    standard = Standard(clips)
    if start is not None:
        net.load_state_dict(start.state_dict())
    else:
        standardise(net, standard.mean, standard.sd)
    sampler = Sampler(clips, recipe, np.random.default_rng(seed))
    printed = recipe.optimiser == "sgd"
    wide = recipe.width >= 16 and recipe.kind != "printed"
    if wide:
        net = net.to(memory_format=torch.channels_last)

    def loss_of(model: nn.Module, step: int) -> Tensor:
        batch = sampler.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=wide):
            found, logits = model(batch.frames)
        if printed:
            return printed_loss(found.float(), batch)
        return our_loss(found.float(), logits.float(), batch, standard)

    schedule = Schedule(
        recipe.steps, recipe.learning_rate, recipe.decay, 0.99 if recipe.steps < 1000 else 0.997,
        warm_up=50, seconds=seconds,
    )  # fmt: skip
    optimiser = (
        torch.optim.SGD(net.parameters(), lr=recipe.learning_rate, momentum=0.5, weight_decay=recipe.decay)
        if printed
        else None
    )
    return train(net, loss_of, schedule, run, every=250, optimiser=optimiser)


@torch.no_grad()
def predict(net: nn.Module, clip: OutlinedClip, kappa: int) -> NDArray[np.float64]:
    """What a net tells of every frame of a stored clip, (T, 13 or more), as shares."""
    return np.asarray(net.eval()(as_input(clip, kappa))[0][0].double().numpy())


def note_sources(run: Path, clips: Sequence[OutlinedClip], start: Path | None = None) -> None:
    """Write into a run what it learns from, and the run that it goes on from, for its weights' card.

    Raises
    ------
    SplitError
        A slice of a heart or a subject that is kept for choosing or reporting.
    """
    real = {clip.subject for clip in clips if not clip.subject.startswith("training-")}
    kept = sorted(name for name in real if name.startswith(("choosing-", "reporting-")))
    if kept:
        raise SplitError(f"not for training: {', '.join(kept[:5])}")
    SUNNYBROOK.only("training", real)
    run.mkdir(parents=True, exist_ok=True)
    before: list[int] = []
    if start is not None:
        earlier = json.loads((start / LEARNED_FROM).read_text(encoding="utf-8"))
        real |= set(earlier["real"])
        last = (start / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1]
        before = [*earlier["steps_before"], json.loads(last)["step"]]
    virtual = sum(clip.subject.startswith("training-") for clip in clips)
    sources = {"virtual": virtual, "real": sorted(real), "steps_before": before}
    (run / LEARNED_FROM).write_text(json.dumps(sources), encoding="utf-8")


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/quantification"))
    parser.add_argument("--run", type=Path, default=Path("runs/quantification"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="default")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="run whose weights this one begins with")
    parser.add_argument(
        "--real", type=Path, help="folder of outlined real slices (lvcine.systems.quantification.train.real)"
    )
    chosen = parser.parse_args()
    clips = load_pool(chosen.pool)
    if chosen.real:
        clips = clips + load_pool(chosen.real) * REAL_OFTEN
    note_sources(chosen.run, clips, chosen.start)
    recipe = RECIPES[chosen.recipe]
    start = load_mean(chosen.start, build(recipe)) if chosen.start else None
    fit(recipe, clips, chosen.run, seconds=chosen.minutes * 60, seed=chosen.seed, start=start)


REAL_OFTEN = 3
"""A real slice is drawn as often as so many virtual ones."""

if __name__ == "__main__":
    main()
