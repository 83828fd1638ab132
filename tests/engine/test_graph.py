"""A net that keeps numbers in another file is refused; the truth about ``onnx.proto`` is onnx's own."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, ModelProto, TensorProto, helper

from lvcine.engine import Runtime, load
from lvcine.engine.graph import PARTS, check_graph
from lvcine.errors import WeightsError

from .conftest import tiny_graph
from .test_backends import Core


def tensor(location: str | None = "secret") -> TensorProto:
    """Three bytes; in the file of that name."""
    made = TensorProto(name="t", data_type=TensorProto.UINT8, dims=[3])
    if location is None:
        made.raw_data = b"123"
        return made
    made.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": "3"}.items():
        made.external_data.add(key=key, value=value)
    return made


def sparse(**parts) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=tensor(None), indices=tensor(None), dims=[3], **parts)


def attribute(kind: str, value) -> AttributeProto:
    made = AttributeProto(name="value", type=getattr(AttributeProto, kind))
    field = {"TENSOR": "t", "GRAPH": "g", "SPARSE_TENSOR": "sparse_tensor"}.get(kind, kind.lower())
    if kind.endswith("S"):
        getattr(made, field).append(value)
    else:
        getattr(made, field).CopyFrom(value)
    return made


def node(kind: str, value) -> onnx.NodeProto:
    made = helper.make_node("Constant", [], ["c"])
    made.attribute.append(attribute(kind, value))
    return made


def graph(**parts) -> onnx.GraphProto:
    return onnx.GraphProto(name="inner", **parts)


def places(t: TensorProto) -> dict[str, ModelProto]:
    """A model for every place in which a tensor can stand."""
    values, indices = sparse(), sparse()
    values.values.CopyFrom(t)
    indices.indices.CopyFrom(t)
    function = onnx.FunctionProto(name="f", node=[node("TENSOR", t)])
    default = onnx.FunctionProto(name="f", attribute_proto=[attribute("TENSOR", t)])
    training = onnx.TrainingInfoProto(initialization=graph(initializer=[t]))
    inner = graph(node=[node("GRAPH", graph(initializer=[t]))])
    return {
        "initializer": ModelProto(graph=graph(initializer=[t])),
        "sparse values": ModelProto(graph=graph(sparse_initializer=[values])),
        "sparse indices": ModelProto(graph=graph(sparse_initializer=[indices])),
        "attribute": ModelProto(graph=graph(node=[node("TENSOR", t)])),
        "attribute's list": ModelProto(graph=graph(node=[node("TENSORS", t)])),
        "attribute's sparse": ModelProto(graph=graph(node=[node("SPARSE_TENSOR", values)])),
        "attribute's sparse list": ModelProto(graph=graph(node=[node("SPARSE_TENSORS", values)])),
        "branch": ModelProto(graph=graph(node=[node("GRAPH", inner)])),
        "branches": ModelProto(graph=graph(node=[node("GRAPHS", inner)])),
        "function": ModelProto(graph=graph(), functions=[function]),
        "function's default": ModelProto(graph=graph(), functions=[default]),
        "training": ModelProto(graph=graph(), training_info=[training]),
    }


@pytest.mark.parametrize("place", places(tensor()))
def test_a_tensor_in_another_file_is_found_wherever_it_stands(place):
    with pytest.raises(WeightsError, match=r"another file.*\(a\.onnx\)"):
        check_graph(places(tensor())[place].SerializeToString(), "a.onnx")
    check_graph(places(tensor(None))[place].SerializeToString(), "a.onnx")


def test_no_part_of_a_model_that_can_hold_a_tensor_is_left_out():
    held: dict[str, dict[int, str]] = {}

    def leads_to_a_tensor(message, above=()) -> bool:
        if message.name == "TensorProto":
            return held.setdefault("TensorProto", {}) == {}
        if message.name in above:
            return False
        parts = [f for f in message.fields if f.message_type is not None]
        found = [f for f in parts if leads_to_a_tensor(f.message_type, (*above, message.name))]
        for f in found:
            held.setdefault(message.name, {})[f.number] = f.message_type.name
        return bool(found)

    leads_to_a_tensor(ModelProto.DESCRIPTOR)
    leads_to_a_tensor(AttributeProto.DESCRIPTOR)  # from here the way through a graph is no circle
    assert held == PARTS


def written(model: bytes, folder) -> None:
    card = folder / "tiny.toml"
    before = hashlib.sha256((folder / "tiny.onnx").read_bytes()).hexdigest()
    (folder / "tiny.onnx").write_bytes(model)
    card.write_text(card.read_text().replace(before, hashlib.sha256(model).hexdigest()))


def with_weights_in(location: str) -> bytes:
    model = ModelProto.FromString(tiny_graph())
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location)
    return model.SerializeToString()


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "openvino-bf16"])
@pytest.mark.parametrize("location", ["secret", "../secret", "/etc/hostname", "*/_ORT_MEM_ADDR_/*"])
def test_no_engine_sees_such_a_net_although_the_hash_is_right(
    location, engine, folder, tmp_path_factory, monkeypatch
):
    here = tmp_path_factory.mktemp("started in")
    (here / "secret").write_bytes(np.float16(1).tobytes())
    monkeypatch.chdir(here)
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=Core))
    monkeypatch.setattr(Core, "asked", {})
    written(with_weights_in(location), folder)
    with pytest.raises(WeightsError, match=r"another file.*tiny\.onnx.*save it as one file"):
        load("tiny", Runtime(engine=engine, weights=folder))
    assert not Core.asked


# What protobuf reads as the same: numbers written longer than they need be, fields given twice.
def part(number: int, content: bytes, written: int = 2) -> bytes:
    tag = number << 3 | written
    head = bytes([tag]) if tag < 128 else bytes([tag & 127 | 128, tag >> 7])
    return head + (varint(len(content)) + content if written == 2 else content)


def varint(value: int) -> bytes:
    digits = [value >> shift & 127 for shift in range(0, max(value.bit_length(), 1), 7)]
    return bytes([*(d | 128 for d in digits[:-1]), digits[-1]])


def in_tensor(content: bytes) -> bytes:
    return part(7, part(5, content))


ODD = {
    "place alone": in_tensor(part(14, b"\x01", 0)),
    "name alone": in_tensor(part(13, b"")),
    "place in more bits than it has": in_tensor(part(14, varint(2**32 + 1), 0)),
    "place of a kind that does not exist": in_tensor(part(14, b"\x07", 0)),
    "place first said, then taken back": in_tensor(part(14, b"\x01", 0) + part(14, b"\x00", 0)),
    "long tag": in_tensor(bytes([13 << 3 | 2 | 128, 128, 0]) + b"\x00"),
    "second graph": part(7, b"") + in_tensor(part(13, b"")),
}


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_way_of_writing_it_goes_through(odd):
    with pytest.raises(WeightsError, match="another file"):
        check_graph(ODD[odd], "a.onnx")


def nested(times: int) -> bytes:
    model = b""
    for _ in range(times):
        model = part(1, part(5, part(6, model)))
    return part(7, model)


BROKEN = {
    "nothing": b"",
    "no graph": part(1, b"\x09", 0),
    "a text": b"not a graph",
    "a group": part(7, b"") + bytes([5 << 3 | 3, 5 << 3 | 4]),
    "a field 0": part(7, b"") + b"\x02\x00",
    "a tag of 33 bits": part(7, b"") + b"\xff\xff\xff\xff\x1f\x00",
    "a number without end": part(7, b"") + b"\x08" + b"\x80" * 40,
    "a length beyond the end": b"\x3a\x05\x08\x01",
    "a length of 2 to the 63": b"\x3a" + varint(2**63),
    "a part longer than what it is in": part(7, b"\x2a\x7f") + b"\x00" * 200,
    "graphs in graphs": nested(2000),
    "parts without end": part(7, part(2, b"") * 300_000),
    "a format of ONNX Runtime's own": b"\x3a\x00\x0a\x04ORTM",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_graph_is_refused_at_once(broken):
    began = time.monotonic()
    with pytest.raises(WeightsError, match=r"no ONNX model.*a\.onnx"):
        check_graph(BROKEN[broken], "a.onnx")
    assert time.monotonic() - began < 5


def test_a_graph_cut_off_anywhere_is_refused_or_read_never_anything_else():
    whole = tiny_graph()
    for end in range(len(whole)):
        with contextlib.suppress(WeightsError):
            check_graph(whole[:end], "a.onnx")


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda b: part(7, b)))
def test_any_bytes_are_refused_or_read(data):
    with contextlib.suppress(WeightsError):
        check_graph(data, "a.onnx")


def test_the_shipped_nets_are_whole():
    shipped = [f for f in (files("lvcine") / "weights").iterdir() if f.name.endswith(".onnx")]
    assert shipped
    for file in shipped:
        check_graph(file.read_bytes(), file.name)
