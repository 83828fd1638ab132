"""Variation keeps labels on their structures; the tiny net learns and stays steady."""

import numpy as np
import pytest
import torch

from lvcine.systems.echo.recipe import TINY
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.data import UNTRACED
from lvcine.systems.echo.train.losses import LV_ONLY
from lvcine.systems.echo.train.net import EchoNet
from lvcine.systems.echo.train.sample import Sampler, fit, smallest


def beating(frames: int = 6, size: int = 32, view: str = "A4C") -> np.ndarray:
    """Pixels and labels (2, T, Y, X): a dark cavity that breathes in a brighter wall."""
    y, x = np.indices((size, size)) - size / 2
    r = np.hypot(y, x)
    radii = size / 5 + size / 16 * np.cos(2 * np.pi * np.arange(frames) / frames)
    labels = np.stack([np.where(r < a, 1, np.where(r < a + size / 8, 2, 0)) for a in radii])
    return np.stack([np.choose(labels, [90, 25, 190]), labels]).astype(np.uint8)


def test_labels_move_with_the_picture():
    pixels, labels = beating(4, 96)
    x, y = torch.from_numpy(pixels).float() / 255, torch.from_numpy(labels.astype(np.int64))
    lower = 0
    for seed in range(20):
        found, moved = vary(x, y, torch.Generator().manual_seed(seed))
        assert found.shape == x.shape and float(found.min()) >= 0 and float(found.max()) <= 1
        assert (moved == 1).any()
        wall, cavity = (float(found[moved == k].mean()) for k in (2, 1))
        lower += cavity < wall
    assert lower >= 18


def test_the_same_seed_varies_alike_and_another_does_not():
    pixels, labels = beating()
    x, y = torch.from_numpy(pixels).float() / 255, torch.from_numpy(labels.astype(np.int64))
    one, again, other = (vary(x, y, torch.Generator().manual_seed(s))[0] for s in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


@pytest.fixture
def pool(tmp_path):
    folder = tmp_path / "pool"
    folder.mkdir()
    np.save(folder / "000000-A4C.npy", beating())
    np.save(folder / "000001-A3C.npy", beating(9))
    return folder


def test_batches_bear_their_views(pool):
    x, y, views = Sampler(pool, TINY, torch.Generator().manual_seed(0)).batch(12, 4)
    assert x.shape == (12, 4, 1, 32, 32) and y.shape == (12, 4, 32, 32)
    assert set(views.tolist()) == {0, 2}


def test_single_frames_come_from_end_systole_more_often_than_they_occur(pool):
    sampler = Sampler(pool, TINY, torch.Generator().manual_seed(0))
    shares = [sampler.batch(8, 1)[1] for _ in range(12)]
    cavities = torch.cat([(y == 1).sum((2, 3))[:, 0] for y in shares]).float()
    moved = [sampler.batch(1, 6)[1] for _ in range(40)]
    plain = torch.cat([(y == 1).sum((2, 3))[0] for y in moved]).float()
    assert cavities.mean() < plain.mean() * 0.95


def test_the_smallest_traced_ventricle_is_found():
    labels = np.zeros((5, 8, 8), np.uint8)
    labels[0, :5], labels[2, :2], labels[3, :3], labels[4] = 1, 1, LV_ONLY + 1, UNTRACED
    assert smallest(labels) == 2  # not the frame without a ventricle, nor the one without a tracing
    labels[2] = 0
    assert smallest(labels) == 3


def test_the_tiny_net_learns_the_cavity(pool, tmp_path):
    net = fit(TINY, pool, tmp_path / "run", steps=250, seconds=600)
    assert isinstance(net, EchoNet)
    pixels, labels = beating()
    with torch.no_grad():
        found = (
            net(torch.from_numpy(pixels).float()[None, :, None] / 255, torch.zeros(1))[0][0].argmax(1).numpy()
        )
    both = 2 * ((found == 1) & (labels == 1)).sum() / ((found == 1).sum() + (labels == 1).sum())
    assert both > 0.7
