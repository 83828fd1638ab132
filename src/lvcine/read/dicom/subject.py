"""What a header says about the person: the facts that numbers need, and separately who it is."""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from lvcine.read.dicom.elements import read_elements
from lvcine.read.dicom.fields import tag_and_vr
from lvcine.read.dicom.header import Header
from lvcine.read.ranges import AGE_YEARS, HEIGHT_M, WEIGHT_KG
from lvcine.study import Identity, Subject

_YEARS_PER = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def subject_of(header: Header) -> Subject:
    """Height, weight, sex and age; what is absent, zero or impossible is None.

    PatientSize is in metres (PS3.3 C.7.2.2); some write centimetres, which no one is tall in metres.
    """
    fields = header.fields
    height = fields.number("PatientSize") or 0.0
    height = height / 100.0 if 30.0 <= height <= 272.0 else height
    weight = fields.number("PatientWeight") or 0.0
    sex = fields.text("PatientSex").upper()[:1]
    return Subject(
        height_m=height if height in HEIGHT_M else None,
        weight_kg=weight if weight in WEIGHT_KG else None,
        sex=sex if sex in ("M", "F") else None,
        age_years=age_years(fields.text("PatientAge")),
    )


def age_years(text: str) -> float | None:
    """DICOM age string (PS3.5 section 6.2) in years; None if malformed, zero or no one's.

    Examples
    --------
    >>> age_years("045Y"), age_years("006M"), age_years("000Y"), age_years("old")
    (45.0, 0.5, None, None)
    """
    number, unit = text[:-1], text[-1:].upper()
    if not (number.isascii() and number.isdecimal() and len(number) < 10) or unit not in _YEARS_PER:
        return None
    years = int(number) * _YEARS_PER[unit]
    return years if years in AGE_YEARS else None


def identity_of(path: Path) -> Identity:
    """Name, ID and dates in the file's own character set. Kept separately; written nowhere unless asked."""
    keywords = ["PatientName", "PatientID", "PatientBirthDate", "StudyDate"]
    try:
        with path.open("rb") as file:
            dataset = read_elements(file, [tag_and_vr(keyword)[0] for keyword in keywords]).dataset
    except Exception:  # as below; the file was read before, so that this says nothing of its pictures
        return Identity()
    name, number, born, taken = (_said(dataset, keyword) for keyword in keywords)
    return Identity(name, number, born, taken)


def _said(dataset: Dataset, keyword: str) -> str:
    try:
        return str(dataset.get(keyword) or "")
    except Exception:  # pydicom raises anything on a damaged value, and no number depends on this one
        return ""
