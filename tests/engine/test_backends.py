"""OpenVINO is an extra and may be absent: a stand-in records what it is asked for."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from lvcine.engine import Runtime, load
from lvcine.engine.backends import ENGINES, PROVIDERS
from lvcine.errors import UsageError


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


def offering(*providers, started=None):
    """An ONNX Runtime that offers these, and starts with these or others."""

    class Session:
        def __init__(self, model, options, providers):
            Session.asked = providers

        def get_providers(self):
            return started or Session.asked

        def get_outputs(self):
            return []

        get_inputs = get_outputs

    ort = SimpleNamespace(
        get_available_providers=lambda: list(providers),
        SessionOptions=SimpleNamespace,
        InferenceSession=Session,
    )
    return ort, Session


@pytest.mark.parametrize("engine", PROVIDERS)
def test_an_accelerator_is_used_where_onnx_runtime_offers_it(engine, monkeypatch):
    provider = PROVIDERS[engine][0]
    ort, session = offering(provider, "CPUExecutionProvider")
    monkeypatch.setattr("lvcine.engine.silent.onnxruntime", lambda: ort)
    ENGINES[engine](b"", 1)
    assert session.asked == [provider, "CPUExecutionProvider"]


@pytest.mark.parametrize("engine", PROVIDERS)
def test_an_accelerator_that_is_not_there_is_one_error(engine, monkeypatch):
    ort, _ = offering("CPUExecutionProvider")
    monkeypatch.setattr("lvcine.engine.silent.onnxruntime", lambda: ort)
    with pytest.raises(UsageError, match=f"offers no {engine}"):
        ENGINES[engine](b"", 1)
    ort, _ = offering(PROVIDERS[engine][0], "CPUExecutionProvider", started=["CPUExecutionProvider"])
    with pytest.raises(UsageError, match="could not be started"):
        ENGINES[engine](b"", 1)


def test_the_command_and_the_options_know_every_engine():
    from typing import get_args

    from lvcine.cli.options import Engine as of_command
    from lvcine.pipeline.options import Engine

    assert set(get_args(Engine)) == set(ENGINES)
    assert str(get_args(of_command)[0]).count("cuda") == 1
