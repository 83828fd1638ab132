"""The tiny net learns sizes and walls of rings that it has not seen; the printed recipe takes a step."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lvcine.papers.quantification.experiment import predict
from lvcine.systems.quantification.recipe import DIRECT, N_INDICES, PAPER, TINY
from lvcine.systems.quantification.train.losses import our_loss
from lvcine.systems.quantification.train.net import build
from lvcine.systems.quantification.train.sample import Sampler, truth_of
from lvcine.systems.quantification.train.task import TASK
from lvcine.training.fit import fit


def test_the_tiny_net_learns(rings, tmp_path):
    net = fit(TASK, TINY, rings[:20], tmp_path / "run")
    known = np.concatenate([truth_of(c)[:, :N_INDICES] for c in rings[:20]]).mean(0)
    off, guess = [], []
    for clip in rings[20:]:
        truth = truth_of(clip)[:, :N_INDICES]
        off.append(np.abs(predict(net, clip, TINY.kappa)[:, :N_INDICES] - truth).mean(0))
        guess.append(np.abs(known - truth).mean(0))
    off, guess = np.mean(off, 0), np.mean(guess, 0)
    assert (off[[0, 2, 3, 4]] < 0.5 * guess[[0, 2, 3, 4]]).all()
    assert off[5:].mean() < 0.02


@pytest.mark.parametrize("recipe", [replace(PAPER, clips=2), replace(DIRECT, width=4, clips=2, varied=False)])
def test_other_recipes_lower_their_loss(recipe, rings, tmp_path):
    few = replace(recipe, steps=6, learning_rate=1e-3)
    net = fit(TASK, few, rings[:4], tmp_path / "run")
    found = predict(net, rings[0], few.kappa)
    assert found.shape == (10, 13) and np.isfinite(found).all()


def test_what_is_not_known_costs_nothing(rings):
    recipe = replace(TINY, clips=2)
    batch = Sampler(rings, recipe, 0)(0)
    net = build(recipe)
    found, logits = net(batch.frames)
    batch.numbers[:, 1:], batch.maps[:, 1:], batch.phase[:] = float("nan"), float("nan"), -1
    loss = our_loss(found, logits, batch)
    (slope,) = torch.autograd.grad(loss, found)
    assert torch.isfinite(loss) and (slope[:, 1:] == 0).all() and (slope[:, 0, :N_INDICES] != 0).any()
