"""The kind of a file follows from its bytes, whatever it is called."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import numpy as np
import pytest

from lvcine.read.sniff import Kind, is_dicom, sniff


def nifti_head():
    return (348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + bytes(100)


def tar_bytes(fmt):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt) as archive:
        entry = tarfile.TarInfo("a")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))
    return out.getvalue()


def zip_bytes(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def npz_bytes():
    out = io.BytesIO()
    np.savez(out, pixels=np.zeros(3))
    return out.getvalue()


def npy_bytes():
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


CASES = {
    "preamble": (bytes(128) + b"DICM" + bytes(20), Kind.DICOM),
    "no preamble, explicit": (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + bytes(9), Kind.DICOM),
    "no preamble, implicit": (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100" + bytes(9), Kind.DICOM),
    "nifti": (nifti_head(), Kind.NIFTI),
    "nifti, other byte order": ((348).to_bytes(4, "big") + bytes(340) + b"n+1\0", Kind.NIFTI),
    "nifti 2": ((540).to_bytes(4, "little") + b"n+2\0\r\n\x1a\n" + bytes(600), Kind.NIFTI),
    "nifti in gzip": (gzip.compress(nifti_head()), Kind.NIFTI),
    "nifti in xz": (lzma.compress(nifti_head()), Kind.NIFTI),
    "tar in gzip": (gzip.compress(tar_bytes(tarfile.USTAR_FORMAT)), Kind.ARCHIVE),
    "tar in bzip2": (bz2.compress(tar_bytes(tarfile.GNU_FORMAT)), Kind.ARCHIVE),
    "broken gzip": (b"\x1f\x8b\x08" + bytes(30), Kind.ARCHIVE),
    "tar": (tar_bytes(tarfile.PAX_FORMAT), Kind.ARCHIVE),
    "zip": (zip_bytes(a_dcm=b"x"), Kind.ARCHIVE),
    "zip with an array and more": (zip_bytes(a_npy=b"x", b_txt=b"y"), Kind.ARCHIVE),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(30), Kind.ARCHIVE),
    "npz": (npz_bytes(), Kind.ARRAY),
    "npy": (npy_bytes(), Kind.ARRAY),
    "velocity scan": (b' {"magnitude": "a.nii", "velocity": []}', Kind.VELOCITY),
    "another json": (b'{"EchoTime": 0.03, "Manufacturer": "X"}', Kind.OTHER),
    "avi": (b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(30), Kind.VIDEO),
    "wav": (b"RIFF\x00\x10\x00\x00WAVEfmt " + bytes(30), Kind.OTHER),
    "mp4": (b"\x00\x00\x00\x20ftypisom" + bytes(30), Kind.VIDEO),
    "old quicktime": (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", Kind.VIDEO),
    "heic picture": (b"\x00\x00\x00\x20ftypheic" + bytes(30), Kind.OTHER),
    "gif": (b"GIF89a" + bytes(30), Kind.VIDEO),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(30), Kind.PICTURE),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(30), Kind.PICTURE),
    "bmp": (b"BM" + bytes(12) + b"\x28\x00\x00\x00" + bytes(30), Kind.PICTURE),
    "text that begins with BM": (b"BMI, height and weight of all" + bytes(30), Kind.OTHER),
    "text": (b"patient,ef\n1,60\n" * 40, Kind.OTHER),
    "empty": (b"", Kind.OTHER),
}


@pytest.mark.parametrize("case", CASES)
def test_kind_by_content_under_a_false_name(case, tmp_path):
    content, kind = CASES[case]
    path = tmp_path / "report.pdf"
    path.write_bytes(content)
    assert sniff(path) is kind


def test_real_writers_agree(dicom, tmp_path):
    path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "a")
    assert sniff(path) is Kind.DICOM
    path.write_bytes(path.read_bytes()[132:])
    assert sniff(path) is Kind.DICOM


def test_numbers_that_look_a_little_like_dicom_are_not():
    assert not is_dicom(b"\x08\x00\x05\x00\xff\xff\xff\x7f" + bytes(100))
    assert not is_dicom(b"\x08\x00")
