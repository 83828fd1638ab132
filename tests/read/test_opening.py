"""open_study and catalogue on whole folders: what comes out is what was put in, whatever the packaging."""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import NotACineError, ReadError, UsageError
from lvcine.read import ReadOptions, catalogue, open_study
from lvcine.study import View


def only_cine(path, options=None, **kwargs):
    (cine,) = open_study(path, options or ReadOptions(), **kwargs).cines
    return cine


def codes(cine):
    return {finding.code for finding in cine.findings}


def test_one_series_with_all_slices_and_phases(dicom, tmp_path):
    cine = only_cine(dicom.save_all(dicom.ge(5, 8), tmp_path))
    assert np.array_equal(cine.pixels, dicom.stack_values(5, 8))
    assert cine.view is View.SAX and cine.gated and not cine.findings
    assert np.allclose(cine.times_ms, np.tile(np.arange(8) * 100.0, (5, 1)))
    assert np.allclose(cine.cycle_ms, 800.0) and cine.label == "series 1"


def test_one_series_per_slice_each_with_its_own_heart_rate(dicom, tmp_path):
    cine = only_cine(dicom.save_all(dicom.siemens(6, 8), tmp_path))
    assert np.array_equal(cine.pixels, dicom.stack_values(6, 8))
    assert np.allclose(cine.cycle_ms, 760.0 + 20 * np.arange(6))
    assert np.allclose(cine.times_ms[3], np.arange(8) * 820.0 / 8, atol=1e-5)


def test_geometry_is_that_of_the_header(dicom, tmp_path):
    g = only_cine(dicom.save_all(dicom.ge(4, 5), tmp_path)).geometry
    assert g.pixel_spacing_mm == pytest.approx(dicom.SPACING) and g.calibrated and g.placed
    assert np.allclose(
        g.origins_mm, dicom.ORIGIN + np.arange(4)[:, None] * dicom.STEP * dicom.NORMAL, atol=1e-5
    )
    assert np.allclose(g.normal, dicom.NORMAL, atol=1e-6) and g.slice_step_mm == pytest.approx(dicom.STEP)
    # pixel (row 2, column 3) lies 2 row steps along the column direction and 3 along the row direction
    expected = dicom.ORIGIN + 2 * dicom.SPACING[0] * dicom.COLUMN + 3 * dicom.SPACING[1] * dicom.ROW
    assert np.allclose(g.to_patient(0, np.array([[2, 3]]))[0], expected, atol=1e-5)


@pytest.mark.parametrize("maker", ["ge", "siemens"])
def test_names_order_and_folders_change_nothing(dicom, tmp_path, maker):
    images = getattr(dicom, maker)(4, 6)
    one = open_study(dicom.save_all(images, tmp_path / "a", seed=1))
    for k, ds in enumerate(reversed(images)):
        dicom.save(ds, tmp_path / "b" / f"deep{k % 3}" / "er" / f"x{k}.jpg")
    other = open_study(tmp_path / "b")
    assert one.digest == other.digest
    assert np.array_equal(one.cines[0].pixels, other.cines[0].pixels)
    assert np.array_equal(one.cines[0].geometry.origins_mm, other.cines[0].geometry.origins_mm)
    assert one.cines[0].label == other.cines[0].label


def test_slices_come_in_ascending_order_along_the_normal(dicom, tmp_path):
    images = [dicom.mr_image(z, t, 5, InstanceNumber=100 - z * 5 - t) for z in range(4) for t in range(5)]
    cine = only_cine(dicom.save_all(images, tmp_path))
    assert (np.diff(cine.geometry.slice_positions_mm) > 0).all()
    assert np.array_equal(cine.pixels, dicom.stack_values(4, 5))


def test_an_archive_reads_like_its_folder(dicom, tmp_path):
    folder = dicom.save_all(dicom.ge(3, 5), tmp_path / "exam")
    with zipfile.ZipFile(tmp_path / "exam.bin", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"some/where/{path.name}")
    assert open_study(tmp_path / "exam.bin").digest == open_study(folder).digest
    (tmp_path / "outer").mkdir()
    shutil.move(tmp_path / "exam.bin", tmp_path / "outer" / "nested")
    assert open_study(tmp_path / "outer").digest == open_study(folder).digest


def test_digest_is_of_the_contents(dicom, tmp_path):
    images = dicom.ge(3, 4)
    first = open_study(dicom.save_all(images, tmp_path / "a")).digest
    images[5] = dicom.mr_image(1, 1, 4, pixels=dicom.value(1, 1) + 1)
    assert open_study(dicom.save_all(images, tmp_path / "b")).digest != first


def test_a_whole_exam_gives_short_axis_first_then_long_axis_by_name(dicom, tmp_path):
    save_exam(dicom, tmp_path)
    study = open_study(tmp_path)
    assert [cine.view for cine in study.cines] == [View.SAX, View.CH4, View.CH2, View.CH3]
    assert {(aside.label, aside.files) for aside in study.left_aside} == {("series 30", 3), ("other file", 1)}
    assert study.cines[0].slices == 4 and all(cine.slices == 1 for cine in study.cines[1:])


def save_exam(dicom, folder):
    """A short-axis stack, long-axis planes at the AHA clock's 30, 90 and 150 degrees, a localiser, a note."""
    dicom.save_all(dicom.siemens(4, 6), folder / "a")
    up = np.array([0, 0, 1.0]) - dicom.NORMAL[2] * dicom.NORMAL
    up /= np.linalg.norm(up)
    lateral = np.cross(up, dicom.NORMAL)
    middle = centre(dicom, 1.5)
    for series, degrees in ((20, 30), (21, 90), (22, 150)):
        a = np.deg2rad(degrees)
        across = np.cos(a) * lateral + np.sin(a) * up
        dicom.save_all(plane(dicom, middle, across, dicom.NORMAL, series), folder / f"{series}", seed=series)
    scout = [
        dicom.mr_image(z, 0, 1, series=30, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]) for z in range(3)
    ]
    dicom.save_all(scout, folder / "scout")
    (folder / "notes.txt").write_text("not a picture")


def centre(dicom, z):
    rows, columns = 12, 10
    in_plane = (
        dicom.COLUMN * dicom.SPACING[0] * (rows - 1) / 2 + dicom.ROW * dicom.SPACING[1] * (columns - 1) / 2
    )
    return dicom.ORIGIN + z * dicom.STEP * dicom.NORMAL + in_plane


def plane(dicom, middle, row, column, series):
    """A cine whose picture is centred at ``middle``."""
    corner = middle - row * dicom.SPACING[1] * 4.5 - column * dicom.SPACING[0] * 5.5
    tags = {
        "ImageOrientationPatient": [round(float(v), 9) for v in (*row, *column)],
        "ImagePositionPatient": [round(float(v), 6) for v in corner],
    }
    return [dicom.mr_image(0, t, 6, series=series, **tags) for t in range(6)]


def test_a_series_can_be_chosen_by_label_or_number(dicom, tmp_path):
    save_exam(dicom, tmp_path)
    assert only_cine(tmp_path, series=21).view is View.CH2
    assert only_cine(tmp_path, series="series 22").view is View.CH3
    assert only_cine(tmp_path, series=2).slices == 4  # one of the stack's own series: the stack
    with pytest.raises(UsageError, match="series 21"):
        open_study(tmp_path, series=99)


def test_the_catalogue_tells_what_open_study_reads(dicom, tmp_path):
    save_exam(dicom, tmp_path)
    told, study = catalogue(tmp_path), open_study(tmp_path)
    for group, cine in zip(told.groups, study.cines, strict=True):
        shape = (group.slices, group.frames, group.rows, group.columns)
        assert shape == cine.pixels.shape and group.view is cine.view and group.label == cine.label
        assert group.findings == cine.findings
        assert group.heart_rate_bpm == cine.heart_rate_bpm
    assert told.left_aside == study.left_aside and told.files == 4 * 6 + 3 * 6 + 3 + 1
    first = json.loads(json.dumps(told.to_dict()))["groups"][0]
    assert first["view"] == "SAX" and first["spacing_mm"] == [1.5, 1.25] and first["slice_step_mm"] == 8.0
    assert first["timing"] == "trigger time" and first["frame_ms"] == pytest.approx(790 / 6, abs=1e-3)


def test_the_catalogue_decodes_nothing(dicom, tmp_path, monkeypatch):
    dicom.save_all(dicom.ge(3, 5), tmp_path)

    def never(*_):
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("lvcine.read.dicom.decoder.decode", never)
    assert catalogue(tmp_path).groups[0].frames == 5


def test_a_thousand_headers_take_less_than_two_seconds(dicom, tmp_path):
    dicom.save_all(dicom.ge(10, 15), tmp_path)
    assert min(seconds_of_processor(tmp_path) for _ in range(3)) < 2.0 * 150 / 1000


def seconds_of_processor(folder):
    start = time.process_time()
    assert catalogue(folder).groups[0].frames == 15
    return time.process_time() - start


def test_the_person_and_who_it_is_are_kept_apart(dicom, tmp_path):
    tags = {"PatientSize": 1.75, "PatientWeight": 70, "PatientSex": "F", "PatientAge": "045Y"}
    study = open_study(dicom.save_all(dicom.ge(3, 4, **tags), tmp_path))
    assert (study.subject.height_m, study.subject.weight_kg) == (1.75, 70.0)
    assert (study.subject.sex, study.subject.age_years) == ("F", 45.0)
    assert study.identity.name == "NOBODY^AT ALL" and study.identity.patient_id == "P1"
    assert "NOBODY" not in repr(replace(study, identity=type(study.identity)()))
    assert "NOBODY" not in json.dumps(catalogue(tmp_path).to_dict())


def test_what_the_user_says_wins_and_is_noted(dicom, tmp_path):
    dicom.save_all(dicom.ge(3, 5), tmp_path)
    told = ReadOptions(spacing_mm=(2.0, 3.0), slice_step_mm=5.0, frame_ms=40.0, view=View.OTHER)
    cine = only_cine(tmp_path, told)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((2.0, 3.0))
    assert cine.geometry.slice_step_mm == pytest.approx(5.0) and cine.view is View.OTHER
    assert np.allclose(cine.times_ms, np.tile(np.arange(5) * 40.0, (3, 1)))
    assert sum(finding.code == "given-by-user" for finding in cine.findings) == 4


def test_progress_runs_to_the_end(dicom, tmp_path):
    dicom.save_all(dicom.ge(3, 5), tmp_path)
    seen = []
    open_study(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (15, 15) and seen == sorted(seen)


def test_an_array_in_memory_is_a_study():
    pixels = np.random.default_rng(0).integers(0, 99, (3, 7, 16, 16))
    study = open_study(pixels, ReadOptions(spacing_mm=(1.0, 1.0), slice_step_mm=8.0))
    assert np.array_equal(study.cines[0].pixels, pixels) and len(study.digest) == 64


def test_other_files_are_read_where_there_is_no_dicom(dicom, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 99, (3, 7, 16, 16))
    np.save(tmp_path / "cine.npy", pixels)
    assert np.array_equal(only_cine(tmp_path).pixels, pixels)
    dicom.save_all(dicom.ge(3, 5), tmp_path)
    study = open_study(tmp_path)
    assert study.cines[0].frames == 5 and "beside DICOM" in study.left_aside[0].reason


class TestRefusals:
    def test_nothing_there(self, tmp_path):
        with pytest.raises(UsageError, match="no such file"):
            open_study(tmp_path / "missing")

    def test_an_empty_folder(self, tmp_path):
        (tmp_path / "inner").mkdir()
        with pytest.raises(ReadError, match="empty"):
            open_study(tmp_path)

    def test_no_pictures(self, tmp_path):
        (tmp_path / "a.dcm").write_text("a text under a false name")
        with pytest.raises(NotACineError, match="no kind of picture"):
            open_study(tmp_path)

    def test_single_frames(self, dicom, tmp_path):
        dicom.save_all(dicom.ge(5, 1), tmp_path)
        with pytest.raises(NotACineError, match="one frame only"):
            open_study(tmp_path)

    def test_another_modality(self, dicom, tmp_path):
        dicom.save_all(dicom.ge(3, 4, Modality="CT"), tmp_path)
        with pytest.raises(NotACineError, match="modality CT"):
            open_study(tmp_path)

    def test_larger_than_allowed_before_anything_is_decoded(self, dicom, tmp_path, monkeypatch):
        dicom.save_all(dicom.ge(3, 4), tmp_path)
        monkeypatch.setattr("lvcine.read.dicom.decoder.decode", None)
        with pytest.raises(ReadError, match="allowed"):
            open_study(tmp_path, ReadOptions(max_pixels=12 * 120 - 1))

    def test_two_patients(self, dicom, tmp_path):
        dicom.save_all(dicom.ge(3, 4), tmp_path / "a")
        dicom.save_all(dicom.ge(3, 4, PatientID="P2", StudyInstanceUID="9.9"), tmp_path / "b")
        with pytest.raises(ReadError, match="2 patients"):
            open_study(tmp_path)

    def test_errors_name_files_not_folders(self, dicom, tmp_path):
        path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "secret-folder" / "one.dcm")
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(ReadError, match="one.dcm") as caught:
            open_study(path)
        assert "secret-folder" not in str(caught.value)


def test_two_exams_of_one_patient_the_larger_is_read_and_it_is_said(dicom, tmp_path):
    dicom.save_all(dicom.ge(3, 4), tmp_path / "a")
    dicom.save_all(dicom.ge(5, 4, StudyInstanceUID="9.9", SeriesNumber=4), tmp_path / "b")
    study = open_study(tmp_path)
    assert study.cines[0].slices == 5
    assert [finding.code for finding in study.findings] == ["several-exams"]
    assert study.left_aside[0].reason == "of another exam in the folder"


def test_a_few_bad_files_among_many_good_are_named(dicom, tmp_path):
    dicom.save_all(dicom.ge(4, 6), tmp_path / "good")
    for name, size in (("cut.dcm", 700), ("short.dcm", 900)):
        path = dicom.save(dicom.mr_image(2, 3, 6, series=8), tmp_path / name)
        path.write_bytes(path.read_bytes()[:size])
    study = open_study(tmp_path)
    assert np.array_equal(study.cines[0].pixels, dicom.stack_values(4, 6))
    assert [finding.code for finding in study.findings] == ["unreadable-files"]
    assert {(a.label, a.file) for a in study.left_aside} == {("file", "cut.dcm"), ("file", "short.dcm")}
