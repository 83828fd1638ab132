"""From a shipped net to one that went on with a user's own tracings, whose card names them."""

import json

import numpy as np
import pytest
import torch

from lvcine.engine import read_card
from lvcine.errors import UsageError
from lvcine.evaluate.exclude_seen import select
from lvcine.systems.echo.recipe import TINY
from lvcine.systems.echo.train.net import EchoNet
from lvcine.systems.echo.train.task import TASK, first_line, shipped
from lvcine.training.fit import SOURCES, learn
from lvcine.training.items import write_items
from lvcine.training.loop import Schedule, train
from lvcine.training.ship import ship

from ....evaluate.test_echo import camus_folder  # noqa: F401


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
    learned = {"recipe": "tiny", "virtual": 3, "numbers": "0-2", "real": [], "before": []}
    (folder / "run" / SOURCES).write_text(json.dumps(learned))
    ship(TASK, {"draw": folder / "run"}, folder / "weights")
    return net, folder / "weights"


def test_a_shipped_net_comes_back(untrained):
    net, weights = untrained
    again, recipe = shipped(weights, "draw")
    x, flag = torch.rand(1, 5, 1, 32, 32), torch.ones(1)
    with torch.no_grad():
        before, after = net.eval()(x, flag), again.eval()(x, flag)
    assert recipe == "tiny" and read_card("echo", weights).first_line == first_line(3, [])
    for a, b in zip(before[:2], after[:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=0.3)
    own, back = net.state_dict(), again.state_dict()
    np.testing.assert_allclose(back["down.1.memory.peephole"], own["down.1.memory.peephole"], atol=1e-3)


def test_training_goes_on_from_the_shipped_net_and_names_its_patients(untrained, camus_folder, tmp_path):  # noqa: F811
    _, weights = untrained
    pool, run, mine = tmp_path / "pool", tmp_path / "run", tmp_path / "mine"
    assert write_items(pool, TASK.real(camus_folder)) == ["patient0007"]
    learn(TASK, "tiny", pool, run, shipped=(weights, "draw"), steps=3, rate=3e-4)
    card = read_card("echo", ship(TASK, {"draw": run}, mine).parent)
    assert card.first_line == "Trained on virtual hearts, then on 1 subjects of CAMUS."
    assert card.data["clips"] == "CAMUS, the user's own copy" and card.side("patient0007") == "training"
    with pytest.raises(UsageError, match="patient0007"):
        select(card, ["patient0007"], only=["patient0007"])
    assert card.sha256 != read_card("echo", weights).sha256
    before, after = (shipped(w, "draw")[0].state_dict()["head.weight"] for w in (weights, mine))
    assert 0 < float((after - before).abs().max()) < 0.05  # a little further on, not begun anew
    learn(TASK, "tiny", pool, tmp_path / "next", shipped=(mine, "draw"), steps=1)
    again = read_card("echo", ship(TASK, {"draw": tmp_path / "next"}, tmp_path / "third").parent)
    assert again.first_line == card.first_line  # what the second net learned from stays known
