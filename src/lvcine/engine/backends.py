"""The engines that run an ONNX graph, each behind the same small face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lvcine.engine import silent
from lvcine.errors import UsageError, WeightsError

Arrays = dict[str, NDArray[Any]]


class Session(NamedTuple):
    """A graph that is ready to run.

    Attributes
    ----------
    inputs : dict
        Name -> dtype of every input.
    run : callable
        Arrays by input name -> arrays by output name.
    """

    inputs: Mapping[str, np.dtype[Any]]
    run: Callable[[Mapping[str, NDArray[Any]]], Arrays]


PROVIDERS = {
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime on macOS"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml on Windows"),
}
"""Engine -> what ONNX Runtime calls it, and the package that has it."""


def onnxruntime_session(model: bytes, threads: int, engine: str = "") -> Session:
    """ONNX Runtime in the graph's own precision (f32), on the processor or on what ``engine`` names.

    Raises
    ------
    UsageError
        ONNX Runtime does not offer it here. It never falls back to the processor in silence; operators that
        an accelerator lacks run there.
    """
    ort = silent.onnxruntime()
    offered = ort.get_available_providers()
    wanted, package = PROVIDERS.get(engine, ("CPUExecutionProvider", ""))
    if wanted not in offered:
        here = ["onnxruntime", *(name for name, (provider, _) in PROVIDERS.items() if provider in offered)]
        raise UsageError(
            f"ONNX Runtime offers no {engine} on this machine",
            advice=f"take one of {', '.join(here)}; {engine} comes with {package}, in place of onnxruntime",
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers = list(dict.fromkeys((wanted, "CPUExecutionProvider")))
    session = ort.InferenceSession(model, options, providers=providers)
    if session.get_providers()[0] != wanted:
        raise UsageError(
            f"{engine} could not be started by ONNX Runtime",
            advice="check its driver and libraries, or take --engine onnxruntime",
        )
    outputs = [output.name for output in session.get_outputs()]

    def run(inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        return dict(zip(outputs, session.run(outputs, dict(inputs)), strict=True))

    return Session({i.name: _dtype(i.type) for i in session.get_inputs()}, run)


def openvino_session(model: bytes, threads: int, precision: str = "f32") -> Session:
    """OpenVINO on the processor; f32 is asked for, because its own default may be bf16.

    ``bf16`` takes half the time on processors that have it, and is f32 on the others.
    """
    try:
        ov = silent.openvino()
    except ImportError as error:
        raise UsageError("OpenVINO is not installed", advice="pip install 'lvcine[openvino]'") from error

    core = ov.Core()
    config = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": str(threads)}
    graph = core.read_model(model)
    # The names of the graph: a compiled model may know a port by a name of its own as well.
    wanted, outputs = ([port.get_any_name() for port in ports] for ports in (graph.inputs, graph.outputs))
    compiled = core.compile_model(graph, "CPU", config)

    def run(inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        results = compiled([inputs[name] for name in wanted])
        return {name: np.array(results[k]) for k, name in enumerate(outputs)}

    dtypes = {
        name: np.dtype(port.get_element_type().to_dtype())
        for name, port in zip(wanted, compiled.inputs, strict=True)
    }
    return Session(dtypes, run)


ENGINES: dict[str, Callable[[bytes, int], Session]] = {
    "onnxruntime": onnxruntime_session,
    **{name: partial(onnxruntime_session, engine=name) for name in PROVIDERS},
    "openvino": openvino_session,
    "openvino-bf16": partial(openvino_session, precision="bf16"),
}

_DTYPES = {"float": "float32", "float16": "float16", "double": "float64", "int64": "int64", "bool": "bool"}


def _dtype(onnx_type: str) -> np.dtype[Any]:
    """The numpy type of ``tensor(float)`` and its kin."""
    kind = onnx_type.removeprefix("tensor(").removesuffix(")")
    if kind not in _DTYPES:
        raise WeightsError(f"the net takes {onnx_type}, which lvcine does not feed")
    return np.dtype(_DTYPES[kind])
