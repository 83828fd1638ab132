"""The tiny net learns sizes and walls of rings that it has not seen; the printed recipe takes a step."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from lvcine.errors import SplitError
from lvcine.systems.quantification.recipe import DIRECT, PAPER, TINY, TOLD
from lvcine.systems.quantification.train.losses import (
    LEARNED_FROM,
    Standard,
    fit,
    note_sources,
    our_loss,
    predict,
)
from lvcine.systems.quantification.train.net import build
from lvcine.systems.quantification.train.sample import Sampler, truth_of


def test_the_tiny_net_learns(rings, tmp_path):
    net = fit(TINY, rings[:20], tmp_path / "run")
    known = np.concatenate([truth_of(c)[:, :TOLD] for c in rings[:20]]).mean(0)
    off, guess = [], []
    for clip in rings[20:]:
        truth = truth_of(clip)[:, :TOLD]
        off.append(np.abs(predict(net, clip, TINY.kappa)[:, :TOLD] - truth).mean(0))
        guess.append(np.abs(known - truth).mean(0))
    off, guess = np.mean(off, 0), np.mean(guess, 0)
    assert (off[[0, 2, 3, 4]] < 0.5 * guess[[0, 2, 3, 4]]).all()
    assert off[5:].mean() < 0.02


@pytest.mark.parametrize("recipe", [replace(PAPER, clips=2), replace(DIRECT, width=4, clips=2, varied=False)])
def test_other_recipes_lower_their_loss(recipe, rings, tmp_path):
    few = replace(recipe, steps=6, learning_rate=1e-3)
    net = fit(few, rings[:4], tmp_path / "run")
    told = predict(net, rings[0], few.kappa)
    assert told.shape == (10, 13) and np.isfinite(told).all()


def test_what_is_not_known_costs_nothing(rings):
    recipe = replace(TINY, clips=2)
    batch = Sampler(rings, recipe, np.random.default_rng(0)).batch()
    net = build(recipe)
    standard = Standard(rings)
    found, logits = net(batch.frames)
    batch.numbers[:, 1:], batch.maps[:, 1:], batch.phase[:] = float("nan"), float("nan"), -1
    loss = our_loss(found, logits, batch, standard)
    (slope,) = torch.autograd.grad(loss, found)
    assert torch.isfinite(loss) and (slope[:, 1:] == 0).all() and (slope[:, 0, :TOLD] != 0).any()


def test_nobody_who_is_kept_aside_is_learned_from(rings, tmp_path):
    real = replace(rings[0], name="SC-HF-I-02-still0-z3")
    note_sources(tmp_path / "run", [*rings, real])
    noted = json.loads((tmp_path / "run" / LEARNED_FROM).read_text())
    assert noted == {"virtual": len(rings), "real": ["SC-HF-I-02"], "steps_before": []}
    for name in (
        "choosing-000001-z0",
        "reporting-000001-z0",
        "SC-HF-I-01-z2",
        "SC-HF-I-08-still1-z2",
        "nobody-z1",
    ):
        with pytest.raises(SplitError):
            note_sources(tmp_path / "other", [replace(rings[0], name=name)])
    assert not (tmp_path / "other").exists()
