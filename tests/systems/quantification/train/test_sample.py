"""Moved pictures and outlines stay together, what is predicted follows, what is missing stays missing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lvcine.systems.quantification.recipe import DEFAULT, N_INDICES, RAYS, TINY
from lvcine.systems.quantification.train.net import integrals
from lvcine.systems.quantification.train.sample import Sampler, centred, maps_of, numbers_of, truth_of

VARIED = replace(DEFAULT, clips=4, predicted=3)


def test_varied_outlines_lie_where_the_picture_shows_them(rings):
    sampler = Sampler(rings, VARIED, 0)
    contrasts, sizes = [], []
    for step in range(6):
        batch = sampler(step)
        assert batch.frames.shape == (4, 7, 80, 80) and batch.maps.shape == (4, 3, 2, 40, 40)
        middle = torch.nn.functional.avg_pool2d(batch.frames[:, 2:5], 2)
        endo, epi = batch.maps[:, :, 0], batch.maps[:, :, 1]
        inside, wall = endo > 0.99, (epi > 0.99) & (endo < 0.01)
        contrasts += [
            float(p[i].mean() - p[w].mean())
            for p, i, w in zip(middle.flatten(0, 1), inside.flatten(0, 1), wall.flatten(0, 1), strict=True)
        ]
        sizes += batch.numbers[:, :, 0].flatten().tolist()
    assert np.mean(contrasts) > 0.5 and np.min(contrasts) > 0.1
    assert np.ptp(sizes) > 0.05


def test_maps_and_numbers_say_the_same(rings):
    batch = Sampler(rings, VARIED, 3)(0)
    numbers = batch.numbers.flatten(0, 1)
    found, radii = integrals(batch.maps.flatten(0, 1), numbers[:, N_INDICES : N_INDICES + 2])
    assert torch.allclose(found[:, 2:], numbers[:, 2:N_INDICES], atol=0.006)
    assert torch.allclose(found[:, :2], numbers[:, :2], atol=0.003)
    assert torch.allclose(radii.flatten(1), numbers[:, N_INDICES + 2 :], atol=0.008)


def test_truth_is_that_of_the_circles(rings):
    clip = rings[0]
    inner = np.linalg.norm(clip.endo[0, 0] - clip.endo[0].mean(0))
    outer = np.linalg.norm(clip.epi[0, 0] - clip.epi[0].mean(0))
    numbers = truth_of(clip)[0]
    assert numbers[0] * 6400 == pytest.approx(np.pi * inner**2, rel=2e-3)
    assert numbers[2:5] * 80 == pytest.approx(2 * inner, rel=2e-3)
    assert numbers[5:N_INDICES] * 80 == pytest.approx(outer - inner, rel=5e-3)
    assert numbers[N_INDICES : N_INDICES + 2] == pytest.approx([0.0, -1.0], abs=0.02)
    given = replace(clip, indices=np.full((len(clip.pixels), N_INDICES), 0.125))
    assert (truth_of(given)[:, :N_INDICES] == 0.125).all() and truth_of(given).shape == truth_of(clip).shape


def test_an_endocardium_alone_tells_what_it_can(rings):
    clip = rings[0]
    none = np.full_like(clip.epi[0], np.nan)
    numbers = numbers_of(clip.endo[0] - 20, none, clip.insertion[0] - 20)
    whole = numbers_of(clip.endo[0] - 20, clip.epi[0] - 20, clip.insertion[0] - 20)
    assert np.isnan(numbers[[1, *range(5, N_INDICES)]]).all() and np.isnan(numbers[-RAYS:]).all()
    assert numbers[[0, 2, 3, 4]] == pytest.approx(whole[[0, 2, 3, 4]])
    assert np.isnan(numbers_of(none, none, clip.insertion[0])).all()
    maps = maps_of(clip.endo[0] - 20, none)
    assert np.isfinite(maps[0]).all() and np.isnan(maps[1]).all()


def test_stored_slices_come_unchanged_where_nothing_is_varied(rings):
    batch = Sampler(rings[:1], TINY, 0)(0)
    truth = truth_of(rings[0])
    rows = batch.numbers.flatten(0, 1).numpy()
    assert all(np.abs(truth - row).max(1).min() < 1e-5 for row in rows)
    assert centred(rings[0]).shape == (10, 80, 80)
