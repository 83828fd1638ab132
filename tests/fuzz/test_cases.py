"""Every fault that the fuzzer or an attack found, as small as it can be made, named by what is wrong."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.uid import JPEG2000Lossless

from lvcine.errors import LvcineError, ReadError
from lvcine.phantom.write import write_dicom_mr, write_nifti
from lvcine.read import catalogue, open_study

from .dicom_tree import Element, parsed, written
from .judge import judged
from .scans_dicom import cine
from .scans_plain import mat, zipped


def refused(path: Path) -> str:
    """The one line that reading ends with, by both doors; in no case a dead child or a fault."""
    verdict = judged("case", path, {})
    assert not verdict.faults and not verdict.deaths
    with pytest.raises(LvcineError) as by_catalogue:
        catalogue(path)
    with pytest.raises(LvcineError) as by_opening:
        open_study(path)
    assert str(by_catalogue.value) == str(by_opening.value)
    return str(by_opening.value)


def read(path: Path) -> None:
    """Both doors open, without a fault and without a dead child."""
    verdict = judged("case", path, {})
    assert (verdict.outcome, verdict.faults, verdict.deaths) == ("read", [], [])


# ---- MATLAB --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "byte"),
    [(144, 5), (145, 14), (145, 255), (180, 14), (192, 0), (192, 128), (193, 1), (193, 14), (193, 255)],
)
def test_a_byte_of_a_matlab_file_that_ended_the_process(tmp_path, at, byte):
    """SciPy's parser dies of each, in the child: a sparse array that is none, sizes that are not there."""
    data = bytearray(mat({"image": np.arange(960.0).reshape(6, 8, 20), "pix_spacing": 1.25}, packed=False))
    data[at] = byte
    (tmp_path / "a.mat").write_bytes(data)
    verdict = judged("case", tmp_path / "a.mat", {})
    assert not verdict.faults


# ---- memory for what is not there ----------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 3])
def test_a_numpy_header_of_four_gigabytes(tmp_path, version):
    data = (
        b"\x93NUMPY" + bytes([version, 0]) + b"\xff\xff\xff\xff" + b"{'descr': '<u2', 'fortran_order': False}"
    )
    (tmp_path / "a.npy").write_bytes(data)
    assert "not a NumPy file, damaged" in refused(tmp_path / "a.npy")


def test_an_array_in_an_archive_that_is_larger_than_its_entry(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 20, 3000, 3000), }"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(4000)
    (tmp_path / "a.npz").write_bytes(zipped({"pixels.npy": data}))
    assert "not a NumPy file, damaged" in refused(tmp_path / "a.npz")


def test_a_chunk_of_a_picture_that_claims_four_gigabytes(tmp_path):
    for t in range(3):
        Pillow.fromarray(np.full((9, 9), t, np.uint8)).save(tmp_path / f"{t}.png")
    data = (tmp_path / "1.png").read_bytes()
    at = data.index(b"IDAT")
    (tmp_path / "1.png").write_bytes(data[: at - 4] + b"\xeb\xed\xbf\xd8" + data[at:])
    verdict = judged("case", tmp_path, {})
    assert not verdict.faults and not verdict.deaths


# ---- velocity scans ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a" * 5000, ".", "./", "a/" * 3000 + "b", "\ud800.nii", "a\nb", "\x1b[31m.nii"]
)
def test_a_sidecar_that_names_what_no_file_system_holds(tmp_path, name):
    facts = {"magnitude": "a.nii", "velocity": ["a.nii", name, "a.nii"], "venc_cm_s": 20}
    (tmp_path / "a.json").write_bytes(json.dumps(facts).encode())
    write_nifti(cine(1, 3, 12), tmp_path / "a.nii")
    assert "missing" in refused(tmp_path) or "outside" in refused(tmp_path)


# ---- DICOM ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("undefined", [False, True])
def test_forty_thousand_descriptions_of_one_frame(tmp_path, undefined):
    """They took two seconds a file, in each file of a folder."""
    paths = write_dicom_mr(cine(1, 4), tmp_path / "scan", vendor="ge")
    for path in paths[1:]:
        tree = parsed(path.read_bytes())
        tree.body.append(Element(0x52009230, b"SQ", items=[[]] * 40_000, undefined=undefined))
        tree.body.sort(key=lambda element: element.tag)
        path.write_bytes(written(tree))
    verdict = judged("case", tmp_path / "scan", {})
    assert not verdict.faults and not verdict.deaths
    assert verdict.child_seconds < 4.0


def test_forty_thousand_items_where_a_number_belongs(tmp_path):
    """They were passed over with the header and built with the pixels."""
    paths = write_dicom_mr(cine(1, 3), tmp_path / "scan", vendor="ge")
    for path in paths:
        tree = parsed(path.read_bytes())
        tree.body = [element for element in tree.body if element.tag != 0x00280006]  # PlanarConfiguration
        tree.body.append(Element(0x00280006, b"SQ", items=[[]] * 40_000))
        tree.body.sort(key=lambda element: element.tag)
        path.write_bytes(written(tree))
    verdict = judged("case", tmp_path / "scan", {})
    assert not verdict.faults and not verdict.deaths and verdict.outcome == "ReadError"
    assert verdict.child_seconds < 2.0


@pytest.mark.parametrize("side", [5000, 11_000])
def test_a_coded_picture_of_more_pixels_than_its_bytes_can_hold(tmp_path, side):
    """A decoder of JPEG 2000 took eight seconds and gigabytes for each."""
    for path in write_dicom_mr(cine(1, 3, 32), tmp_path / "scan", vendor="ge"):
        ds = pydicom.dcmread(path)
        ds.compress(JPEG2000Lossless, generate_instance_uid=False)
        sizes = struct.pack(">2I", 32, 32), struct.pack(">2I", side, side)
        ds.PixelData = ds.PixelData.replace(*sizes)  # of the picture, and of its one tile
        ds.Rows = ds.Columns = side
        ds.save_as(path)
    verdict = judged("case", tmp_path / "scan", {})
    assert not verdict.faults and not verdict.deaths and verdict.outcome == "ReadError"
    assert verdict.child_seconds < 2.0 and verdict.child_bytes < 1 << 29
    with pytest.raises(ReadError, match=f"{side} x {side} pixels in"):
        open_study(tmp_path / "scan")


def test_the_errors_name_the_file_and_no_folder(tmp_path):
    (tmp_path / "DOE-JANE").mkdir()
    (tmp_path / "DOE-JANE" / "a.mat").write_bytes(mat({"a": np.eye(3)}, packed=True))
    with pytest.raises(ReadError) as error:
        open_study(tmp_path / "DOE-JANE" / "a.mat")
    assert "a.mat" in str(error.value) and "DOE" not in str(error.value)
