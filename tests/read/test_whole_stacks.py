"""A stack is put together by geometry and time, whatever files and UIDs say; or none of it is measured."""

from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from pydicom.uid import generate_uid

from lvcine.errors import MeasureError, NotACineError
from lvcine.pipeline.analyze import analyze
from lvcine.read import ReadOptions, catalogue, open_study
from lvcine.study import View

SLICES, FRAMES = 5, 9


def codes(study):
    return {f.code for f in (*study.findings, *(f for c in study.cines for f in c.findings))}


def only(path):
    (cine,) = open_study(path).cines
    return cine


def anew(images, *keywords, key=lambda k, ds: k):
    """UIDs that an anonymiser made anew, one for each value of the key."""
    for k, ds in enumerate(images):
        for keyword in keywords:
            setattr(ds, keyword, generate_uid(entropy_srcs=[keyword, str(key(k, ds))]))
    return images


STUDY, SERIES = "StudyInstanceUID", "SeriesInstanceUID"


@pytest.mark.parametrize(
    ("maker", "keywords", "per"),
    [
        ("ge", (STUDY, SERIES), "file"),
        ("siemens", (STUDY,), "file"),
        ("siemens", (SERIES,), "file"),
        ("ge", (STUDY, SERIES), "pair of files"),
        ("siemens", (SERIES,), "pair of files"),
        ("siemens", (STUDY,), "slice"),
        ("ge", (STUDY, SERIES), "slice"),
    ],
)
def test_uids_made_anew_change_nothing(dicom, tmp_path, maker, keywords, per):
    images = getattr(dicom, maker)(SLICES, FRAMES)
    key = {
        "file": lambda k, ds: k,
        "pair of files": lambda k, ds: k // 2,
        "slice": lambda k, ds: tuple(ds.ImagePositionPatient),
    }[per]
    cine = only(dicom.save_all(anew(images, *keywords, key=key), tmp_path))
    assert np.array_equal(cine.pixels, dicom.stack_values(SLICES, FRAMES))
    assert cine.geometry.slice_step_mm == pytest.approx(dicom.STEP)


def test_halves_of_a_stack_under_two_study_uids_are_one(dicom, tmp_path):
    images = anew(dicom.ge(8, FRAMES), "StudyInstanceUID", "SeriesInstanceUID", key=lambda k, ds: k // 36)
    study = open_study(dicom.save_all(images, tmp_path))
    assert np.array_equal(study.cines[0].pixels, dicom.stack_values(8, FRAMES))
    assert "identifiers-differ" in codes(study)


def test_every_other_slice_in_another_series_is_one_stack(dicom, tmp_path):
    images = dicom.ge(8, FRAMES)
    for k, ds in enumerate(images):
        ds.SeriesNumber = 1 + k // FRAMES % 2
        ds.SeriesInstanceUID = f"1.2.3.{ds.SeriesNumber}"
    assert np.array_equal(only(dicom.save_all(images, tmp_path)).pixels, dicom.stack_values(8, FRAMES))


def test_two_exams_of_one_patient_are_not_woven_into_one(dicom, tmp_path):
    one = dicom.ge(5, FRAMES)
    other = dicom.ge(5, FRAMES, StudyInstanceUID="1.9", SeriesInstanceUID="1.9.1")
    for ds in other:
        moved = np.array([float(v) for v in ds.ImagePositionPatient]) + 3.0 * dicom.NORMAL
        ds.ImagePositionPatient = [round(float(v), 6) for v in moved]
    study = open_study(dicom.save_all(one + other, tmp_path))
    assert study.cines[0].slices == 5 and "several-exams" in codes(study)


def test_slices_closer_than_they_are_thick_are_slices(dicom, tmp_path):
    images = dicom.ge(12, FRAMES, SpacingBetweenSlices=1.5)
    for ds in images:
        z = (ds.InstanceNumber - 1) // FRAMES
        ds.ImagePositionPatient = [round(float(v), 6) for v in dicom.ORIGIN + 1.5 * z * dicom.NORMAL]
    cine = only(dicom.save_all(images, tmp_path))
    assert cine.slices == 12 and cine.geometry.slice_step_mm == pytest.approx(1.5)
    assert "two-acquisitions" not in {f.code for f in cine.findings}


def test_locations_order_the_series_of_a_stack_without_positions(dicom, tmp_path):
    images = dicom.siemens(SLICES, FRAMES, ImagePositionPatient=None)
    for k, ds in enumerate(images):
        ds.SliceLocation = 8.0 * (k // FRAMES)
    cine = only(dicom.save_all(images, tmp_path))
    assert np.array_equal(cine.pixels, dicom.stack_values(SLICES, FRAMES))
    assert "no-slice-positions" in {f.code for f in cine.findings}


@pytest.mark.parametrize(("maker", "oriented"), [("ge", True), ("siemens", True), ("siemens", False)])
def test_slices_of_unknown_place_are_not_measured(dicom, tmp_path, maker, oriented):
    missing = {"ImagePositionPatient": None} | ({} if oriented else {"ImageOrientationPatient": None})
    images = getattr(dicom, maker)(SLICES, FRAMES, **missing)
    folder = dicom.save_all(images, tmp_path / "exam")
    with pytest.raises(MeasureError, match=f"{SLICES} slices.*nothing in the files says where") as refusal:
        analyze(folder)
    assert refusal.value.exit_code == 5
    assert "slices-in-pieces" in {f.code for f in catalogue(folder).findings}


def test_positions_that_a_tool_blanked_are_none(dicom, tmp_path):
    """Zeros for every slice: by their locations the stack is whole."""
    images = dicom.ge(SLICES, FRAMES, ImagePositionPatient=[0, 0, 0])
    for k, ds in enumerate(images):
        ds.SliceLocation = 8.0 * (k // FRAMES + 1)
    folder = dicom.save_all(images, tmp_path)
    assert np.array_equal(only(folder).pixels, dicom.stack_values(SLICES, FRAMES))


def test_slices_that_all_lie_at_zero_are_not_measured_as_one(dicom, tmp_path):
    images = dicom.siemens(SLICES, FRAMES, ImagePositionPatient=[0, 0, 0])
    for ds in images:
        if "SliceLocation" in ds:
            del ds.SliceLocation
    folder = dicom.save_all(images, tmp_path / "exam")
    with pytest.raises(MeasureError, match=f"{SLICES} slices.*nothing in the files says where") as refusal:
        analyze(folder)
    assert refusal.value.exit_code == 5


def test_a_slice_distance_that_a_tool_filled_in_is_none(tmp_path):
    matrix = np.diag([1.3, 1.3, 1.0, 1.0])
    save_nifti(beating(slices=9), matrix, tmp_path / "lost.nii.gz")
    cine = only(tmp_path / "lost.nii.gz")
    assert not cine.geometry.calibrated and "slice-step-implausible" in {f.code for f in cine.findings}
    (given,) = open_study(tmp_path / "lost.nii.gz", ReadOptions(slice_step_mm=8.0)).cines
    assert given.geometry.calibrated and given.geometry.slice_step_mm == pytest.approx(8.0)


def affine(z=0, step=8.0):
    """Of a slice of an oblique stack, in RAS."""
    x, y = np.array([0.69, 0.67, 0.26]), np.array([0.2, 0.17, -0.96])
    x /= np.linalg.norm(x)
    n = np.cross(x, y) / np.linalg.norm(np.cross(x, y))
    out = np.eye(4)
    out[:3, :3] = np.stack([1.4 * x, 1.4 * np.cross(n, x), step * n], axis=1)
    out[:3, 3] = np.array([35.0, -60.0, 90.0]) + z * step * n
    return out


def beating(slices=SLICES, frames=FRAMES, seed=0):
    """(x, y, z, t): a fixed noise with a disc that changes."""
    noise = np.random.default_rng(seed).integers(100, 900, (20, 22, slices, 1))
    x, y, z, t = np.ogrid[:20, :22, :slices, :frames]
    disc = (x - 10) ** 2 + (y - 11) ** 2 < (6 - 3 * np.sin(np.pi * t / frames) - 0.2 * z) ** 2
    return (noise + 400 * disc).astype(np.int16)


def save_nifti(voxels, matrix, path, step=0.04, **header):
    image = nib.Nifti1Image(voxels, matrix)
    image.set_sform(matrix, 1)
    image.set_qform(matrix, 1)
    if voxels.ndim == 4:
        image.header.set_zooms((*image.header.get_zooms()[:3], step))
    image.header.set_xyzt_units("mm", "sec")
    for field, value in header.items():
        image.header[field] = value
    nib.save(image, path)


@pytest.fixture
def whole(tmp_path):
    """The untouched study, in one file."""
    save_nifti(beating(), affine(), tmp_path / "whole.nii.gz")
    return only(tmp_path / "whole.nii.gz")


def same(cine, whole):
    assert np.array_equal(cine.pixels, whole.pixels)
    assert np.allclose(cine.geometry.origins_mm, whole.geometry.origins_mm, atol=1e-3)
    assert cine.view is View.SAX and cine.geometry.calibrated


def test_a_file_for_each_slice_is_a_stack(tmp_path, whole):
    folder = tmp_path / "exam"
    folder.mkdir()
    for k, z in enumerate([3, 0, 1, 4, 2]):
        save_nifti(beating()[:, :, z : z + 1], affine(z), folder / f"{k}_cine.nii.gz")
    cine = only(folder)
    same(cine, whole)
    assert cine.heart_rate_bpm == pytest.approx(whole.heart_rate_bpm)
    assert "files-joined" in {f.code for f in cine.findings}


@pytest.mark.parametrize("count", [2, 10, 25])
def test_a_file_for_each_moment_is_a_cine(tmp_path, count):
    voxels = beating(frames=count)
    save_nifti(voxels, affine(), tmp_path / "whole.nii.gz")
    whole = only(tmp_path / "whole.nii.gz")
    folder = tmp_path / "exam"
    folder.mkdir()
    for t in range(count):
        save_nifti(voxels[..., t], affine(), folder / f"patient001_frame{t + 1}.nii.gz")
        mask = (voxels[..., t] > 900).astype(np.uint8)
        save_nifti(mask, affine(), folder / f"patient001_frame{t + 1}_gt.nii.gz")
    cine = only(folder)
    same(cine, whole)
    assert cine.phases_only == (count == 2)


def test_times_in_the_files_order_the_moments(tmp_path, whole):
    folder = tmp_path / "exam"
    folder.mkdir()
    for t in range(FRAMES):
        save_nifti(beating()[..., t], affine(), folder / f"{(t * 5) % 11}.nii.gz", toffset=0.04 * t)
    cine = only(folder)
    same(cine, whole)
    assert np.allclose(np.diff(cine.times_ms, axis=1), 40.0, atol=1e-3)


def test_a_file_for_each_slice_and_moment_is_a_cine(tmp_path, whole):
    folder = tmp_path / "exam"
    folder.mkdir()
    for z in range(SLICES):
        for t in range(FRAMES):
            save_nifti(beating()[:, :, z : z + 1, t], affine(z), folder / f"s{z}p{t}.nii.gz")
    same(only(folder), whole)


def test_moments_of_two_people_are_not_one_cine(tmp_path):
    for k in range(2):
        save_nifti(beating(seed=k)[..., 0], affine(), tmp_path / f"patient{k}.nii.gz")
    with pytest.raises(NotACineError):
        open_study(tmp_path)


def test_slices_in_files_without_a_place_are_not_measured(tmp_path):
    for z in range(SLICES):
        save_nifti(beating()[:, :, z : z + 1], np.diag([1.4, 1.4, 8.0, 1.0]), tmp_path / f"{z}.nii.gz")
    with pytest.raises(MeasureError, match=f"{SLICES} slices.*nothing in the files says where"):
        open_study(tmp_path)


def test_slices_that_do_not_fit_are_not_measured(tmp_path):
    for z in range(SLICES):
        a = np.deg2rad(12.0 * z)
        turn = np.eye(4)
        turn[:2, :2] = [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]
        save_nifti(beating()[:, :, z : z + 1], turn @ affine(z), tmp_path / f"{z}.nii.gz")
    with pytest.raises(MeasureError, match="differ in direction"):
        open_study(tmp_path)
