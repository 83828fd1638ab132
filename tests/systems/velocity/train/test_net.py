"""The net's parts: its 3D convolution, its closed cycle, what can be switched off."""

from dataclasses import replace

import pytest
import torch

from lvcine.systems.velocity.recipe import EAR, TINY
from lvcine.systems.velocity.train.net import Conv3x3x3, EarNet


def test_three_frames_rows_and_columns_are_one_3d_convolution():
    torch.manual_seed(0)
    conv = Conv3x3x3(2, 3)
    x = torch.randn(2 * 5, 2, 6, 6)
    kernel = conv.weight.reshape(3, 3, 2, 3, 3).transpose(1, 2)  # (out, in, frame, row, column)
    clip = x.reshape(2, 5, 2, 6, 6).transpose(1, 2)
    round_the_cycle = torch.cat([clip[:, :, -1:], clip, clip[:, :, :1]], 2)
    same = torch.nn.functional.conv3d(round_the_cycle, kernel, padding=(0, 1, 1))
    assert torch.allclose(conv(x, 2).reshape(2, 5, 3, 6, 6).transpose(1, 2), same, atol=1e-5)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("memory", [False, True])
def test_a_cycle_that_begins_elsewhere_is_answered_alike(attention, memory):
    torch.manual_seed(0)
    net = EarNet(replace(TINY, attention=attention, memory=memory)).eval()
    x = torch.randn(1, 6, 4, 16, 16)
    with torch.no_grad():
        here, later = net(x), net(torch.roll(x, 2, 1))
    # An LSTM has forgotten its first round all but for a trace.
    assert torch.allclose(torch.roll(here, 2, 1), later, atol=2e-3 if memory else 1e-5)


def test_each_part_can_be_switched_off():
    sizes = {
        (a, m): sum(p.numel() for p in EarNet(replace(EAR, attention=a, memory=m)).parameters())
        for a in (False, True)
        for m in (False, True)
    }
    assert sizes[False, False] < sizes[True, False] < sizes[True, True]
    x = torch.randn(1, 4, 4, 16, 16)
    alone = EarNet(replace(TINY, phase=False)).eval()
    moving = x.clone()
    moving[:, :, 1:] += 1.0
    assert torch.equal(alone(x), alone(moving)) and alone(x).shape == (1, 4, 4, 16, 16)
