"""Train the velocity net on virtual slices.

python -m lvcine.systems.velocity.train.fitting --recipe ear --run runs/velocity --minutes 30
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lvcine.localise.postprocess import keep_one
from lvcine.papers.velocity.score import Overlap, overlap_of
from lvcine.study.mask import CAVITY, MYOCARDIUM
from lvcine.systems.velocity.prepare import as_input, fitting
from lvcine.systems.velocity.recipe import RECIPES, Recipe
from lvcine.systems.velocity.train.data import SPACING_MM, LabelledSlice, load_pool
from lvcine.systems.velocity.train.losses import loss_of
from lvcine.systems.velocity.train.net import EarNet
from lvcine.systems.velocity.train.sample import Heart, Sampler, hearts_of
from lvcine.systems.velocity.train.task import shipped_net
from lvcine.systems.velocity.train.widen import filters_in, widened
from lvcine.training.loop import Schedule, load_mean, train
from lvcine.training.split import Split

STEPS = 20_000
EVERY = 150


@torch.no_grad()
def wall_found(
    net: EarNet, one: LabelledSlice, *, heart: Heart | None = None, postprocessed: bool = True
) -> NDArray[np.bool_]:
    """The wall (T, Y, X) as the net draws it, the connected heart alone where it is ``postprocessed``.

    With ``heart`` the net looks through the window that fits it.
    """
    p = _likelihood(net, one, heart)
    best = p.argmax(1)
    if p.shape[1] == 2:
        return np.asarray(best == 1)
    wall = best == MYOCARDIUM
    if not postprocessed:
        return np.asarray(wall)
    middle = heart[:2] if heart else ((wall.shape[1] - 1) / 2.0, (wall.shape[2] - 1) / 2.0)
    whole = [keep_one(p[t, CAVITY], p[t, MYOCARDIUM], middle, SPACING_MM) for t in range(len(wall))]
    return np.asarray(wall & np.stack(whole))


def _likelihood(net: EarNet, one: LabelledSlice, heart: Heart | None) -> NDArray[np.float32]:
    """Of the classes, (T, classes, Y, X)."""
    if heart is None:
        x = torch.from_numpy(as_input(one.magnitude, one.velocity_cm_s))[None]
        return np.asarray(net(x)[0].float().softmax(1).numpy())
    window = fitting(heart, net.recipe.reach, net.recipe.size)
    magnitude, velocity = window.resample(one.magnitude), window.resample_nearest(one.velocity_cm_s)
    seen = net(torch.from_numpy(as_input(magnitude, velocity))[None])[0].float().softmax(1).numpy()
    shape = (int(one.labels.shape[-2]), int(one.labels.shape[-1]))
    back = [window.resample_to_scan(p, shape, float(k == 0)) for frame in seen for k, p in enumerate(frame)]
    return np.stack(back).reshape(*seen.shape[:2], *shape)


def overlap(net: EarNet, slices: Sequence[LabelledSlice]) -> Overlap:
    """Mean over slices; a net that looks at a window that fits is given the true one."""
    hearts = hearts_of(slices) if net.recipe.reach else {}
    found = [wall_found(net, one, heart=hearts.get(one.subject)) for one in slices]
    each = [overlap_of(wall, one.labels == MYOCARDIUM) for wall, one in zip(found, slices, strict=True)]
    mean = np.mean([(o.dice, o.sensitivity, o.ppv) for o in each], 0)
    return Overlap(*(float(v) for v in mean))


def fit(
    recipe: Recipe,
    slices: Sequence[LabelledSlice],
    run: Path,
    *,
    steps: int = STEPS,
    seconds: float = float("inf"),
    choosing: Sequence[LabelledSlice] = (),
    start: nn.Module | None = None,
    varied: bool = True,
    seed: int = 0,
) -> EarNet:
    """Train; resumes from ``run``, or begins with the weights of ``start``.

    ``choosing`` are slices of other subjects whose Dice goes into the run's log.
    """
    Split(tuple({s.subject for s in slices}), tuple({s.subject for s in choosing}), ())
    torch.manual_seed(seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    net = EarNet(recipe)
    if start is not None:
        net.load_state_dict(start.state_dict())
    net = net.to(device).to(memory_format=torch.channels_last)
    sampler = Sampler(slices, recipe, torch.Generator().manual_seed(seed), varied)

    def loss(model: nn.Module, step: int) -> Tensor:
        images, labels = sampler.batch()
        with torch.autocast(device, dtype=torch.bfloat16, enabled=recipe.size > 32):
            logits = model(images.to(device))
        return loss_of(recipe.loss, logits.float(), labels.to(device))

    def check(model: nn.Module, step: int) -> dict[str, float]:
        assert isinstance(model, EarNet)
        return {"dice": overlap(model.eval(), choosing).dice} if choosing else {}

    schedule = Schedule(
        steps, recipe.rate, 1e-4, recipe.ema, warm_up=min(50, max(1, steps // 4)), seconds=seconds
    )
    trained = train(net, loss, schedule, run, every=min(EVERY, max(steps, 1)), check=check).cpu().eval()
    assert isinstance(trained, EarNet)
    return trained


def started(run: Path, recipe: Recipe) -> EarNet:
    """The net of a run to go on from, made as wide as the recipe's where it has fewer filters."""
    filters = filters_in(run)
    net = EarNet(replace(recipe, filters=filters))
    load_mean(run, net)
    return net if filters == recipe.filters else widened(net, recipe)


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, default=Path("packs/velocity"))
    parser.add_argument("--run", type=Path, default=Path("runs/velocity"))
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="ear")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--start", type=Path, help="run whose weights this one begins with")
    parser.add_argument("--shipped", action="store_true", help="begin with the shipped net's weights")
    parser.add_argument("--rate", type=float, help="highest learning rate, instead of the recipe's")
    chosen = parser.parse_args()
    recipe = RECIPES[chosen.recipe]
    recipe = replace(recipe, rate=chosen.rate or recipe.rate)
    start = started(chosen.start, recipe) if chosen.start else None
    start = shipped_net(recipe) if chosen.shipped else start
    fit(
        recipe, load_pool(chosen.pool), chosen.run, steps=chosen.steps, seconds=chosen.minutes * 60,
        choosing=load_pool(chosen.pool, "choosing")[::3], start=start,
    )  # fmt: skip


if __name__ == "__main__":
    main()
