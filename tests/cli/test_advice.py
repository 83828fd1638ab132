"""Advice fits the fault: a converter for a format, ultrasound for ultrasound, no copy for a codec."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from pydicom.encaps import encapsulate
from tests.read.conftest import ge, mr_image, save, save_all

from lvcine.cli.main import run
from lvcine.errors import LvcineError
from lvcine.read import open_study


def refusal(path):
    with pytest.raises(LvcineError) as error:
        open_study(path)
    return error.value


UNREAD = "1.2.840.10008.1.2.4.58"  # JPEG lossless, a retired process


def coded(ds):
    ds.PixelData = encapsulate([b"\xff\xd8 a picture "])
    ds["PixelData"].is_undefined_length = True
    return ds


NRRD = b"NRRD0004\n# Complete NRRD file format specification\ntype: short\ndimension: 4\n\n" + bytes(64)
MHA = b"ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 4 4 4\nElementDataFile = LOCAL\n" + bytes(
    64
)
ANALYZE = (348).to_bytes(4, "little") + bytes(34) + b"r" + bytes(309)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.seq.nrrd", NRRD, "NRRD"), ("a.mha", MHA, "MetaImage"), ("a.hdr", ANALYZE, "Analyze")],
)
def test_formats_that_are_not_read_are_named_with_a_converter(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    for path in (tmp_path / name, tmp_path):
        error = refusal(path)
        assert said in error.found and "convert" in error.advice and "NIfTI" in error.advice


def test_a_codec_that_is_not_read_is_no_fault_of_the_copy(tmp_path):
    for k, ds in enumerate(ge(3, 8)):
        save(coded(ds), tmp_path / f"{k}", UNREAD)
    error = refusal(tmp_path)
    assert "transfer syntax" in error.found and "decompress" in error.advice and "copy" not in error.advice


def test_a_codec_among_readable_files_is_told_apart_too(tmp_path):
    images = ge(3, 8)
    for k, ds in enumerate(images):
        if k == 3:
            save(coded(ds), tmp_path / f"{k}", UNREAD)
        else:
            save(ds, tmp_path / f"{k}")
    (doubt,) = (f for f in open_study(tmp_path).findings if f.code == "unreadable-files")
    assert "decompress" in doubt.advice and "scanner" not in doubt.advice


def test_ultrasound_is_not_advised_as_mr(tmp_path):
    ds = mr_image(0, 0, 1, Modality="US", pixels=np.zeros((16, 16), np.uint8))
    error = refusal(save(ds, tmp_path / "still"))
    assert "ultrasound" in error.advice and "short-axis" not in error.advice


def test_exams_and_patients_are_listed(tmp_path):
    other = ge(4, 8, StudyInstanceUID="9.9", SeriesInstanceUID="9.9.1", SeriesNumber=7)
    folder = save_all(ge(3, 8) + other, tmp_path / "exams")
    (doubt,) = (f for f in open_study(folder).findings if f.code == "several-exams")
    assert "series 1 (3 x 8 MR)" in doubt.text and "series 7 (4 x 8 MR)" in doubt.text
    for ds in other:
        ds.PatientID = "P2"
    error = refusal(save_all(ge(3, 8) + other, tmp_path / "patients"))
    assert "2 patients" in error.found and "series 7 (4 x 8 MR)" in error.found and "P2" not in str(error)


def test_two_paths_are_named_and_what_to_do(tmp_path, capsys):
    assert run(["info", str(tmp_path), str(tmp_path / "b")]) == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "b") in said and "one path at a time" in said


def test_missing_slices_are_one_line(tmp_path):
    images = [ds for ds in ge(9, 8) if (ds.InstanceNumber - 1) // 8 not in (2, 5)]
    (cine,) = open_study(save_all(images, tmp_path)).cines
    (doubt,) = (f for f in cine.findings if f.code == "missing-slice")
    assert "between slices 1 and 2" in doubt.text and "between slices 3 and 4" in doubt.text


def test_a_compressed_nrrd_is_named(tmp_path):
    (tmp_path / "a.nrrd").write_bytes(NRRD + gzip.compress(bytes(100)))
    assert "NRRD" in refusal(tmp_path / "a.nrrd").found
