"""Messages between a child and its parent: a kind, a value, and its arrays as plain bytes."""

from __future__ import annotations

import io
import pickle
import struct
from typing import IO, Any

_HEAD = struct.Struct("<cII")  # kind, bytes of the value, number of buffers
_SIZE = struct.Struct("<Q")
_MOST_BYTES = 1 << 30  # of a value without its arrays

REQUEST, RESULT, REFUSAL, ALIVE, PROGRESS = b"q", b"r", b"e", b"a", b"p"

_NUMPY = {"_frombuffer", "_reconstruct", "scalar", "ndarray", "dtype"}


def send(pipe: IO[bytes], kind: bytes, value: Any = None) -> None:
    """Write one message."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [buffer.raw() for buffer in buffers]
    pipe.write(_HEAD.pack(kind, len(body), len(parts)))
    pipe.write(body)
    for part in parts:
        pipe.write(_SIZE.pack(part.nbytes))
        pipe.write(part)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, Any]:
    """Read one message.

    Raises
    ------
    EOFError
        The other side has ended, or what came is no message.
    """
    kind, size, count = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    if size > _MOST_BYTES:
        raise EOFError
    body = _exactly(pipe, size)
    buffers = [_exactly(pipe, *_SIZE.unpack(_exactly(pipe, _SIZE.size))) for _ in range(count)]
    try:
        return kind, _Values(io.BytesIO(body), buffers=buffers).load()
    except Exception as error:  # a child whose memory was overwritten may send anything
        raise EOFError from error


def _exactly(pipe: IO[bytes], size: int) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = pipe.readinto(view[got:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        got += count
    return data


class _Values(pickle.Unpickler):
    """Rebuilds lvcine's own dataclasses, NumPy's arrays and plain values; calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        numpy = module.partition(".")[0] == "numpy" and (name in _NUMPY or module == "numpy.dtypes")
        if (
            numpy
            or (module, name) == ("pathlib", "PosixPath")
            or (module, name) == ("pathlib", "WindowsPath")
        ):
            return super().find_class(module, name)
        if module.startswith("lvcine.") and isinstance(found := super().find_class(module, name), type):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is not sent between processes")
