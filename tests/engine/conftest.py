"""A net small enough to write by hand: y = w * x + x[0], with w stored in half precision."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

SCALE = np.float16(0.1)  # not exact in binary: f32 arithmetic on it differs from f16 arithmetic


def tiny_graph() -> bytes:
    weights = numpy_helper.from_array(np.array([SCALE], np.float16), "w16")
    nodes = [
        helper.make_node("Cast", ["w16"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "w"], ["scaled"]),
        helper.make_node("Add", ["scaled", "shift"], ["y"]),
    ]
    float_input = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in (("x", 3), ("shift", 1))
    ]
    output = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])]
    graph = helper.make_graph(nodes, "tiny", float_input, output, [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def write_card(folder, name="tiny", **changes):
    model = tiny_graph()
    (folder / f"{name}.onnx").write_bytes(model)
    lines = {
        "name": f'"{name}"',
        "first_line": '"Learned from nothing: a test."',
        "licence": '"Apache-2.0"',
        "code_version": '"0.1.0"',
        "intended_use": '"tests"',
        "known_failures": '["everything"]',
    } | changes
    head = "\n".join(f"{key} = {value}" for key, value in lines.items())
    (folder / f"{name}.toml").write_text(
        f"""{head}
[files]
"{name}.onnx" = "{hashlib.sha256(model).hexdigest()}"
[input]
axes = ["batch", "channel"]
spacing_mm = 1.5
size = [3]
channels = ["a", "b", "c"]
normalisation = "none"
[labels]
0 = "background"
1 = "cavity"
[split]
training = ["one", "two"]
reporting = ["three"]
[results.dice]
cavity = 0.5
"""
    )
    return folder


@pytest.fixture
def folder(tmp_path):
    return write_card(tmp_path)
