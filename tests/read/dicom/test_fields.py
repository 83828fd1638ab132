"""Values out of raw bytes."""

from __future__ import annotations

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from lvcine.read.dicom.fields import Fields, seconds_of_day


def raw(keyword_tag, vr, content, little=True):
    ds = Dataset()
    element = RawDataElement(Tag(keyword_tag), vr, len(content), content, 0, vr is None, little)
    ds._dict[element.tag] = element
    return Fields(ds)


@pytest.mark.parametrize(
    ("fields", "keyword", "expected"),
    [
        (raw(0x00181060, "DS", b" 37.5 "), "TriggerTime", (37.5,)),
        (raw(0x00181060, None, b"37.5\0"), "TriggerTime", (37.5,)),
        (raw(0x00181060, "UN", b"37.5"), "TriggerTime", (37.5,)),
        (raw(0x00181060, "DS", b""), "TriggerTime", ()),
        (raw(0x00181060, "DS", b"abc"), "TriggerTime", ()),
        (raw(0x00181060, "DS", b"nan"), "TriggerTime", ()),
        (raw(0x00280030, "DS", b"1.4\\1.3"), "PixelSpacing", (1.4, 1.3)),
        (raw(0x00280010, "US", b"\x00\x01"), "Rows", (256.0,)),
        (raw(0x00280010, "US", b"\x00\x01", little=False), "Rows", (1.0,)),
        (raw(0x00280010, None, b"\x00\x01"), "Rows", (256.0,)),
        (raw(0x00280010, "US", b"\x00"), "Rows", ()),
        (raw(0x00280010, "US", b"\x00\x01"), "Columns", ()),
        (raw(0x0043102F, "SS", b"\x01\x00"), "GERawDataType", (1.0,)),
    ],
)
def test_numbers(fields, keyword, expected):
    assert fields.numbers(keyword) == expected


def test_text_is_split_and_stripped():
    fields = raw(0x00080008, "CS", b"ORIGINAL\\PRIMARY\\M ")
    assert fields.texts("ImageType") == ("ORIGINAL", "PRIMARY", "M")
    assert fields.text("Modality") == ""


def test_a_vector_has_its_length_or_is_none():
    fields = raw(0x00200032, "DS", b"1\\2")
    assert fields.vector("ImagePositionPatient", 3) is None
    assert fields.vector("ImagePositionPatient", 2) == (1.0, 2.0)


def test_an_unknown_keyword_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        Fields(Dataset()).text("NoSuchKeyword")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("083929", 31169.0), ("0839", 31140.0), ("08:39:29", 31169.0), ("083929.25", 31169.25),
        ("20090101083929.5+0100", 31169.5), ("20090101083929-0500", 31169.0), ("noon", None), ("", None),
    ],
)  # fmt: skip
def test_time_of_day(text, expected):
    assert seconds_of_day(text) == expected
