"""One header as facts; damage and hostility cost one file and say why."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from lvcine.read.dicom.header import UnusableError, read_header
from lvcine.read.dicom.image import classic_image, heart_cycle_ms, unit_axes

LIMIT = 10**9


def image_of(dicom, tmp_path, **tags):
    return classic_image(read_header(dicom.save(dicom.mr_image(0, 1, 4, **tags), tmp_path / "x"), LIMIT))


def refusal(path, limit=LIMIT):
    with pytest.raises(UnusableError) as caught:
        read_header(path, limit)
    return caught.value


def test_facts_of_a_classic_image(dicom, tmp_path):
    image = image_of(dicom, tmp_path, HeartRate=90, EchoTime=1.5)
    assert (image.rows, image.columns, image.spacing_mm) == (12, 10, dicom.SPACING)
    assert np.allclose(image.axes, [dicom.ROW, dicom.COLUMN]) and np.allclose(image.normal, dicom.NORMAL)
    assert (image.trigger_ms, image.interval_ms, image.echo_ms) == (200.0, 800.0, 1.5)
    assert (image.series_number, image.instance, image.slope, image.intercept) == ("1", 2.0, 1.0, 0.0)


def test_the_centre_is_half_way_along_both_axes(dicom, tmp_path):
    image = image_of(dicom, tmp_path)
    corner = dicom.ORIGIN + 9 * dicom.SPACING[1] * dicom.ROW + 11 * dicom.SPACING[0] * dicom.COLUMN
    assert np.allclose(image.centre_mm, (dicom.ORIGIN + corner) / 2, atol=1e-5)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_encodings(dicom, tmp_path, syntax):
    path = dicom.save(dicom.mr_image(0, 1, 4), tmp_path / "x", syntax)
    image = classic_image(read_header(path, LIMIT))
    assert (image.rows, image.columns, image.trigger_ms) == (12, 10, 200.0)


@pytest.mark.parametrize("cut", [132, "meta"])
def test_without_preamble_or_meta(dicom, tmp_path, cut):
    path = dicom.save(dicom.mr_image(0, 1, 4), tmp_path / "x")
    data = path.read_bytes()
    start = 132 if cut == 132 else data.index(b"\x08\x00\x08\x00CS")
    path.write_bytes(data[start:])
    assert classic_image(read_header(path, LIMIT)).trigger_ms == 200.0


@pytest.mark.parametrize(
    ("tags", "fact"),
    [
        ({"PixelSpacing": [0, 0]}, "spacing_mm"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "axes"),
        ({"ImagePositionPatient": [1, 2]}, "position_mm"),
        ({"TriggerTime": None}, "trigger_ms"),
        ({"NominalInterval": 0}, "interval_ms"),
    ],
)
def test_impossible_values_count_as_absent(dicom, tmp_path, tags, fact):
    assert getattr(image_of(dicom, tmp_path, **tags), fact) is None


def test_a_malformed_number_costs_only_itself(dicom, tmp_path):
    path = dicom.save(dicom.mr_image(0, 1, 4, TriggerTime="123456"), tmp_path / "x")
    path.write_bytes(path.read_bytes().replace(b"123456", b"12,4 x"))
    image = classic_image(read_header(path, LIMIT))
    assert image.trigger_ms is None and image.interval_ms == 800.0


def test_heart_rate_stands_in_for_the_interval():
    assert heart_cycle_ms(None, 75.0) == 800.0
    assert heart_cycle_ms(900.0, 75.0) == 900.0
    assert heart_cycle_ms(0.0, 0.0) is None and heart_cycle_ms(9e9, None) is None


def test_nearly_perpendicular_axes_are_made_unit():
    axes = unit_axes((0.999, 0.0, 0.0, 0.0, 1.001, 0.0))
    assert np.allclose(np.linalg.norm(axes, axis=1), 1.0)


class TestRefusals:
    def test_pixels_cut_short(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x")
        path.write_bytes(path.read_bytes()[:-2])
        error = refusal(path)
        assert error.broken and "cut short" in error.found and error.where == "x"

    def test_no_pixels_at_all(self, dicom, tmp_path):
        error = refusal(dicom.save(dicom.mr_image(0, 0, 1, PixelData=None), tmp_path / "x"))
        assert error.broken and "no pixel data" in error.found

    def test_cut_within_the_header(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x")
        path.write_bytes(path.read_bytes()[:600])
        assert refusal(path).broken

    def test_a_report_is_only_left_aside(self, dicom, tmp_path):
        ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "1.2", "SR"
        error = refusal(dicom.save(ds, tmp_path / "x"))
        assert not error.broken and "Basic Text SR" in error.found

    def test_absurd_size_before_anything_is_allocated(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1, Rows=65535, Columns=65535), tmp_path / "x")
        assert "pixels, more than" in refusal(path, 10**6).found
        assert "cut short" in refusal(path, 10**10).found

    def test_deflated_files_are_not_inflated(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x", DeflatedExplicitVRLittleEndian)
        assert "deflated" in refusal(path).found

    def test_sequences_without_end(self, dicom, tmp_path):
        ds = dicom.mr_image(0, 0, 1)
        path = dicom.save(ds, tmp_path / "x")
        nested = b"\x08\x00\x15\x11SQ\x00\x00\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
        data = path.read_bytes()
        at = data.index(b"\x10\x00\x10\x00PN")
        path.write_bytes(data[:at] + nested * 2000 + data[at:])
        error = refusal(path)
        assert error.broken and "nested" in error.found

    def test_random_bytes_after_a_true_start(self, tmp_path):
        rng = np.random.default_rng(0)
        for trial in range(30):
            path = tmp_path / f"{trial}"
            path.write_bytes(bytes(128) + b"DICM" + rng.bytes(400))
            assert isinstance(refusal(path), UnusableError)

    def test_every_cut_of_a_file_is_one_typed_error(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x")
        data = path.read_bytes()
        for length in range(140, len(data) - 1, 37):
            path.write_bytes(data[:length])
            assert isinstance(refusal(path), UnusableError)


def test_compressed_pixels_are_not_measured_by_their_length(dicom, tmp_path):
    ds = dicom.mr_image(0, 0, 1)
    ds.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\xdd\xe0\x00\x00\x00\x00"
    ds["PixelData"].is_undefined_length = True
    header = read_header(dicom.save(ds, tmp_path / "x", JPEGBaseline8Bit), LIMIT)
    assert header.frame_bytes == 0 and header.shape == (1, 12, 10)


def test_nested_sequences_in_a_sound_file_do_no_harm(dicom, tmp_path):
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2"
    ds = dicom.mr_image(0, 1, 4, ReferencedImageSequence=Sequence([inner]))
    assert classic_image(read_header(dicom.save(ds, tmp_path / "x"), LIMIT)).trigger_ms == 200.0


def test_the_old_length_of_the_pixels_group_is_not_the_pixels(dicom, tmp_path):
    """Group lengths (PS3.5 section 7.2) are retired, but written by DCMTK's tools on demand."""
    whole = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "x").read_bytes()
    at = whole.index(b"\xe0\x7f\x10\x00")
    length = struct.pack("<HH2sHL", 0x7FE0, 0, b"UL", 4, len(whole) - at)
    (tmp_path / "x").write_bytes(whole[:at] + length + whole[at:])
    header = read_header(tmp_path / "x", 10**9)
    assert header.value_offset == at + len(length) + 12


def test_a_header_longer_than_the_first_block_is_read_on(dicom, tmp_path):
    ds = dicom.mr_image(0, 0, 1)
    ds.add_new(0x00091001, "OB", bytes(200_000))
    short = read_header(dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "a"), 10**9)
    long = read_header(dicom.save(ds, tmp_path / "b"), 10**9)
    assert long.fields.number("TriggerTime") == short.fields.number("TriggerTime")
    assert long.value_offset > 200_000
