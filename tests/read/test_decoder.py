"""Codecs that can crash run in a child, and its death costs one file."""

from __future__ import annotations

import io
import sys
import time

import numpy as np
import pytest
from pydicom.uid import JPEG2000Lossless

from lvcine.read import decoder as module
from lvcine.read.decoder import Decoder, serve
from lvcine.read.dicom_header import UnusableError, read_header


@pytest.fixture
def compressed(dicom, tmp_path):
    ramp = dicom.value(0, 0, 64, 48)
    ds = dicom.mr_image(0, 0, 1, pixels=ramp)
    dicom.save(ds, tmp_path / "plain")
    ds.compress(JPEG2000Lossless)
    path = dicom.save(ds, tmp_path / "x", JPEG2000Lossless)
    return path.read_bytes(), read_header(path, 10**9), ramp


def child(code):
    return (sys.executable, "-c", code)


def test_a_fragile_syntax_is_decoded_in_the_child(compressed, monkeypatch):
    data, header, ramp = compressed
    monkeypatch.setattr(module, "decode", None)  # not in this process
    with Decoder() as decoder:
        for _ in range(2):  # one child serves all files
            assert np.array_equal(decoder.frames(data, header, [0])[0], ramp)


def test_native_pixels_need_no_child(dicom, tmp_path):
    path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x")
    with Decoder(command=("no such program",)) as decoder:
        (array,) = decoder.frames(path.read_bytes(), read_header(path, 10**9), [0])
    assert np.array_equal(array, dicom.value(0, 0))


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "print('nonsense', flush=True); import time; time.sleep(60)",
        'import sys; sys.stdin.buffer.readline(); print(\'{"bytes": 10, "error": ""}\')',
    ],
)
def test_a_child_that_dies_or_lies_is_one_unreadable_file(compressed, code):
    data, header, _ = compressed
    with (
        Decoder(command=child(code)) as decoder,
        pytest.raises(UnusableError, match="cannot be decoded") as caught,
    ):
        decoder.frames(data, header, [0])
    assert caught.value.broken and caught.value.where == "x"


def test_a_child_that_hangs_is_ended(compressed, monkeypatch):
    data, header, _ = compressed
    monkeypatch.setattr(module, "SECONDS", 0.3)
    with Decoder(command=child("import time; time.sleep(60)")) as decoder:
        start = time.monotonic()
        with pytest.raises(UnusableError):
            decoder.frames(data, header, [0])
        assert time.monotonic() - start < 20


def test_after_a_death_a_new_child_takes_over_but_not_for_ever(compressed, tmp_path):
    data, header, _ = compressed
    log = tmp_path / "log"
    code = f"open({str(log)!r}, 'a').write('x'); import os; os.abort()"
    with Decoder(command=child(code)) as decoder:
        for _ in range(9):
            with pytest.raises(UnusableError):
                decoder.frames(data, header, [0])
    assert len(log.read_text()) == 5


def test_the_child_answers_damage_with_its_reason(compressed):
    _, header, _ = compressed
    answers = io.BytesIO()
    request = b'{"syntax": "%s", "frames": [0], "bytes": 7}\nrubbish' % header.syntax.encode()
    serve(io.BytesIO(request), answers)
    assert b"pixels cannot be decoded" in answers.getvalue()


def test_pictures_are_counted(dicom, tmp_path):
    path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x")
    seen = []
    Decoder(tick=seen.append).frames(path.read_bytes(), read_header(path, 10**9), [0])
    assert seen == [1]
