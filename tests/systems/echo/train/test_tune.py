"""A user's own tracings: from a shipped net to a tuned one whose card names what it learned from."""

import numpy as np
import pytest
import torch

from lvcine.engine import load, read_card
from lvcine.errors import UsageError
from lvcine.systems.echo.recipe import TINY
from lvcine.systems.echo.train.net import EchoNet
from lvcine.systems.echo.train.task import WEIGHTS, ship, shipped
from lvcine.systems.echo.train.tune import tune
from lvcine.training.loop import Schedule, train

from ...evaluate.test_echo import camus_folder  # noqa: F401


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """A net with norms and peepholes that are not those of a new one, shipped."""
    folder = tmp_path_factory.mktemp("shipped")
    torch.manual_seed(3)
    net = EchoNet(TINY)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                value.add_(torch.rand_like(value) * (0.3 if "var" in name or "peephole" in name else 0.1))
    still = Schedule(steps=1, learning_rate=0.0, weight_decay=0.0, ema=0.0)
    train(net, lambda model, step: sum(p.sum() for p in model.parameters()), still, folder / "run")
    ship(folder / "run", "tiny", folder / "weights")
    return net, folder / "weights"


def test_a_shipped_net_comes_back(untrained):
    net, weights = untrained
    again, recipe = shipped(weights)
    x, flag = torch.rand(1, 5, 1, 32, 32), torch.ones(1)
    with torch.no_grad():
        before, after = net.eval()(x, flag), again.eval()(x, flag)
    assert recipe == "tiny"
    for a, b in zip(before[:2], after[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=0.3)
    own, back = net.state_dict(), again.state_dict()
    np.testing.assert_allclose(back["down.1.memory.peephole"], own["down.1.memory.peephole"], atol=1e-3)


def test_tuning_goes_on_from_the_shipped_net_and_names_its_patients(untrained, camus_folder, tmp_path):  # noqa: F811
    _, weights = untrained
    card = tune(tmp_path / "run", tmp_path / "mine", camus=camus_folder, minutes=0.02, start=weights)
    said = read_card("echo", card.parent)
    assert said.side("patient0007") == "training" and "1 subjects of CAMUS" in said.first_line
    net = load("echo", folder=card.parent)
    assert net.card.sha256 != read_card("echo", weights).sha256
    before, after = (shipped(w)[0].state_dict()["head.weight"] for w in (weights, tmp_path / "mine"))
    assert 0 < float((after - before).abs().max()) < 0.05  # a little further on, not begun anew


def test_tuning_says_what_it_needs(untrained, camus_folder, tmp_path):  # noqa: F811
    _, weights = untrained
    with pytest.raises(UsageError, match="no data set"):
        tune(tmp_path / "run", tmp_path / "mine", start=weights)
    with pytest.raises(UsageError, match="overwritten"):
        tune(tmp_path / "run", WEIGHTS, camus=camus_folder, start=weights)
    with pytest.raises(UsageError, match="no clip"):
        tune(tmp_path / "run", tmp_path / "mine", camus=camus_folder, testing=("patient0007",), start=weights)
