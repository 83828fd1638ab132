"""A trained net as ONNX with weights stored in half precision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import nn


def export(
    net: nn.Module, shape: tuple[int, ...], file: Path, dynamic: dict[int, str], names: tuple[str, str]
) -> str:
    """Write ``file`` and return its SHA-256.

    Parameters
    ----------
    net : Module
        In eval mode, one input, one output.
    shape : tuple of int
        Of an example input.
    dynamic : dict of axis -> name
        Axes of the input whose length may change.
    names : (input, output)
    """
    with torch.no_grad():
        torch.onnx.export(
            net.eval(), (torch.zeros(shape),), str(file), input_names=[names[0]], output_names=[names[1]],
            dynamic_axes={names[0]: dynamic, names[1]: dynamic}, opset_version=17, dynamo=False,
        )  # fmt: skip
    _halve(file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _halve(file: Path) -> None:
    """Store float32 weights as float16; a Cast in front of each gives float32 back at load."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(file))
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        array = numpy_helper.to_array(weight)
        if array.dtype == np.float32 and array.size > 16:
            casts.append(
                helper.make_node("Cast", [f"{weight.name}_half"], [weight.name], to=TensorProto.FLOAT)
            )
            weight.CopyFrom(numpy_helper.from_array(array.astype(np.float16), f"{weight.name}_half"))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
