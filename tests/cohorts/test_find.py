"""What is taken for a study in a tree, a list and by a pattern, and what it is called."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from types import SimpleNamespace

import nibabel
import numpy as np
import pydicom
import pytest

from lvcine.cohorts.find import find_studies
from lvcine.cohorts.work import _input
from lvcine.errors import ReadError, UsageError
from lvcine.isolated import Child
from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr


@pytest.fixture(scope="module")
def scanner():
    """The process that looks into files, for all tests here."""
    child = Child(preload="lvcine.cohorts.scan")
    yield child
    child.stop()


@pytest.fixture(autouse=True)
def one_scanner(scanner, monkeypatch):
    monkeypatch.setattr(
        "lvcine.cohorts.find.Child", lambda preload: SimpleNamespace(call=scanner.call, stop=int)
    )


@pytest.fixture(scope="session")
def exam(tmp_path_factory):
    """One small exam of 4 slices and 2 frames."""
    cine, _ = virtual_study(3, frames=2, size=32, spacing_mm=5.0, step_mm=30.0)
    folder = tmp_path_factory.mktemp("exam") / "exam"
    write_dicom_mr(cine, folder, vendor="ge", seed=3)
    return folder


def put(exam, folder, *, name="", study=None, sop="", per_slice=False, **fields):
    """A copy of the exam with another header."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(exam.iterdir())):
        header = pydicom.dcmread(path)
        header.PatientName, header.PatientID = name, fields.get("number", "")
        if study is not None:
            header.StudyInstanceUID = study
        if per_slice:
            header.StudyInstanceUID = f"1.2.3.{round(float(header.ImagePositionPatient[2]) + 500)}"
        if sop:
            header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"{sop}.{number}"
            header.SeriesInstanceUID = f"{sop}.9"
        header.save_as(folder / f"{fields.get('prefix', '')}{path.name}")


def shown(found):
    return {study.label: study.by for study in found.studies}


def test_nested_folders_of_one_study_are_one_and_patients_are_not_mixed(exam, tmp_path):
    put(exam, tmp_path / "p1" / "series1", study="1.1", sop="1.11", number="p1")
    put(exam, tmp_path / "p1" / "series2", study="1.1", sop="1.12", number="p1")
    put(exam, tmp_path / "p2" / "2019" / "cine", study="1.2", sop="1.21", number="p2")
    put(exam, tmp_path / "p2" / "2021" / "cine", study="1.3", sop="1.31", number="p2")
    (tmp_path / "p1" / "notes.txt").write_text("notes")
    found = find_studies(tmp_path)
    assert shown(found) == dict.fromkeys(("p1", "p2_2019", "p2_2021"), "study UID")
    assert found.studies[0].source == str(tmp_path / "p1") and not found.studies[0].files
    assert dict(found.left_aside) == {"no kind of picture that is read": 1}


def test_two_patients_in_one_folder_are_told_apart_by_their_files(exam, tmp_path):
    put(exam, tmp_path / "all", study="1.1", sop="1.11", number="p1", prefix="a")
    put(exam, tmp_path / "all", study="1.2", sop="1.21", number="p2", prefix="b")
    found = find_studies(tmp_path)
    assert len(found.studies) == 2 and all(len(s.files) == len(list(exam.iterdir())) for s in found.studies)
    assert not set(found.studies[0].files) & set(found.studies[1].files)
    assert all(s.source == str(tmp_path / "all") for s in found.studies)


def test_a_study_uid_that_two_patients_share_is_not_trusted(exam, tmp_path):
    put(exam, tmp_path / "p1", study="1.1", number="")
    put(exam, tmp_path / "p2", study="1.1", number="")  # other pixels under the same UIDs
    first = sorted((tmp_path / "p2").iterdir())[0]
    for path in (tmp_path / "p2").iterdir():
        header = pydicom.dcmread(path)
        header.PixelData = bytes(len(header.PixelData))
        header.save_as(path)
    assert first.exists()
    assert shown(find_studies(tmp_path)) == {"p1": "folder", "p2": "folder"}


def test_an_exam_that_was_exported_twice_is_one_study(exam, tmp_path):
    put(exam, tmp_path / "p1", study="1.1")
    shutil.copytree(tmp_path / "p1", tmp_path / "p1 copy")
    found = find_studies(tmp_path)
    assert len(found.studies) == 1
    assert found.left_aside["a copy of pictures in another folder"] == len(list(exam.iterdir()))


def test_slices_with_a_study_uid_each_are_one_study_by_their_geometry(exam, tmp_path):
    put(exam, tmp_path / "p1", per_slice=True, number="p1")
    assert shown(find_studies(tmp_path / "p1")) == {"p1": "folder"}


def test_a_label_never_holds_a_name_and_a_pseudonym_may_be_one(exam, tmp_path):
    put(exam, tmp_path / "DOE_JANE", study="1.1", sop="1.11", name="Doe^Jane", number="MRN1")
    put(exam, tmp_path / "SC-HF-I-01", study="1.2", sop="1.21", name="SC-HF-I-01", number="SC-HF-I-01")
    labels = [study.label for study in find_studies(tmp_path).studies]
    assert labels[0].startswith("study-") and labels[1] == "SC-HF-I-01"
    hashed = [study.label for study in find_studies(tmp_path, labels="hash").studies]
    assert hashed[0] == labels[0] and hashed[1].startswith("study-")


def test_files_archives_masks_and_damage(exam, tmp_path):
    grey = np.random.default_rng(0).integers(0, 999, (9, 9, 2, 3)).astype(np.int16)
    cine = nibabel.Nifti1Image(grey, np.eye(4))
    nibabel.save(nibabel.Nifti1Image((grey % 3).astype(np.uint8), np.eye(4)), tmp_path / "drawn.nii")
    nibabel.save(cine, tmp_path / "p1.nii.gz")
    nibabel.save(cine, tmp_path / "p1_gt.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 2), np.int16), np.eye(4)), tmp_path / "still.nii")
    np.save(tmp_path / "p2.npy", np.zeros((3, 4, 4)))
    with zipfile.ZipFile(tmp_path / "p3.zip", "w") as archive:
        archive.write(next(exam.iterdir()), "1.dcm")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "1.dcm").write_bytes(next(exam.iterdir()).read_bytes()[:200])
    found = find_studies(tmp_path)
    assert shown(found) == {"p1": "file", "p2": "file", "p3": "archive", "broken": "folder"}
    assert found.left_aside == {
        "labels of the scan beside it": 1, "NIfTI without frames": 1, "NIfTI of labels, no pictures": 1,
    }  # fmt: skip


@pytest.fixture
def two_patients(exam, tmp_path):
    """An archive of an archive for each of two patients, whose files have the same names."""
    for name, number, study in (("Doe^Jane", "MRN1", "1.1"), ("Roe^Mary", "MRN2", "1.2")):
        put(exam, tmp_path / number, study=study, sop=f"{study}.1", name=name, number=number)
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            for path in (tmp_path / number).iterdir():
                archive.write(path, path.name)
        shutil.rmtree(tmp_path / number)
    (tmp_path / "data").mkdir()
    with tarfile.open(tmp_path / "data" / "both.tar.gz", "w:gz") as archive:
        for number in ("MRN1", "MRN2"):
            archive.add(tmp_path / f"{number}.zip", f"{number}.zip")
    return tmp_path / "data" / "both.tar.gz"


@pytest.mark.parametrize("alone", [False, True])
def test_an_archive_of_two_patients_is_two_studies_each_with_its_own_files(exam, two_patients, alone):
    found = find_studies(two_patients if alone else two_patients.parent)
    assert [study.by for study in found.studies] == ["study UID"] * 2
    assert all(study.label.startswith("both-") for study in found.studies)
    patients = []
    for study in found.studies:
        with _input(study) as place:
            headers = [pydicom.dcmread(path) for path in place.iterdir()]
        assert len(headers) == len(list(exam.iterdir()))
        patients.append({header.PatientID for header in headers})
    assert sorted(map(sorted, patients)) == [["MRN1"], ["MRN2"]]


def test_an_archive_called_by_the_patients_name_has_a_hash_for_a_label(exam, tmp_path):
    put(exam, tmp_path / "exam", study="1.1", sop="1.11", name="Doe^Jane", number="MRN1")
    shutil.make_archive(str(tmp_path / "doe_jane"), "zip", tmp_path / "exam")
    shutil.rmtree(tmp_path / "exam")
    ((label, by),) = shown(find_studies(tmp_path)).items()
    assert label.startswith("study-") and by == "archive"


def test_a_pattern_names_studies_by_what_it_left_open(tmp_path):
    for name in ("p1", "p2"):
        (tmp_path / "data" / name / "cine").mkdir(parents=True)
    found = find_studies(str(tmp_path / "data" / "*" / "cine"))
    assert shown(found) == {"p1": "pattern", "p2": "pattern"}
    assert found.studies[0].source == str(tmp_path / "data" / "p1" / "cine")
    with pytest.raises(UsageError, match="nothing matches"):
        find_studies(str(tmp_path / "no*where"))


def test_a_list_says_path_label_and_facts(tmp_path):
    (tmp_path / "a").mkdir()
    text = "ID;Path;Sex;Age;Height_cm;Group\np 1;a;female;54;170;HCM\np2;gone;M;;;\n"
    (tmp_path / "list.csv").write_text(text)
    one, two = find_studies(tmp_path / "list.csv").studies
    assert (one.label, one.source, one.group) == ("p_1", str(tmp_path / "a"), "HCM")
    assert one.facts == {"sex": "F", "age_years": 54.0, "height_m": 1.7} and two.facts == {"sex": "M"}


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("name,age\nx,3\n", UsageError, "no column of paths"),
        ("label,path\nx,a\nx,a\n", UsageError, "stands twice"),
        ("path,age\na,old\n", UsageError, "age of 'old'"),
        ("path\nnowhere\n", UsageError, "none of the paths"),
        ("path\n", ReadError, "header and a line"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path, text, error, said):
    (tmp_path / "a").mkdir()
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(error, match=said):
        find_studies(tmp_path / "list.csv")


def test_nothing_to_measure_says_what_was_met(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(ReadError, match=r"no study in it \(1 x no kind of picture"):
        find_studies(tmp_path)
