"""MATLAB files of LVQuan: pictures by subject, and plain words for every other MATLAB file."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from lvcine.errors import ReadError, UsageError
from lvcine.read import ReadOptions, catalogue, open_study
from lvcine.read.sniff import Kind, sniff


def pictures(subjects=1, size=24):
    return np.random.default_rng(0).random((size, size, 20 * subjects))


def saved(path, **values):
    savemat(path, values, do_compression=True)
    return path


def test_several_subjects_are_never_mixed_and_never_chosen_silently(tmp_path):
    values = pictures(3)
    path = saved(tmp_path / "cardiac-dig.mat", images_LV=values)
    with pytest.raises(ReadError, match="3 subjects") as error:
        open_study(path)
    assert "1 to 3" in error.value.advice
    with pytest.raises(ReadError, match="3 subjects"):
        catalogue(path)
    for name in ("subject 2", 2):
        (cine,) = open_study(path, series=name).cines
        assert np.array_equal(cine.pixels[0], np.moveaxis(values, 2, 0)[20:40]) and cine.label == "subject 2"
    with pytest.raises(UsageError):
        open_study(path, series="subject 4")


def test_two_patients_in_a_folder_are_two_subjects(tmp_path):
    for k in range(2):
        saved(tmp_path / f"patient{k}.mat", image=pictures() + k)
    with pytest.raises(ReadError, match="2 subjects"):
        open_study(tmp_path)


@pytest.mark.parametrize(("name", "spacing_name"), [("image", "pix_spacing"), ("IMAGE", "pix_spa")])
def test_spacing_and_names_as_they_occur(tmp_path, name, spacing_name):
    path = saved(tmp_path / "p.mat", **{name: pictures(), spacing_name: 1.25, "dims": np.zeros((3, 20))})
    (cine,) = open_study(path).cines
    assert cine.geometry.pixel_spacing_mm == (1.25, 1.25) and cine.geometry.calibrated
    assert [f.code for f in cine.findings] == ["no-frame-times"]


def test_frames_may_come_first(tmp_path):
    values = np.moveaxis(pictures(), 2, 0)
    (cine,) = open_study(saved(tmp_path / "p.mat", image=values)).cines
    assert np.array_equal(cine.pixels[0], values)


def test_what_the_user_says_settles_what_the_file_does_not(tmp_path):
    path = saved(tmp_path / "p.mat", image=pictures())
    (cine,) = open_study(path, ReadOptions(spacing_mm=(1.4, 1.4), frame_ms=45.0)).cines
    assert cine.geometry.calibrated and {f.code for f in cine.findings} == {"given-by-user"}


@pytest.mark.parametrize("spacing", [0.0, -1.0, np.nan, [1.0, 2.0], "wide"])
def test_a_spacing_that_is_no_length_is_none(tmp_path, spacing):
    (cine,) = open_study(saved(tmp_path / "p.mat", image=pictures(), pix_spacing=spacing)).cines
    assert not cine.geometry.calibrated and "no-pixel-spacing" in {f.code for f in cine.findings}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mask": np.zeros((4, 4))}, "without pictures"),
        ({"image": np.zeros((24, 24, 21))}, "shape"),
        ({"image": np.zeros((24, 24))}, "shape"),
        ({"image": np.array([["a"] * 20] * 3)}, "shape|type"),
        ({"image": np.zeros((8, 8, 20), complex)}, "type"),
    ],
)
def test_other_matlab_files_are_refused_in_plain_words(tmp_path, values, words):
    with pytest.raises(ReadError, match=words):
        open_study(saved(tmp_path / "p.mat", **values))


def test_more_pixels_than_allowed_are_not_decoded(tmp_path):
    with pytest.raises(ReadError, match="shape"):
        open_study(saved(tmp_path / "p.mat", image=pictures()), ReadOptions(max_pixels=1000))


def test_damaged_and_newer_files_are_one_typed_error(tmp_path):
    data = saved(tmp_path / "p.mat", image=pictures(), pix_spacing=1.5).read_bytes()
    rng = np.random.default_rng(0)
    for k in range(30):
        broken = bytearray(data)
        at = rng.integers(128, len(data), 20)
        for i in at:
            broken[i] = rng.integers(256)
        path = tmp_path / f"b{k}.mat"
        path.write_bytes(bytes(broken[: rng.integers(140, len(data))]))
        with pytest.raises(ReadError):
            open_study(path)
    newer = tmp_path / "new.mat"
    newer.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n")
    assert sniff(newer) is Kind.MATLAB
    with pytest.raises(ReadError, match="7.3"):
        open_study(newer)
