"""Whether an ONNX file is whole: no tensor of it may lie in another file.

ONNX lets a tensor name a file beside the model that holds its numbers. The hash in the card covers the model
alone, and both engines look for the other file in the folder that lvcine was started in. So a graph that
names one is refused before an engine sees it, whether the file exists or not.

The walk knows of ``onnx.proto`` only which parts may hold a tensor, and steps over all else by its length.
Where it and the engines' own parser could read the same bytes in two ways, the file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from lvcine.errors import WeightsError

# Kind of message -> number of a field -> kind of the message there.
PARTS: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 20: "TrainingInfoProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto", 22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TrainingInfoProto": {1: "GraphProto", 2: "GraphProto"},
    "TensorProto": {},
}  # fmt: skip
_GRAPH, _EXTERNAL_DATA, _DATA_LOCATION = 7, 13, 14

_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5  # how a field is written
_MOST_FIELDS = 2**18  # the largest net of lvcine has 14 500; so many are walked in half a second
_MOST_DEEP = 100  # messages in messages: what protobuf itself reads
_MOST_TAG = 2**32


class _BrokenError(ValueError):
    """Bytes that are no ONNX model."""


def check_graph(model: bytes, where: str) -> None:
    """Refuse an ONNX file that is not complete in itself; ``where`` names it in the message.

    Raises
    ------
    WeightsError
        A tensor in another file, bytes that are no ONNX model, or more parts than any net has.

    Examples
    --------
    >>> check_graph(bytes([0x3A, 0]), "empty.onnx")
    """
    try:
        outside = _tensor_outside(model)
    except _BrokenError as error:
        raise WeightsError(f"cannot load what is no ONNX model: {error}", where=where) from error
    if outside:
        raise WeightsError(
            "the net keeps numbers in another file, which its card's hash does not cover",
            where=where,
            advice="save it as one file, without external data",
        )


def _tensor_outside(model: bytes) -> bool:
    if model[4:8] == b"ORTM":  # ONNX Runtime's own format, which it knows by these letters
        raise _BrokenError("it is of ONNX Runtime's own format")
    waiting = [("ModelProto", 0, len(model), 0)]
    fields, graphs = 0, 0
    while waiting:
        kind, start, end, depth = waiting.pop()
        if depth > _MOST_DEEP:
            raise _BrokenError(f"graphs in graphs, more than {_MOST_DEEP} deep")
        inner = PARTS[kind]
        for number, written, low, high in _fields(model, start, end):
            fields += 1
            if fields > _MOST_FIELDS:
                raise _BrokenError(f"it has more than {_MOST_FIELDS} parts")
            if kind == "TensorProto" and _is_outside(number, written, low):
                return True
            if number in inner and written == _LENGTH:
                waiting.append((inner[number], low, high, depth + 1))
                graphs += depth == 0 and number == _GRAPH
    if not graphs:
        raise _BrokenError("it has no graph")
    return False


def _is_outside(number: int, written: int, value: int) -> bool:
    """Of a field of a tensor; a place other than 0, "in this file", is none that lvcine knows."""
    return number == _EXTERNAL_DATA or (number == _DATA_LOCATION and (written != _VARINT or value != 0))


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(number, way it is written, value or start of the contents, their end) of each field of a message."""
    while at < end:
        tag, at = _varint(data, at, end)
        number, written = tag >> 3, tag & 7
        if tag >= _MOST_TAG or number == 0:
            raise _BrokenError(f"a field has the number {number}")
        low = at
        if written == _VARINT:
            low, at = _varint(data, at, end)
        elif written == _LENGTH:
            length, low = _varint(data, at, end)
            at = low + length
        elif written == _FIXED_64:
            at += 8
        elif written == _FIXED_32:
            at += 4
        else:  # groups, which ONNX does not have
            raise _BrokenError(f"a field is written in the way {written}")
        if at > end:
            raise _BrokenError("it is cut off")
        yield number, written, low, at


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, lowest first, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise _BrokenError("it is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _BrokenError("a number has more than ten bytes")
