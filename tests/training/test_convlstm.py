"""The recurrent layer against its equations, pixel by pixel, and round the cycle."""

import math

import pytest
import torch
from torch import nn

from lvcine.training.convlstm import ConvLSTM


def seeded(inputs: int, filters: int, *, seed: int = 5, peephole: float = 0.5, **more: bool) -> ConvLSTM:
    torch.manual_seed(seed)
    layer = ConvLSTM(inputs, filters, **more)
    nn.init.normal_(layer.peephole, std=peephole)
    return layer.double()


def sigmoid(v: float) -> float:
    return 1 / (1 + math.exp(-v))


def test_one_pixel_follows_the_printed_equations():
    # On one pixel a 3x3 convolution is its middle weight: plain numbers, equations (1) to (5).
    layer = seeded(1, 1)
    wx = layer.of_input.weight[:, 0, 1, 1].tolist()
    b = layer.of_input.bias.tolist()
    wh = layer.of_hidden.weight[:, 0, 1, 1].tolist()
    pi, pf, po = layer.peephole.flatten().tolist()
    frames = [0.3, -1.2, 2.0]
    h = c = 0.0
    expected = []
    for x in frames:
        i = sigmoid(wx[0] * x + wh[0] * h + pi * c + b[0])
        f = sigmoid(wx[1] * x + wh[1] * h + pf * c + b[1])
        c = f * c + i * math.tanh(wx[2] * x + wh[2] * h + b[2])
        o = sigmoid(wx[3] * x + wh[3] * h + po * c + b[3])
        h = o * math.tanh(c)
        expected.append(h)
    hidden, (last, cell) = layer(torch.tensor(frames).double().reshape(1, 3, 1, 1, 1))
    torch.testing.assert_close(hidden.flatten(), torch.tensor(expected).double())
    assert float(last) == pytest.approx(h) and float(cell) == pytest.approx(c)


def test_frame_by_frame_with_the_state_handed_on_is_the_clip_at_once():
    layer = seeded(2, 3)
    x = torch.randn(2, 6, 2, 5, 7, dtype=torch.double)
    whole, _ = layer(x)
    state, single = None, []
    for t in range(6):
        hidden, state = layer(x[:, t : t + 1], state)
        single.append(hidden)
    torch.testing.assert_close(torch.cat(single, 1), whole)


@pytest.mark.parametrize("seed", range(5, 11))
@pytest.mark.parametrize("frames", [1, 2, 3, 16, 25, 31])
def test_round_the_cycle_it_does_not_matter_which_frame_is_first(frames, seed):
    # Peepholes of usual size: strong ones (0.5) hold a gate open for ever, and what is kept for ever
    # depends on where it began.
    layer = seeded(2, 3, seed=seed, peephole=0.1, circular=True)
    x = torch.randn(1, frames, 2, 6, 6, dtype=torch.double)
    straight = layer(x)[0]
    shift = frames // 2
    turned = layer(torch.roll(x, shift, 1))[0]
    torch.testing.assert_close(torch.roll(turned, -shift, 1), straight, atol=0.01, rtol=0)


def test_an_open_layer_does_care_which_frame_is_first():
    layer = seeded(2, 3)
    x = torch.randn(1, 6, 2, 6, 6, dtype=torch.double)
    turned = layer(torch.roll(x, 3, 1))[0]
    assert (torch.roll(turned, -3, 1) - layer(x)[0]).abs().max() > 0.02


def test_round_the_cycle_the_first_frame_hears_of_the_last():
    x = torch.randn(1, 5, 2, 6, 6, dtype=torch.double)
    other = x.clone()
    other[:, -1] += 1.0
    for circular, heard in ((True, True), (False, False)):
        layer = seeded(2, 3, circular=circular)
        differs = not torch.equal(layer(x)[0][:, 0], layer(other)[0][:, 0])
        assert differs is heard
