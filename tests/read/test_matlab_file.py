"""MATLAB files without SciPy's parser: the same numbers, and a word instead of a crash."""

from __future__ import annotations

import random
import struct
import zlib

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from lvcine.errors import ReadError
from lvcine.read.matlab_file import MatlabFile

TYPES = "int8 uint8 int16 uint16 int32 uint32 int64 uint64 float32 float64".split()


def values():
    draw = np.random.default_rng(0)
    numbers = {kind: draw.integers(0, 100, (3, 4, 5)).astype(kind) for kind in TYPES}
    return {**numbers, "small": np.array([[2]], np.uint8), "truth": np.eye(3) > 0, "flat": np.zeros((0, 3))}


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_are_those_that_were_saved(tmp_path, packed):
    others = {"text": "abc", "struct": {"a": 1}, "cell": np.array([1, "a"], object)}
    savemat(tmp_path / "a.mat", values() | others, do_compression=packed)
    file = MatlabFile(tmp_path / "a.mat")
    for name, saved in values().items():
        assert file.shapes[name] == saved.shape and file.holds_numbers(name)
        assert np.array_equal(file.numbers(name), saved)
    assert not any(file.holds_numbers(name) for name in others)
    with pytest.raises(ReadError, match="text is of another type"):
        file.numbers("text")


def test_the_other_byte_order(tmp_path):
    """A file as a big-endian machine writes it, by the layout of the format's description."""
    name, data = b"image".ljust(8, b"\0"), np.arange(6, dtype=">f8").tobytes()
    body = struct.pack(">IIIIIIii", 6, 8, 6, 0, 5, 8, 2, 3) + struct.pack(">II", 1, 5) + name
    body += struct.pack(">II", 9, len(data)) + data
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    (tmp_path / "a.mat").write_bytes(header + struct.pack(">II", 14, len(body)) + body)
    assert np.array_equal(MatlabFile(tmp_path / "a.mat").numbers("image"), [[0, 2, 4], [1, 3, 5]])
    assert np.array_equal(loadmat(tmp_path / "a.mat")["image"], [[0, 2, 4], [1, 3, 5]])


def test_a_little_that_inflates_to_much_is_refused_before_it_does(tmp_path):
    size = 1 << 31
    claim = struct.pack(
        "<IIIIIIiiIIHH4sII", 14, size, 6, 8, 6, 0, 5, 8, 1 << 14, 1 << 14, 1, 1, b"a", 9, size - 48
    )
    packed = zlib.compress(claim.ljust(4096, b"\0"))
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, len(packed))
    (tmp_path / "a.mat").write_bytes(head + packed)
    file = MatlabFile(tmp_path / "a.mat")
    assert file.shapes == {"a": (1 << 14, 1 << 14)}
    with pytest.raises(ReadError, match="absurd size"):
        file.numbers("a")


@pytest.mark.parametrize("packed", [False, True])
def test_no_byte_of_it_is_believed(tmp_path, packed):
    """Whatever single bytes are changed: read or refused, in this process, which a crash would end."""
    savemat(tmp_path / "a.mat", values(), do_compression=packed)
    whole, draw, refused = (tmp_path / "a.mat").read_bytes(), random.Random(0), 0
    for _ in range(400):
        data = bytearray(whole)
        data[draw.randrange(116, len(data))] = draw.choice([0, 1, 127, 128, 255, draw.randrange(256)])
        (tmp_path / "a.mat").write_bytes(data[: draw.choice([len(data), draw.randrange(len(data))])])
        try:
            file = MatlabFile(tmp_path / "a.mat")
            for name in filter(file.holds_numbers, file.shapes):
                assert file.numbers(name).shape == file.shapes[name]
        except ReadError as error:
            refused += 1
            assert "damaged" in error.found or "type" in error.found or "absurd" in error.found
    assert refused > 100


def test_variables_beyond_count_are_refused(tmp_path):
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "a.mat").write_bytes(header + struct.pack("<II", 2, 0) * 20_000)
    with pytest.raises(ReadError, match="absurdly many"):
        MatlabFile(tmp_path / "a.mat")
