"""The net's form, that it closes the cycle, and that its tiny form learns; ED and ES from its curve."""

import numpy as np
import pytest
import torch
from torch import nn

from lvcine.systems.frames.decode import best_fit, extremes
from lvcine.systems.frames.recipe import LIGHT, PAPER, TINY
from lvcine.systems.frames.target import target_curve
from lvcine.systems.frames.train.losses import regression_loss, temporal_structured_loss
from lvcine.systems.frames.train.net import TempRegNet, _moving


def test_the_papers_encoder_is_as_printed():
    net = TempRegNet(PAPER)
    convolutions = [m for m in net.encoder if isinstance(m, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size[0], c.stride[0]) for c in convolutions] == [
        (96, 7, 2), (256, 5, 2), (384, 3, 1), (384, 3, 1), (256, 3, 1),
    ]  # fmt: skip
    assert sum(isinstance(m, nn.MaxPool2d) for m in net.encoder) == 3
    assert net.dense[0].out_features == 1024 and not net.lstm.bidirectional


def test_the_light_one_is_small():
    assert sum(p.numel() for p in TempRegNet(LIGHT).parameters()) < 1e6


def test_what_moves_is_seen_beside_the_frame():
    x = torch.arange(5.0)[None, :, None, None].expand(1, 5, 2, 2) ** 2
    seen = _moving(x)[0, :, :, 0, 0]
    torch.testing.assert_close(seen[:, 1], seen[:, 0] - 6.0)
    assert seen[:, 2].tolist() == [1.0 - 16.0, 4.0, 8.0, 12.0, 0.0 - 9.0]


@pytest.mark.parametrize("frames", [2, 9, 25])
def test_closed_it_does_not_matter_which_frame_is_first(frames):
    torch.manual_seed(0)
    net = TempRegNet(TINY).eval()
    x = torch.rand(1, frames, 24, 24)
    with torch.no_grad():
        straight, turned = net(x, closed=True), net(torch.roll(x, 1, 1), closed=True)
        torch.testing.assert_close(torch.roll(turned, -1, 1), straight, atol=2e-3, rtol=0)
        assert net(x, closed=False).shape == (1, frames)


def test_clips_of_a_batch_do_not_mix():
    torch.manual_seed(0)
    net = TempRegNet(TINY).eval()
    a, b = torch.rand(2, 1, 6, 24, 24)
    with torch.no_grad():
        torch.testing.assert_close(
            net(torch.cat([a, b]), closed=True)[:1], net(a, closed=True), atol=1e-5, rtol=0
        )


def discs(count: int, frames: int, rng: np.random.Generator):
    """Bright discs that shrink in systole, starting anywhere in the cycle."""
    y, x = np.indices((24, 24)) - 12
    clips, curves, pairs = [], [], []
    for _ in range(count):
        ed, systole = int(rng.integers(frames)), int(rng.integers(3, 6))
        curve = target_curve(frames, ed, (ed + systole) % frames)
        radius = rng.uniform(5, 7) + 3.5 * curve
        clips.append((np.hypot(y, x)[None] < radius[:, None, None]) * rng.uniform(0.5, 1))
        curves.append(curve)
        pairs.append((ed, (ed + systole) % frames))
    return torch.tensor(np.stack(clips)).float(), torch.tensor(np.stack(curves)).float(), pairs


def test_the_tiny_recipe_learns_when_a_disc_is_large_and_small():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    net = TempRegNet(TINY)
    optimiser = torch.optim.Adam(net.parameters(), TINY.learning_rate)
    for _ in range(TINY.steps):
        x, y, _ = discs(TINY.clips, TINY.frames, rng)
        known = torch.ones_like(y, dtype=torch.bool)
        found = net(x, closed=True)
        loss = regression_loss(found, y, known) + TINY.beta * temporal_structured_loss(
            found, y, known, closed=True
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    x, _, pairs = discs(20, TINY.frames, np.random.default_rng(99))
    with torch.no_grad():
        curves = net.eval()(x, closed=True).numpy().astype(float)
    off = []
    for curve, (ed, es) in zip(curves, pairs, strict=True):
        found = best_fit(curve).frames(10)
        off += [min((f - t) % 10, (t - f) % 10) for f, t in zip(found, (ed, es), strict=True)]
    assert np.mean(off) < 0.6


@pytest.mark.parametrize(("frames", "ed", "es"), [(20, 3, 10), (30, 27, 8), (12, 6.5, 11), (25, 0.25, 9.75)])
def test_the_best_fit_of_a_target_is_its_own_pair(frames, ed, es):
    found = best_fit(target_curve(frames, ed, es))
    assert found.ed == pytest.approx(ed, abs=0.01) and found.es == pytest.approx(es, abs=0.01)
    assert found.confidence > 0.5


def test_noise_moves_the_best_fit_less_than_the_extremes():
    rng = np.random.default_rng(1)
    fit, top = [], []
    for _ in range(60):
        frames = 25
        ed, systole = int(rng.integers(frames)), int(rng.integers(7, 12))
        es = (ed + systole) % frames
        curve = target_curve(frames, ed, es) + rng.normal(0, 0.15, frames)
        for into, pair in ((fit, best_fit(curve).frames(frames)), (top, extremes(curve))):
            into += [min((f - t) % frames, (t - f) % frames) for f, t in zip(pair, (ed, es), strict=True)]
    assert np.mean(fit) < 0.75 * np.mean(top)


def test_a_curve_that_says_nothing_has_little_confidence():
    sure = best_fit(target_curve(25, 4, 13)).confidence
    noise = [best_fit(np.random.default_rng(s).normal(0, 0.05, 25)).confidence for s in range(10)]
    assert max(noise) < 0.4 * sure
