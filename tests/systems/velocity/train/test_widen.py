"""A widened net sees what the narrow one saw, and can learn more than it."""

from dataclasses import replace

import pytest
import torch

from lvcine.systems.velocity.recipe import NEAR, TINY
from lvcine.systems.velocity.train.fitting import started
from lvcine.systems.velocity.train.net import EarNet
from lvcine.systems.velocity.train.widen import filters_in, widened
from lvcine.training.loop import Schedule, train

WIDE = replace(TINY, filters=(8, 24))


def some_net(recipe=TINY):
    """Far from the beginning: norms that have seen something, attention that counts."""
    torch.manual_seed(3)
    net = EarNet(recipe)
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            value += 0.2 * torch.rand_like(value) * (1 + 9 * name.endswith("share"))
    return net.eval()


@pytest.mark.parametrize("parts", [(True, True), (True, False), (False, True)])
@torch.no_grad()
def test_more_filters_change_nothing_at_first(parts):
    how = {"attention": parts[0], "memory": parts[1]}
    net = some_net(replace(TINY, **how))
    wide = widened(net, replace(WIDE, **how))
    x = torch.randn(2, 5, 4, 16, 16)
    before, after = net(x), wide(x)
    assert before.std() > 0.1
    torch.testing.assert_close(after, before, atol=1e-3 * float(before.std()), rtol=1e-3)


def test_filters_that_are_alike_do_not_stay_so():
    wide = widened(some_net(), WIDE).train()
    x = torch.randn(2, 4, 4, 16, 16)
    wide(x)[:, :, 0].square().mean().backward()
    grown = wide.down[0].convolutions[0].weight.grad
    assert (grown[0::2] - grown[1::2]).abs().max() > 1e-2 * grown.abs().max()


def test_a_net_is_not_made_narrower_or_other_than_it_is():
    net = some_net()
    for other in (
        replace(TINY, filters=(4, 12, 16)),
        replace(TINY, filters=(6, 8)),
        replace(WIDE, phase=False),
    ):
        with pytest.raises(ValueError):
            widened(net, other)


def test_training_goes_on_from_a_run_of_fewer_filters(tmp_path):
    net = EarNet(TINY)
    train(
        net, lambda n, _: n(torch.rand(1, 4, 4, 16, 16)).square().mean(), Schedule(2, 1e-3, 0, 0.5), tmp_path
    )
    assert filters_in(tmp_path) == TINY.filters
    assert started(tmp_path, TINY).recipe == TINY
    wide = started(tmp_path, replace(WIDE, rate=1e-4))
    assert wide.recipe.filters == WIDE.filters
    x = torch.rand(1, 4, 4, 16, 16)
    torch.testing.assert_close(wide(x), started(tmp_path, TINY)(x), atol=1e-4, rtol=1e-3)
    assert all(b % a == 0 for a, b in zip((8, 16, 32, 64), NEAR.filters, strict=True))
