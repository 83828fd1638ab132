"""OpenVINO is an extra and may be absent: a stand-in records what it is asked for."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np

from lvcine.engine import Runtime, load


class Port:
    def __init__(self, name):
        self.name = name

    def get_any_name(self):
        return self.name

    def get_element_type(self):
        return SimpleNamespace(to_dtype=lambda: np.float32)


class Graph:
    inputs = (Port("x"), Port("shift"))
    outputs = (Port("y"),)


class Compiled:
    """Ports keep their order and may lose their names."""

    inputs = (Port("/inner/Cast_x"), Port("/inner/Cast_shift"))
    outputs = (Port("/inner/y"),)

    def __call__(self, inputs):
        return [inputs[0] + inputs[1]]


class Core:
    asked: dict = {}

    def read_model(self, model):
        Core.asked["model"] = model
        return Graph()

    def compile_model(self, graph, device, config):
        Core.asked |= {"graph": graph, "device": device, "config": config}
        return Compiled()


def test_openvino_reads_the_same_file_and_is_asked_for_full_precision(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=Core))
    net = load("tiny", Runtime(engine="openvino", threads=2, weights=folder))
    result = net({"x": np.ones((1, 3)), "shift": np.ones((1, 1))})
    np.testing.assert_array_equal(result["y"], np.full((1, 3), 2.0))
    assert Core.asked["model"] == (folder / "tiny.onnx").read_bytes()
    assert Core.asked["config"] == {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": "2"}
    assert net.provenance["engine"] == "openvino"
