"""The person in numbers, and impossible values."""

from __future__ import annotations

import pytest

from lvcine.read.dicom.header import read_header
from lvcine.read.dicom.subject import identity_of, subject_of


def subject(dicom, tmp_path, **tags):
    return subject_of(read_header(dicom.save(dicom.mr_image(0, 0, 1, **tags), tmp_path / "x"), 10**9))


@pytest.mark.parametrize(
    ("size", "height"), [(1.75, 1.75), (175, 1.75), (0, None), (0.5, 0.5), (17, None), (-1, None)]
)
def test_height_in_metres_whatever_was_written(dicom, tmp_path, size, height):
    assert subject(dicom, tmp_path, PatientSize=size).height_m == height


def test_body_surface(dicom, tmp_path):
    person = subject(dicom, tmp_path, PatientSize=1.8, PatientWeight=72)
    assert person.bsa_m2 == pytest.approx((180 * 72 / 3600) ** 0.5)


@pytest.mark.parametrize(("sex", "expected"), [("F", "F"), ("m", "M"), ("O", None), ("", None)])
def test_sex(dicom, tmp_path, sex, expected):
    assert subject(dicom, tmp_path, PatientSex=sex).sex == expected


def test_identity_in_its_own_character_set(dicom, tmp_path):
    ds = dicom.mr_image(
        0, 0, 1, SpecificCharacterSet="ISO_IR 100", PatientName="NÖBÖDY^ÄT ALL", StudyDate="20200101"
    )
    identity = identity_of(dicom.save(ds, tmp_path / "x"))
    assert identity.name == "NÖBÖDY^ÄT ALL" and identity.study_date == "20200101"
