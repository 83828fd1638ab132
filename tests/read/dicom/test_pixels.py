"""Decoding: the same picture through every transfer syntax that can be written here."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from lvcine.read.dicom.header import UnusableError, read_header
from lvcine.read.dicom.pixels import PLUGINS, coded_size, decode


def decoded(path):
    header = read_header(path, 10**9)
    return decode(path.read_bytes(), header.syntax, range(header.shape[0]), path.name)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_native_pixels(dicom, tmp_path, syntax):
    ds = dicom.mr_image(0, 0, 1)
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = dicom.value(0, 0).astype(">u2").tobytes()
    (array,) = decoded(dicom.save(ds, tmp_path / "x", syntax))
    assert np.array_equal(array, dicom.value(0, 0)) and array.dtype.isnative


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_lossless_compression(dicom, tmp_path, syntax):
    ramp = dicom.value(0, 0, 64, 48)
    ds = dicom.mr_image(0, 0, 1, pixels=ramp)
    dicom.save(ds, tmp_path / "plain")
    ds.compress(syntax)
    (array,) = decoded(dicom.save(ds, tmp_path / "x", syntax))
    assert np.array_equal(array, ramp)


def test_chosen_frames_of_many(dicom, tmp_path):
    frames = np.stack([dicom.value(z, 0) for z in range(5)])
    ds = dicom.mr_image(0, 0, 1, pixels=frames, NumberOfFrames=5)
    path = dicom.save(ds, tmp_path / "x")
    arrays = decode(path.read_bytes(), ExplicitVRLittleEndian, [1, 4], "x")
    assert np.array_equal(arrays, frames[[1, 4]])


def test_a_stream_that_claims_another_size_is_not_decoded(dicom, tmp_path):
    ds = dicom.mr_image(0, 0, 1)
    huge = b"\xff\x4f\xff\x51" + struct.pack(">HH4I", 47, 0, 60000, 60000, 0, 0) + bytes(40)
    ds.PixelData = encapsulate([huge])
    ds["PixelData"].is_undefined_length = True
    path = dicom.save(ds, tmp_path / "x", JPEG2000Lossless)
    with pytest.raises(UnusableError, match="coded as 60000 x 60000 but declared as 12 x 10"):
        decoded(path)


@pytest.mark.parametrize(
    ("stream", "size"),
    [
        (bytes.fromhex("ffd8 ffc0 000b 08 0100 0200"), (256, 512)),
        (bytes.fromhex("ffd8 ffe0 0004 0000 ffff c3 000b 10 0010 0020"), (16, 32)),
        (bytes.fromhex("ffd8 fff7 000b 08 0003 0004"), (3, 4)),
        (bytes.fromhex("ff4fff51 002f 0000 00000040 00000030 00000010 00000000") + bytes(9), (48, 48)),
        (b"\xff\xd8\xff", None),
        (b"", None),
        (bytes.fromhex("ffd8 ffe0 ffff"), None),
    ],
)
def test_the_size_in_a_coded_stream(stream, size):
    assert coded_size(stream) == size


def test_the_decoder_of_a_lossy_syntax_is_ours_to_choose():
    assert PLUGINS["1.2.840.10008.1.2.4.50"][0] == "pillow"
    assert PLUGINS["1.2.840.10008.1.2.4.70"] == ("gdcm",)
    assert PLUGINS["1.2.840.10008.1.2.4.91"][0] == "pylibjpeg"
