"""Variation keeps labels on their structures; batches hold what they should."""

import numpy as np
import pytest
import torch

from lvcine.systems.echo.recipe import TINY
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.data import LV_ONLY, UNTRACED, LabelledClip
from lvcine.systems.echo.train.sample import Sampler, smallest


def beating(frames: int = 6, size: int = 32) -> np.ndarray:
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
        found, moved = vary(x, y, x.shape[-1], torch.Generator().manual_seed(seed))
        assert found.shape == x.shape and float(found.min()) >= 0 and float(found.max()) <= 1
        assert (moved == 1).any()
        wall, cavity = (float(found[moved == k].mean()) for k in (2, 1))
        lower += cavity < wall
    assert lower >= 18


def test_the_same_seed_varies_alike_and_another_does_not():
    pixels, labels = beating()
    x, y = torch.from_numpy(pixels).float() / 255, torch.from_numpy(labels.astype(np.int64))
    one, again, other = (vary(x, y, x.shape[-1], torch.Generator().manual_seed(s))[0] for s in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


@pytest.fixture
def sampler():
    clips = [("training-000000", "A4C", 6), ("training-000001", "A3C", 9)]
    return Sampler([LabelledClip(f"{name}~{view}", view, *beating(n)) for name, view, n in clips], TINY, 0)


def drawn(sampler: Sampler, clips: int, frames: int):
    sampler.shape = (clips, frames)
    return sampler(0)


def test_batches_bear_their_views_and_flags_say_them_or_nothing(sampler):
    batch = drawn(sampler, 40, 4)
    assert batch.images.shape == (40, 4, 1, 32, 32) and batch.labels.shape == (40, 4, 32, 32)
    assert set(batch.views.tolist()) == {0, 2}
    known = batch.flag != 0.5
    assert torch.equal(batch.flag[known], (batch.views == 2).float()[known])
    assert 5 < int((~known).sum()) < 28


def test_single_frames_come_from_end_systole_more_often_than_they_occur(sampler):
    shares = [drawn(sampler, 8, 1).labels for _ in range(12)]
    cavities = torch.cat([(y == 1).sum((2, 3))[:, 0] for y in shares]).float()
    moved = [drawn(sampler, 1, 6).labels for _ in range(40)]
    plain = torch.cat([(y == 1).sum((2, 3))[0] for y in moved]).float()
    assert cavities.mean() < plain.mean() * 0.95


def test_a_tiny_net_sees_every_kth_pixel():
    sampler = Sampler([LabelledClip("a~A4C", "A4C", *beating(4, 96))], TINY, 0)
    assert drawn(sampler, 1, 2).images.shape == (1, 2, 1, 32, 32)


def test_the_smallest_traced_ventricle_is_found():
    labels = np.zeros((5, 8, 8), np.uint8)
    labels[0, :5], labels[2, :2], labels[3, :3], labels[4] = 1, 1, LV_ONLY + 1, UNTRACED
    assert smallest(labels) == 2  # not the frame without a ventricle, nor the one without a tracing
    labels[2] = 0
    assert smallest(labels) == 3
