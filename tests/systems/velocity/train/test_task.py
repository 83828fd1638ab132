"""What is shipped answers as the net did, and can be trained on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.systems.velocity.rings import contracting

from lvcine.engine import Runtime, load, load_all, read_card
from lvcine.engine.backends import ENGINES
from lvcine.errors import UsageError, WeightsError
from lvcine.phantom.velocity import virtual_velocity
from lvcine.systems.velocity.prepare import as_input
from lvcine.systems.velocity.recipe import TINY
from lvcine.systems.velocity.train.net import EarNet
from lvcine.systems.velocity.train.task import PARTS, TASK, file_of, graphs, shipped_net
from lvcine.training.export import export_graph
from lvcine.training.fit import learn
from lvcine.training.items import write_item
from lvcine.training.ship import WEIGHTS, ship

SMALL = replace(TASK, recipes={"ear": TINY, "near": replace(TINY, reach=1.35)})


def export(net, part, folder):
    (graph,) = graphs(net, net.recipe, part)
    export_graph(graph, folder)
    return folder / graph.file


def test_the_shipped_graph_is_the_net_at_any_size_and_number_of_frames(tmp_path):
    torch.manual_seed(0)
    net = EarNet(TINY).eval()
    session = ENGINES["onnxruntime"](export(net, "find", tmp_path).read_bytes(), 1)
    for frames in (4, 7, 5):
        x = torch.randn(1, frames, 4, 16, 16)
        with torch.no_grad():
            expected = net(x).numpy()
        found = session.run({"pictures": x.numpy()})["logits"]
        assert np.allclose(found, expected, atol=0.02)
    assert session.run({"pictures": np.zeros((1, 3, 4, 24, 32), np.float32)})["logits"].shape[-2:] == (24, 32)


def test_shipping_one_net_leaves_the_other_alone(tmp_path):
    pool, weights = tmp_path / "pool", tmp_path / "weights"
    pool.mkdir()
    write_item(pool, contracting(32, 4, name="training-000000~z0"))
    runs = {part: tmp_path / part for part in PARTS}
    for part, recipe in PARTS.items():
        learn(SMALL, recipe, pool, runs[part], steps=1)
    with pytest.raises(WeightsError, match="no net for part 'find'"):
        ship(SMALL, {"draw": runs["draw"]}, weights)
    before = read_card("velocity", ship(SMALL, runs, weights).parent)
    learn(SMALL, "near", pool, tmp_path / "more", steps=2, start=runs["draw"])
    after = read_card("velocity", ship(SMALL, {"draw": tmp_path / "more"}, weights).parent)
    assert after.sha256[file_of("find")] == before.sha256[file_of("find")]
    assert after.sha256[file_of("draw")] != before.sha256[file_of("draw")]
    assert after.training["find"] == before.training["find"]
    assert after.training["draw"]["steps"] == [1, 2] and after.training["draw"]["recipe"] == "near"
    assert [net.file for net in load_all("velocity", Runtime(weights=weights))] == list(after.sha256)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_training_can_go_on_from_what_is_shipped(part):
    net, recipe = shipped_net(WEIGHTS, part)
    assert recipe == PARTS[part]
    study, _ = virtual_velocity(3, slices=1, frames=4, size=64, spacing_mm=1.4)
    x = as_input(study.magnitude[0], study.velocity_cm_s[:, 0])[None]
    with torch.no_grad():
        found = net(torch.from_numpy(x)).numpy()
    assert np.allclose(found, load("velocity", file=file_of(part))({"pictures": x})["logits"], atol=0.05)


def test_a_net_without_the_recipes_parameters_is_refused(tmp_path):
    export(EarNet(TINY).eval(), "find", tmp_path)
    with pytest.raises(WeightsError, match="without"):
        shipped_net(tmp_path, "find")
    with pytest.raises(UsageError, match="one of find, draw"):
        shipped_net(WEIGHTS, "")
