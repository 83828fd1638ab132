"""The MR files say what the cine says, in the words of three vendors; read back by pydicom alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lvcine.errors import UsageError
from lvcine.phantom.write import write_dicom_mr
from lvcine.study import Cine, Geometry, Subject

VENDORS = ("ge", "siemens", "philips")
CYCLES = np.array([800.0, 900.0, 1000.0])


def oblique() -> Geometry:
    """Three slices whose axes lie along no axis of the patient."""
    row = np.array([0.6, 0.0, 0.8])
    column = np.array([0.0, 1.0, 0.0])
    normal = np.cross(row, column)
    origins = np.array([10.5, -20.25, 30.0]) + np.arange(3)[:, None] * 9.5 * normal
    return Geometry(origins, column * 1.5, row * 1.25, thickness_mm=8.0)


def cine(**changes) -> Cine:
    pixels = np.random.default_rng(1).integers(0, 3000, (3, 4, 10, 12)).astype(np.uint16)
    known = {"times_ms": np.arange(4) * CYCLES[:, None] / 4 + 12.5, "cycle_ms": CYCLES} | changes
    return Cine(known.pop("pixels", pixels), known.pop("geometry", oblique()), **known)


def written(folder: Path, c: Cine | None = None, **how) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in write_dicom_mr(c or cine(), folder, **how)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_image_is_where_and_when_it_was(vendor, tmp_path: Path) -> None:
    c = cine()
    images = written(tmp_path, c, vendor=vendor)
    assert len(images) == 12 == len(list(tmp_path.iterdir()))
    for ds, (z, t) in zip(images, np.ndindex(3, 4), strict=True):
        assert np.array_equal(ds.pixel_array, c.pixels[z, t])
        assert float(ds.TriggerTime) == pytest.approx(12.5 + t * CYCLES[z] / 4)
        assert ds.NominalInterval == CYCLES[z] and ds.CardiacNumberOfImages == 4
        position, (row, column) = (
            np.array(ds.ImagePositionPatient, float),
            np.split(np.array(ds.ImageOrientationPatient, float), 2),
        )
        spacing = [float(v) for v in ds.PixelSpacing]
        assert spacing == [1.5, 1.25] and float(ds.SliceThickness) == 8.0
        assert float(ds.SpacingBetweenSlices) == pytest.approx(9.5)
        # The equation of PS3.3 C.7.6.2.1.1 for the pixel of row 7, column 3
        pixel = position + row * spacing[1] * 3 + column * spacing[0] * 7
        assert pixel == pytest.approx(c.geometry.to_patient(z, np.array([[7.0, 3.0]]))[0], abs=1e-6)
        assert np.dot(row, column) == pytest.approx(0) and np.linalg.norm(row) == pytest.approx(1)


def test_ge_and_philips_write_one_series_and_siemens_one_per_slice(tmp_path: Path) -> None:
    for vendor, series in (("ge", 1), ("siemens", 3), ("philips", 1)):
        images = written(tmp_path / vendor, vendor=vendor)
        assert len({ds.SeriesInstanceUID for ds in images}) == series
        assert len({ds.SeriesNumber for ds in images}) == series
        assert len({(ds.SeriesInstanceUID, ds.InstanceNumber) for ds in images}) == 12
        assert len({ds.StudyInstanceUID for ds in images}) == 1
        assert len({ds.FrameOfReferenceUID for ds in images}) == 1
        assert vendor in images[0].Manufacturer.lower()


def test_philips_numbers_run_over_slices_first(tmp_path: Path) -> None:
    images = written(tmp_path, vendor="philips")
    assert [int(ds.InstanceNumber) for ds in images[:4]] == [1, 4, 7, 10]
    assert [int(ds.TemporalPositionIdentifier) for ds in images[:4]] == [1, 2, 3, 4]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_files_are_dicom_part_10(vendor, tmp_path: Path) -> None:
    for path in write_dicom_mr(cine(), tmp_path, vendor=vendor):
        raw = path.read_bytes()
        ds = pydicom.dcmread(path)
        assert raw[:132] == bytes(128) + b"DICM"
        assert ds.file_meta.MediaStorageSOPClassUID == ds.SOPClassUID == "1.2.840.10008.5.1.4.1.1.4"
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert ds.SOPInstanceUID.is_valid and ds.SeriesInstanceUID.is_valid and ds.StudyInstanceUID.is_valid
        assert (ds.BitsAllocated, ds.PixelRepresentation, ds.Modality) == (16, 0, "MR")


def fingerprints(folder: Path) -> set[str]:
    return {hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_the_same_cine_gives_the_same_bytes_and_another_exam_other_names(tmp_path: Path) -> None:
    write_dicom_mr(cine(), tmp_path / "a")
    write_dicom_mr(cine(), tmp_path / "b")
    assert fingerprints(tmp_path / "a") == fingerprints(tmp_path / "b")
    first, second = written(tmp_path / "a")[0], written(tmp_path / "c", seed=2)[0]
    assert (first.PatientName, second.PatientName) == ("PHANTOM^0001", "PHANTOM^0002")
    assert first.StudyInstanceUID != second.StudyInstanceUID


def test_shuffled_files_hold_the_same_images_under_other_names(tmp_path: Path) -> None:
    plain = write_dicom_mr(cine(), tmp_path / "plain")
    mixed = write_dicom_mr(cine(), tmp_path / "mixed", shuffle_seed=3)
    assert [p.read_bytes() for p in plain] == [p.read_bytes() for p in mixed]
    assert sorted(mixed) != mixed and sorted(plain) == plain
    assert not {p.name for p in plain} & {p.name for p in mixed}
    assert mixed == write_dicom_mr(cine(), tmp_path / "mixed", shuffle_seed=3)


def test_two_cines_of_one_exam_share_the_study_alone(tmp_path: Path) -> None:
    long_axis = Cine(np.ones((1, 4, 8, 8), np.uint16), oblique().take([1]), times_ms=cine().times_ms[:1])
    a = written(tmp_path, vendor="ge")
    b = written(tmp_path, long_axis, vendor="ge", series_number=2)
    assert len(list(tmp_path.iterdir())) == 16
    assert a[0].StudyInstanceUID == b[0].StudyInstanceUID
    assert a[0].SeriesInstanceUID != b[0].SeriesInstanceUID
    assert "SpacingBetweenSlices" not in b[0]


def test_the_body_is_told_and_no_one_is_named(tmp_path: Path) -> None:
    told = written(tmp_path / "a", subject=Subject(1.82, 79.5, "F", 44.0))[0]
    assert (float(told.PatientSize), float(told.PatientWeight)) == (1.82, 79.5)
    assert (told.PatientSex, told.PatientAge, told.PatientBirthDate) == ("F", "044Y", "")
    bare = written(tmp_path / "b")[0]
    assert "PatientSize" not in bare and "PatientWeight" not in bare and bare.PatientSex == ""


def test_real_numbers_keep_their_proportions_and_philips_their_values(tmp_path: Path) -> None:
    values = np.random.default_rng(2).normal(1.0, 0.3, (3, 4, 10, 12))
    c = cine(pixels=values)
    philips = written(tmp_path / "p", c, vendor="philips")
    for ds, (z, t) in zip(philips, np.ndindex(3, 4), strict=True):
        shown = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        assert np.abs(shown - values[z, t]).max() <= np.ptp(values) / 4095
    ge = written(tmp_path / "g", c, vendor="ge")
    assert "RescaleSlope" not in ge[0] and max(ds.pixel_array.max() for ds in ge) == 4095
    assert np.corrcoef(ge[5].pixel_array.ravel(), values[1, 1].ravel())[0, 1] > 0.9999


def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path) -> None:
    pixels = np.full((3, 4, 10, 12), 60000, np.int64)
    ds = written(tmp_path, cine(pixels=pixels))[0]
    assert ds.BitsStored == 16 and (ds.pixel_array == 60000).all()


def test_an_uncalibrated_cine_has_no_pixel_spacing(tmp_path: Path) -> None:
    bare = Geometry.stack(3, (1.0, 1.0), 1.0, calibrated=False)
    assert "PixelSpacing" not in written(tmp_path, cine(geometry=bare))[0]


def test_the_cycle_follows_from_the_times_where_it_is_not_stated(tmp_path: Path) -> None:
    ds = written(tmp_path, cine(cycle_ms=None))
    assert [int(d.NominalInterval) for d in ds[::4]] == CYCLES.tolist()
    with pytest.raises(UsageError, match="times"):
        write_dicom_mr(cine(times_ms=None), tmp_path)
