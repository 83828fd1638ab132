"""VENC and direction, from every place where a maker writes them, and nothing from where none is."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lvcine.read import catalogue, open_study
from lvcine.read.dicom.fields import Fields
from lvcine.read.dicom.venc import Frame, encoding_of, enhanced_encoding


def private(group, creator, element, vr, value, offset=0x10):
    ds = Dataset()
    ds.add_new((group, offset), "LO", creator)
    ds.add_new((group, offset << 8 | element), vr, value)
    return ds


def through_a_file(ds, syntax=ExplicitVRLittleEndian):
    """The dataset as it comes out of a file: raw elements, and without VR where the syntax has none."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    FileDataset(file, ds, preamble=b"\0" * 128, file_meta=meta).save_as(file, enforce_file_format=False)
    file.seek(0)
    return pydicom.dcmread(file, force=True)


SIEMENS = private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", "v20in")
PHILIPS = private(0x2001, "Philips Imaging DD 001", 0x1A, "FL", [0.0, 25.0, 0.0])
GE = private(0x0019, "GEMS_ACQU_01", 0xCC, "SS", 300)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(
    ("ds", "venc", "direction"),
    [
        (SIEMENS, 20.0, "through plane"),
        (private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", "v150_through"), 150.0, "through plane"),
        (private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", "v12.5fh ", 0x11), 12.5, "fh"),
        (private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", "v20out"), 20.0, "through plane, out"),
        (private(0x0021, "SIEMENS MR SDI 02", 0x29, "SH", "v33_through", 0x11), 33.0, "through plane"),
        (PHILIPS, 25.0, "A-P"),
        (private(0x2001, "Philips Imaging DD 001", 0x1A, "FL", [0.0, 0.0, -30.0]), 30.0, "H-F"),
        (private(0x2001, "PHILIPS IMAGING DD 001", 0x1A, "FL", [15.0, 15.0, 0.0]), 15.0, "R-L and A-P"),
        (GE, 30.0, ""),
    ],
)
def test_private_elements_whatever_block_and_syntax(ds, venc, direction, syntax):
    found = encoding_of(Fields(through_a_file(ds, syntax)))
    assert found is not None and (found.venc_cm_s, found.direction) == (pytest.approx(venc), direction)


def ge(axis, **more):
    ds = private(0x0019, "GEMS_ACQU_01", 0xCC, "SS", 300)
    ds.add_new((0x0019, 0x10CB), "SS", axis)
    if "scale" in more:
        ds.add_new((0x0019, 0x10E2), "DS", more["scale"])
    if "flags" in more:
        ds.add_new((0x0043, 0x10), "LO", "GEMS_PARM_01")
        ds.add_new((0x0043, 0x1032), "SS", more["flags"])
    return ds


@pytest.mark.parametrize(
    ("name", "vector"),
    [
        ("rl", (1, 0, 0)), ("lr", (-1, 0, 0)), ("ap", (0, 1, 0)), ("pa", (0, -1, 0)),
        ("fh", (0, 0, 1)), ("hf", (0, 0, -1)), ("sideways", None), ("", None),
    ],
)  # fmt: skip
def test_names_run_towards_left_back_and_head(name, vector):
    along = encoding_of(Fields(private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", f"v20{name}"))).along
    assert vector is None if along is None else (along.frame, along.vector) == (Frame.NAMED, vector)


@pytest.mark.parametrize(("name", "sign"), [("in", 1), ("_through", 1), ("out", -1)])
def test_through_plane_is_along_the_normal_and_out_is_against_it(name, sign):
    along = encoding_of(Fields(private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", f"v20{name}"))).along
    assert (along.frame, along.vector) == (Frame.PICTURE, (0, 0, sign))


@pytest.mark.parametrize(
    ("parts", "frame", "vector"),
    [
        ([0.0, -25.0, 0.0], Frame.NAMED, (0.0, -1.0, 0.0)),
        ([12.0, 0.0, -16.0], Frame.PATIENT, (0.6, 0.0, -0.8)),
    ],
)
def test_components_have_their_sign(parts, frame, vector):
    along = encoding_of(Fields(private(0x2001, "Philips Imaging DD 001", 0x1A, "FL", parts))).along
    assert (along.frame, along.vector) == (frame, vector)


@pytest.mark.parametrize(
    ("axis", "vector"), [(1, (1, 0, 0)), (2, (0, 1, 0)), (4, (0, 0, 1)), (3, None), (0, None)]
)
def test_an_axis_without_a_sign_is_taken_towards_left_back_or_head(axis, vector):
    along = encoding_of(Fields(through_a_file(ge(axis)))).along
    assert vector is None if along is None else along.vector == vector


@pytest.mark.parametrize(
    ("more", "unclear"),
    [
        ({}, False), ({"flags": 0}, False), ({"flags": 0, "scale": "4.07"}, False), ({"scale": "1"}, False),
        ({"flags": 4}, True), ({"scale": "4.07"}, True),
    ],
)  # fmt: skip
def test_weighted_phase_is_unclear(more, unclear):
    assert bool(encoding_of(Fields(through_a_file(ge(1, **more)))).unclear) == unclear


@pytest.mark.parametrize(
    ("name", "venc"),
    [
        ("*fl2d1_v004in", 4.0),
        ("fl3d1_v150fh", 150.0),
        ("*fl2d1r2", None),
        ("*tfi2d1_15", None),
        ("v0in", None),
    ],
)
def test_the_sequence_name_is_the_last_resort(name, venc):
    ds = Dataset()
    ds.SequenceName = name
    found = encoding_of(Fields(ds))
    assert (found and found.venc_cm_s) == venc
    if venc:
        ds.add_new((0x0051, 0x10), "LO", "SIEMENS MR HEADER")
        ds.add_new((0x0051, 0x1014), "SH", "v77in")
        assert encoding_of(Fields(ds)).venc_cm_s == 77.0


@pytest.mark.parametrize(
    "ds",
    [
        Dataset(),
        private(0x0051, "SOMEBODY ELSE", 0x14, "SH", "v20in"),
        private(0x0051, "SIEMENS MR HEADER", 0x14, "SH", "p2 M/RETRO"),
        private(0x2001, "Philips Imaging DD 001", 0x1A, "FL", [0.0, 0.0, 0.0]),
        private(0x0019, "GEMS_ACQU_01", 0xCC, "SS", 0),
    ],
)
def test_nothing_is_guessed(ds):
    assert encoding_of(Fields(through_a_file(ds))) is None


def test_the_standards_own_macro():
    ds = Dataset()
    assert enhanced_encoding(Fields(ds)) is None
    ds.VelocityEncodingDirection = [0.6, 0.0, 0.8]
    ds.VelocityEncodingMinimumValue, ds.VelocityEncodingMaximumValue = -25.0, 25.0
    found = enhanced_encoding(Fields(ds))
    assert str(found) == "VENC 25 cm/s, (0.6, 0, 0.8)"
    assert (found.along.frame, found.along.vector) == (Frame.PATIENT, (0.6, 0.0, 0.8))
    ds.VelocityEncodingDirection = [0.0, 0.0, 0.0]
    assert enhanced_encoding(Fields(ds)).along is None


def phases(dicom, **tags):
    images = dicom.ge(3, 6)
    for ds in images:
        ds.ImageType, ds.SeriesInstanceUID, ds.SeriesNumber = ["ORIGINAL", "PRIMARY", "P"], "1.2.99", 9
        ds.SOPInstanceUID = f"{ds.SOPInstanceUID}.9"
        for keyword, value in tags.items():
            setattr(ds, keyword, value)
    return images


def test_phase_pictures_without_a_venc_are_a_finding(dicom, tmp_path):
    folder = dicom.save_all(dicom.ge(3, 6) + phases(dicom), tmp_path)
    study = open_study(folder)
    assert len(study.cines) == 1
    (finding,) = [f for f in study.findings if f.code == "no-venc"]
    assert finding.severity == "info" and "series 9" in finding.text


def test_velocities_are_left_aside_with_their_venc_and_magnitude_with_a_venc_is_a_cine(dicom, tmp_path):
    magnitude = dicom.ge(3, 6)
    for ds in magnitude:  # some makers write the encoding into the magnitude too
        ds.SequenceName = "*fl2d1_v40in"
    study = open_study(dicom.save_all(magnitude + phases(dicom, SequenceName="*fl2d1_v40in"), tmp_path))
    assert len(study.cines) == 1 and study.cines[0].pixels.shape[:2] == (3, 6)
    (aside,) = [a for a in catalogue(tmp_path).left_aside if a.label == "series 9"]
    assert "VENC 40 cm/s, through plane" in aside.reason and aside.files == 18
    assert "no-venc" not in {f.code for f in study.findings}
