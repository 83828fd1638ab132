from __future__ import annotations

import sys

import numpy as np
import pytest

from lvcine.engine import Runtime, load, load_members
from lvcine.errors import UsageError, WeightsError

from .conftest import SCALE


def feed(n=2):
    x = np.arange(3 * n, dtype=np.float32).reshape(n, 3)
    return {"x": x, "shift": np.full((n, 1), 7, np.float32)}


def expected(inputs):
    return inputs["x"] * np.float32(SCALE) + inputs["shift"]


def test_a_net_computes_what_its_graph_says(folder):
    inputs = feed()
    result = load("tiny", Runtime(threads=1, weights=folder))(inputs)
    np.testing.assert_allclose(result["y"], expected(inputs), rtol=1e-6)


def test_inputs_are_cast_to_the_graphs_own_type(folder):
    wide = {name: array.astype(np.float64) for name, array in feed().items()}
    assert load("tiny", Runtime(weights=folder))(wide)["y"].dtype == np.float32


def test_the_provenance_names_the_weights(folder):
    net = load("tiny", Runtime(weights=folder))
    assert net.provenance["sha256"] == net.card.sha256["tiny.onnx"]
    assert net.provenance["engine"] == "onnxruntime"


def two_members(folder):
    card = folder / "tiny.toml"
    (folder / "more.onnx").write_bytes((folder / "tiny.onnx").read_bytes())
    line = next(x for x in card.read_text().splitlines() if x.startswith('"tiny.onnx"'))
    card.write_text(card.read_text().replace(line, line + "\n" + line.replace("tiny.onnx", "more.onnx")))
    return folder


def test_members_come_one_after_the_other_and_only_one_is_kept(folder, monkeypatch):
    import gc
    import weakref

    members = load_members("tiny", Runtime(weights=two_members(folder)))
    assert len(members) == 2 and members.provenance["file"] == "tiny.onnx more.onnx"
    alive, answers = [], []
    for net in members:
        gc.collect()
        assert not [one for one in alive if one() is not None]
        alive.append(weakref.ref(net))
        answers.append(net(feed())["y"])
        del net
    np.testing.assert_array_equal(answers[0], answers[1])


def test_a_damaged_member_is_noticed_before_any_work(folder):
    (two_members(folder) / "more.onnx").write_bytes(b"other")
    with pytest.raises(WeightsError, match="SHA-256"):
        load_members("tiny", Runtime(weights=folder))


def test_one_changed_byte_is_noticed(folder):
    weights = folder / "tiny.onnx"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    with pytest.raises(WeightsError, match="SHA-256"):
        load("tiny", Runtime(weights=folder))


def test_missing_weights_are_named(folder):
    (folder / "tiny.onnx").unlink()
    with pytest.raises(WeightsError, match=r"missing \(tiny\.onnx\)"):
        load("tiny", Runtime(weights=folder))


def test_a_file_that_is_no_graph_is_refused(folder):
    import hashlib

    rubbish = b"not a graph"
    (folder / "tiny.onnx").write_bytes(rubbish)
    card = folder / "tiny.toml"
    lines = card.read_text().splitlines()
    replaced = [
        f'"tiny.onnx" = "{hashlib.sha256(rubbish).hexdigest()}"' if line.startswith('"tiny.onnx"') else line
        for line in lines
    ]
    card.write_text("\n".join(replaced))
    with pytest.raises(WeightsError, match="cannot load"):
        load("tiny", Runtime(weights=folder))


def test_wrong_input_names_and_shapes_are_refused(folder):
    net = load("tiny", Runtime(weights=folder))
    with pytest.raises(WeightsError, match="expected"):
        net({"x": feed()["x"]})
    with pytest.raises(WeightsError, match="refused"):
        net(feed() | {"x": np.zeros((2, 5), np.float32)})


@pytest.mark.parametrize("wrong", [{"engine": "abacus"}, {"threads": 0}])
def test_a_wrong_call_is_the_users(folder, wrong):
    with pytest.raises(UsageError):
        load("tiny", Runtime(weights=folder, **wrong))


def test_a_file_that_the_card_does_not_list_is_refused(folder):
    with pytest.raises(WeightsError, match=r"other\.onnx"):
        load("tiny", Runtime(weights=folder), file="other.onnx")


def test_an_engine_that_is_not_installed_says_how_to_get_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(UsageError, match=r"lvcine\[openvino\]"):
        load("tiny", Runtime(engine="openvino", weights=folder))
