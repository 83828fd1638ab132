"""The ultrasound net: its size, its flag, and that a stream is a clip."""

from dataclasses import replace

import pytest
import torch

from lvcine.systems.echo.recipe import BASE, MEMORY, TINY
from lvcine.systems.echo.train.net import EchoNet, grow
from lvcine.systems.echo.train.norms import count_norms


def size(net: EchoNet) -> float:
    return sum(p.numel() for p in net.parameters()) / 1e6


def test_parameters_are_about_those_printed():
    assert size(EchoNet(BASE)) == pytest.approx(2.0, rel=0.15)
    assert size(EchoNet(MEMORY)) == pytest.approx(2.7, rel=0.15)


def test_frame_by_frame_is_the_clip_at_once():
    torch.manual_seed(0)
    net = EchoNet(TINY).eval()
    clip, flag = torch.rand(2, 7, 1, 32, 64), torch.tensor([0.0, 1.0])
    with torch.no_grad():
        whole, _, last = net(clip, flag)
        states, single = None, []
        for t in range(7):
            logits, _, states = net(clip[:, t : t + 1], flag, states)
            single.append(logits)
    torch.testing.assert_close(torch.cat(single, 1), whole, atol=1e-4, rtol=0)
    for (h, c), (h2, c2) in zip(states, last, strict=True):
        torch.testing.assert_close(h, h2, atol=1e-5, rtol=0)
        torch.testing.assert_close(c, c2, atol=1e-5, rtol=0)


def test_without_memory_frames_do_not_know_of_each_other():
    torch.manual_seed(0)
    net = EchoNet(replace(TINY, memory=())).eval()
    clip, flag = torch.rand(1, 3, 1, 32, 32), torch.zeros(1)
    with torch.no_grad():
        torch.testing.assert_close(net(clip, flag)[0][:, 1:2], net(clip[:, 1:2], flag)[0])
        assert net(clip, flag)[2] == ()


def test_memory_knows_the_past_and_not_the_future():
    torch.manual_seed(0)
    net = EchoNet(TINY).eval()
    clip, flag = torch.rand(1, 6, 1, 32, 32), torch.zeros(1)
    other = clip.clone()
    other[:, 3] = 1 - other[:, 3]
    with torch.no_grad():
        changed = (net(clip, flag)[0] - net(other, flag)[0]).abs().amax((0, 2, 3, 4))
    assert (changed[:3] == 0).all() and (changed[3:] > 1e-5).all()


def test_the_flag_matters_and_each_clip_has_its_own():
    torch.manual_seed(0)
    net = EchoNet(TINY).eval()
    clip = torch.rand(1, 2, 1, 32, 32)
    with torch.no_grad():
        both = net(clip.expand(2, -1, -1, -1, -1), torch.tensor([0.0, 1.0]))[0]
        torch.testing.assert_close(both[1:], net(clip, torch.ones(1))[0], atol=1e-5, rtol=0)
    assert (both[0] - both[1]).abs().max() > 1e-3


def test_a_net_with_memory_begins_nearly_as_the_net_without():
    torch.manual_seed(0)
    base = EchoNet(replace(TINY, memory=())).eval()
    with torch.no_grad():
        for norm in (m for m in base.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.3)
    x, flag = torch.rand(2, 6, 1, 32, 32), torch.zeros(2)
    before, begun, plain = base(x, flag)[0], EchoNet(TINY), EchoNet(TINY)
    grow(base, begun)
    count_norms(begun, [x])
    after, other = begun.eval()(x, flag)[0], plain.eval()(x, flag)[0]

    def alike(a, b):
        return float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])

    assert alike(before, after) > 0.9 > alike(before, other)


def test_the_norms_of_a_net_that_goes_on_are_held_while_its_scales_learn():
    torch.manual_seed(0)
    net = EchoNet(TINY)
    grow(EchoNet(TINY), net)
    before = {k: v.clone() for k, v in net.named_buffers()}
    net.train()(torch.rand(2, 3, 1, 32, 32), torch.zeros(2))[0].sum().backward()
    assert all(torch.equal(v, before[k]) for k, v in net.named_buffers())
    norm = net.down[1].norm
    assert norm.weight.grad is not None and net.training and not norm.training
    other = EchoNet(TINY).train()
    other(torch.rand(2, 3, 1, 32, 32), torch.zeros(2))
    assert float(other.down[1].norm.running_mean.abs().max()) > 0
