"""Contours in a mask's header come back, and whatever else lies there is none."""

from __future__ import annotations

import struct

import nibabel
import numpy as np
import pytest

from lvcine.read.mask_contours import (
    COMMENT,
    MaskContours,
    contours_of_preamble,
    contours_text,
    read_contours,
)
from lvcine.read.nifti.file import read_file
from lvcine.study import Contour

POINTS = np.random.default_rng(2).uniform(0, 300, (60, 2))
GIVEN = MaskContours(
    (Contour(POINTS), None),
    (Contour(POINTS + 1), None),
    ((POINTS[0], POINTS[9]), None),
    (None, Contour(POINTS[:5])),
)


def extension(text: bytes, code: int = COMMENT) -> bytes:
    size = -(-(len(text) + 8) // 16) * 16
    return struct.pack("<ii", size, code) + text.ljust(size - 8, b"\0")


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_contours_come_back_from_a_file_beside_other_extensions(tmp_path, kind, name):
    image = kind(np.zeros((4, 5, 1, 2), np.int16), np.eye(4))
    for text in (b"somebody's remark", contours_text(GIVEN)):
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(COMMENT, text))
    nibabel.save(image, tmp_path / name)
    file = read_file(tmp_path / name, 1000)
    found = contours_of_preamble(file.preamble, file.header.endianness)
    assert np.allclose(found.endo[0].points, POINTS, atol=6e-4) and found.endo[1] is None
    assert np.allclose(found.epi[0].points, POINTS + 1, atol=6e-4)
    assert np.allclose(found.hinges[0], (POINTS[0], POINTS[9]), atol=6e-4) and found.hinges[1] is None
    assert found.atrium[0] is None and len(found.atrium[1].points) == 5


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"lvcine_contours",
        b'{"lvcine_contours":2,"endo":[],"epi":[],"atrium":[],"hinges":[]}',
        b'{"lvcine_contours":1,"endo":[]}',
        b'{"lvcine_contours":1,"endo":[null],"epi":[],"atrium":[],"hinges":[]}',
        b'{"lvcine_contours":1,"endo":[[1,2,3]],"epi":[null],"atrium":[],"hinges":[null]}',
        b'{"lvcine_contours":1,"endo":[[1,2,3,4]],"epi":[null],"atrium":[],"hinges":[null]}',
        b'{"lvcine_contours":1,"endo":[[1,2,3,4,NaN,6]],"epi":[null],"atrium":[],"hinges":[null]}',
        b'{"lvcine_contours":1,"endo":[[1,2,3,4,1e99,6]],"epi":[null],"atrium":[],"hinges":[null]}',
        b'{"lvcine_contours":1,"endo":[["a","b"]],"epi":[null],"atrium":[],"hinges":[null]}',
        b'{"lvcine_contours":1,"endo":[null],"epi":[null],"atrium":[],"hinges":[[1,2]]}',
        b'{"lvcine_contours":1,"endo":' + b"[" * 100_000,
    ],
)
def test_damaged_text_holds_none(text):
    assert read_contours(text) is None
    assert contours_of_preamble(b"\1\0\0\0" + extension(text), "<") is None


@pytest.mark.parametrize(
    "preamble",
    [
        b"",
        b"\0\0\0\0" + extension(contours_text(GIVEN)),  # says that there is none
        b"\1\0\0\0" + extension(contours_text(GIVEN), code=4),
        b"\1\0\0\0" + struct.pack("<ii", 0, COMMENT) * 9,
        b"\1\0\0\0" + struct.pack("<ii", -16, COMMENT) * 9,
        b"\1\0\0\0" + struct.pack("<ii", 2**31 - 1, COMMENT) + contours_text(GIVEN),
        (b"\1\0\0\0" + extension(contours_text(GIVEN)))[:-16],
    ],
)
def test_a_preamble_without_them_holds_none(preamble):
    assert contours_of_preamble(preamble, "<") is None
