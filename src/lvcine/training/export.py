"""A trained net as ONNX with weights stored in half precision or in eight bits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lvcine.study import F32
from lvcine.training.task import Graph


class Exported(nn.Module):
    """A net in the form that is shipped: what ``give(net, *inputs)`` gives.

    Examples
    --------
    >>> Exported(nn.ReLU(), lambda net, x: net(x) + 1)(torch.tensor([-1.0, 2.0]))
    tensor([1., 3.])
    """

    def __init__(self, net: nn.Module, give: Callable[..., Tensor]) -> None:
        super().__init__()
        self.net, self.give = net, give

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.give(self.net, *inputs)


def export_graph(graph: Graph, folder: Path) -> str:
    """Write a graph's file and return its SHA-256.

    Of one that is not folded :func:`parameters_of` finds every parameter again; the engine folds norms into
    convolutions when it loads it. The net is run in 32 bits, however many a stored weight has.
    """
    file = folder / graph.file
    mode = torch.onnx.TrainingMode.EVAL if graph.folded else torch.onnx.TrainingMode.PRESERVE
    with torch.no_grad():
        torch.onnx.export(
            graph.net.eval(), tuple(graph.inputs.values()), str(file), input_names=list(graph.inputs),
            output_names=list(graph.outputs), dynamic_axes=dict(graph.dynamic), opset_version=17,
            dynamo=False, training=mode, do_constant_folding=graph.folded,
        )  # fmt: skip
    _shrink(file, graph.bits)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def parameters_of(file: Path) -> dict[str, Tensor]:
    """Parameters of a graph that was not folded, by the names that they had in the net.

    Where the exporter puts a norm into the convolution before it, that has a bias and there is no norm.
    """
    import onnx
    from onnx import numpy_helper

    stored = onnx.load(str(file)).graph.initializer
    arrays = {w.name.removesuffix("_half"): numpy_helper.to_array(w).astype(np.float32) for w in stored}
    for name in [n for n in arrays if n.endswith("_whole")]:
        whole = name.removesuffix("_whole")
        arrays[whole] = arrays.pop(name) * arrays.pop(f"{whole}_scale")
    return {name: torch.from_numpy(a.copy()) for name, a in arrays.items()}


def _shrink(file: Path, bits: int) -> None:
    """Store float32 weights smaller; nodes in front of each give float32 back at load."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(file))
    graph = model.graph
    nodes, stored = [], []
    for weight in graph.initializer:
        array, name = numpy_helper.to_array(weight), weight.name
        if array.dtype != np.float32 or array.ndim < 2:  # scales and means are few, and may be tiny
            stored.append(weight)
        elif bits == 8 and array.ndim == 4:
            whole, scale = _eight_bits(array)
            stored += [
                numpy_helper.from_array(whole, f"{name}_whole"),
                numpy_helper.from_array(scale, f"{name}_scale"),
            ]
            nodes += [
                helper.make_node("Cast", [f"{name}_whole"], [f"{name}_cast"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{name}_cast", f"{name}_scale"], [name]),
            ]
        else:
            stored.append(numpy_helper.from_array(array.astype(np.float16), f"{name}_half"))
            nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes += list(graph.node)
    for field, values in ((graph.node, nodes), (graph.initializer, stored)):
        del field[:]
        field.extend(values)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def _eight_bits(array: F32) -> tuple[NDArray[np.int8], F32]:
    """Integers of -127 to 127 and a scale per filter (first axis)."""
    top = np.abs(array).max(axis=(1, 2, 3), keepdims=True)
    scale = np.asarray(np.maximum(top, 1e-12) / 127.0, np.float32)
    return np.round(array / scale).astype(np.int8), scale
