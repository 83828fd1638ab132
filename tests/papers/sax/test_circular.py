"""The paper's net: its layers, its three rows, its memory."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lvcine.papers.sax.circular import PAPER, PAPER_TINY, CircularNet, ResNet


def test_resnet_56_has_55_convolutions_before_its_last_layer():
    on_the_way = [
        m for name, m in ResNet(PAPER).named_modules() if isinstance(m, nn.Conv2d) and "shortcut" not in name
    ]
    assert len(on_the_way) == 55
    # He et al. 2016, table 6: ResNet-56 has 0.85 M parameters.
    assert sum(p.numel() for p in ResNet(PAPER).parameters()) / 1e6 == pytest.approx(0.85, abs=0.01)


def test_features_stand_at_half_and_quarter_resolution():
    high, low = ResNet(PAPER_TINY)(torch.zeros(2, 1, 32, 24))
    assert high.shape == (2, 4, 16, 12) and low.shape == (2, 8, 8, 6)


@pytest.mark.parametrize("memory", [0, 1, 2])
@pytest.mark.parametrize("frames", [1, 2, 7])
def test_any_number_of_frames_passes(memory, frames):
    net = CircularNet(replace(PAPER_TINY, memory=memory))
    assert net(torch.zeros(2 * frames, 1, 16, 24), clips=2).shape == (2 * frames, 3, 16, 24)


@pytest.mark.parametrize("memory", [0, 1, 2])
def test_frames_know_of_each_other_only_by_memory(memory):
    torch.manual_seed(1)
    net = CircularNet(replace(PAPER_TINY, memory=memory)).eval()
    clip = torch.randn(6, 1, 16, 16)
    other = clip.clone()
    other[3] += 1.0
    with torch.no_grad():
        changed = (net(clip) - net(other)).abs().amax((1, 2, 3))
    assert changed[3] > 1e-4
    assert bool((changed[[0, 1, 2, 4, 5]] > 1e-7).all()) is (memory > 0)


def test_clips_of_a_batch_do_not_know_of_each_other():
    torch.manual_seed(1)
    net = CircularNet(PAPER_TINY).eval()
    first, second = torch.randn(5, 1, 16, 16), torch.randn(5, 1, 16, 16)
    with torch.no_grad():
        both = net(torch.cat([first, second]), clips=2)
        torch.testing.assert_close(both[:5], net(first, clips=1), atol=1e-5, rtol=1e-4)


def test_one_level_sees_nothing_of_the_high_resolution():
    net = CircularNet(replace(PAPER_TINY, memory=1)).eval()
    high, low = net.features(torch.randn(3, 1, 16, 16))
    with torch.no_grad():
        assert torch.equal(net.decode(high, low, 1), net.decode(high * 0 + 9, low, 1))
