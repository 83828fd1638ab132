"""The wall of a net in training: it learns rings, and is put back where it was in the slice."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tests.systems.velocity.rings import contracting
from torch import nn

from lvcine.measure.agreement import dice
from lvcine.systems.velocity.recipe import TINY
from lvcine.systems.velocity.train.predict import check, find_wall
from lvcine.systems.velocity.train.sample import Sampler
from lvcine.systems.velocity.train.task import TASK
from lvcine.training.fit import fit


class Bright(nn.Module):
    """Background is dark, wall is bright, cavity is what else lies within half the window."""

    def __init__(self):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        wall = x[:, :, 0] > 0.5
        line = torch.linspace(-1.0, 1.0, x.shape[-1])
        middle = (torch.hypot(line[:, None], line) < 0.35).expand_as(wall) & ~wall
        return 20.0 * torch.stack([~wall & ~middle, middle, wall, torch.zeros_like(wall)], 2).float()


def test_the_tiny_net_learns_rings_that_it_has_not_seen(tmp_path):
    rings = [contracting(16, 4, shift, f"ring{k}~z0") for k, shift in enumerate(np.linspace(-3, 3, 9))]
    task = replace(TASK, sampler=partial(Sampler, varied=False))
    net = fit(task, TINY, rings[::2], tmp_path / "run", choosing=rings[1:2], steps=70)
    wall = find_wall(net, rings[3], TINY, postprocessed=False)
    assert dice(wall, rings[3].labels == 2) > 0.8


def test_a_wall_found_in_the_window_that_fits_lies_where_it_is():
    one = contracting(60, 2, shift=9.0)
    recipe = replace(TINY, reach=1.4, size=48)
    true = one.labels == 2
    assert dice(find_wall(Bright(), one, recipe), true) > 0.9
    assert check(Bright(), [one], recipe)["dice"] == pytest.approx(
        dice(find_wall(Bright(), one, recipe), true)
    )


def test_a_piece_apart_from_the_heart_is_no_wall():
    one = contracting(60, 2)
    one.magnitude[:, :4, :4] = 200
    assert not find_wall(Bright(), one, TINY)[:, :4, :4].any()
    assert find_wall(Bright(), one, TINY, postprocessed=False)[:, :4, :4].all()
