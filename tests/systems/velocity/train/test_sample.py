"""Batches: pictures turn with their velocities, the window is that of use."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.systems.velocity.rings import contracting, inwards

from lvcine.systems.velocity.prepare import as_input, fitting
from lvcine.systems.velocity.recipe import TINY
from lvcine.systems.velocity.train.sample import Sampler, moved, quarter_turned


def tensors(one):
    return torch.from_numpy(as_input(one.magnitude, one.velocity_cm_s)), torch.from_numpy(one.labels).long()


def test_whatever_way_a_picture_is_turned_a_contracting_ring_contracts():
    x, labels = tensors(contracting(24))
    straight = inwards(x.numpy(), labels.numpy())
    assert straight > 0.3
    for quarters in range(4):
        seen, there = quarter_turned(x, labels, quarters)
        assert inwards(seen.numpy(), there.numpy()) == pytest.approx(straight, rel=1e-3)
    for angle, mirror in ((0.7, 1.0), (-2.0, -1.0), (3.1, 1.0)):
        seen, there = moved(x, labels, angle, 1.1, mirror, torch.tensor([1.0, -1.0]), 24)
        assert inwards(seen.numpy(), there.numpy()) == pytest.approx(straight, rel=0.1)
        assert float(seen[:, 3][there == 2].mean()) == pytest.approx(mirror * float(x[:, 3].max()), rel=0.05)


def test_batches_are_varied_and_keep_labels():
    sampler = Sampler([contracting(16, 8)], TINY, 0)
    x, y = sampler(0)
    assert x.shape == (2, 4, 4, 16, 16) and y.shape == (2, 4, 16, 16)
    assert set(y.unique().tolist()) <= {0, 1, 2, 3} and torch.isfinite(x).all()
    assert not torch.equal(x, sampler(1).images)


def test_the_window_of_training_is_that_of_use():
    one = contracting(40, 2, shift=5.0)
    heart = tuple(one.heart)
    assert heart == pytest.approx((19.5, 24.5, 40 / 3.2), abs=0.3)
    window = fitting(heart, 1.6, 32)
    away = torch.tensor([heart[0] - 19.5, heart[1] - 19.5])
    x, labels = tensors(one)
    seen, there = moved(x, labels, 0.0, window.step[0], 1.0, away, 32)
    assert (there.numpy() == window.resample_nearest(one.labels)).mean() > 0.99
    assert np.allclose(seen[:, 0].numpy(), window.resample(x[:, 0].numpy()), atol=1e-3)
    across = np.sqrt((there[0].numpy() > 0).sum() / np.pi)
    assert across == pytest.approx(32 / 2 / 1.6, rel=0.04)


def test_a_window_that_fits_shows_the_heart_whole_wherever_it_lies():
    recipe = replace(TINY, reach=1.6, size=32, clips=16)
    _, labels = Sampler([contracting(80, 2, shift) for shift in (-14.0, 14.0)], recipe, 0)(0)
    across = ((labels > 0).sum((2, 3)) / np.pi).sqrt()  # radii; half the window is 1.6 of them
    assert (across > 0.7 * 32 / 2 / 1.6).all() and (across < 1.4 * 32 / 2 / 1.6).all()
