"""Sunnybrook's files: which picture a contour belongs to, and where on it the contour lies."""

import numpy as np
import pytest

from lvcine.errors import ReadError
from lvcine.read.datasets.sunnybrook import (
    contour_depth,
    contour_files,
    images,
    read_contour,
    read_stills,
    signed_depth,
    subjects,
)


def disc(radius: float, size: int = 96) -> np.ndarray:
    rows, columns = np.indices((size, size))
    return np.hypot(rows - 47.4, columns - 48.2) < radius


def test_signed_depth_of_a_disc_is_its_distance_to_the_circle():
    rows, columns = np.indices((96, 96))
    true = 20.0 - np.hypot(rows - 47.4, columns - 48.2)
    near = np.abs(true) < 5
    error = (signed_depth(disc(20.0)) - true)[near]
    assert np.abs(error).max() < 1.0 and np.abs(error.mean()) < 0.1


def test_masks_that_hold_their_contour_are_shrunk_by_it():
    depth = contour_depth(disc(20.5))
    area = (depth > 0).sum() + (depth == 0).sum() / 2  # the contour halves the pixels that it passes through
    assert area == pytest.approx(np.pi * 20**2, rel=0.02)


def test_contours_count_pixels_from_1(tmp_path):
    file = tmp_path / "IM-0001-0060-icontour-manual.txt"
    file.write_text("107.50 109.00\n108.00 1.00\n1.00 108.00\n")
    assert read_contour(file).points.tolist() == [[108.0, 106.5], [0.0, 107.0], [107.0, 0.0]]


@pytest.mark.parametrize("text", ["1 2 3\n4 5 6\n7 8 9\n", "here be points", "1 1\n2 2\n"])
def test_a_contour_that_is_none_is_refused(text, tmp_path):
    file = tmp_path / "IM-0001-0001-icontour-manual.txt"
    file.write_text(text)
    with pytest.raises(ReadError, match=file.name):
        read_contour(file)


def test_contours_and_images_go_by_their_number(tmp_path):
    for name in ("dicom/10.dcm", "dicom/2.dcm", "pig/I0003.dcm", "c/IM-0001-0010-icontour-manual.txt",
                 "c/IM-0001-0002-ocontour-auto.txt", "c/notes.txt", "dicom/map.dcm"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [(n, p.name) for n, p in images(tmp_path).items()] == [
        (2, "2.dcm"),
        (3, "I0003.dcm"),
        (10, "10.dcm"),
    ]
    assert [(n, kind) for n, kind, _ in contour_files(tmp_path)] == [(2, "o"), (10, "i")]


def test_subjects_are_folders_and_archives_named_after_them(tmp_path):
    (tmp_path / "SC-HF-NI-07").mkdir()
    (tmp_path / "SC-N-01.txt").write_text("no archive")
    (tmp_path / "exam").mkdir()
    assert subjects(tmp_path) == {"SC-HF-NI-07": tmp_path / "SC-HF-NI-07"}


def test_a_slice_without_es_shows_its_ed_and_has_no_mask_there(tmp_path):
    masks = np.stack([disc(12), disc(17), disc(17)])
    image = np.full((3, 96, 96), np.array([1, 2, 3])[:, None, None], np.uint8)
    np.savez(
        tmp_path / "s.npz", image=image, endo=masks, epi=masks,
        has_epi=np.array([False, True, True]), subject=np.array(["A"] * 3),
        dicom_index=np.array([41, 50, 30]),
    )  # fmt: skip
    (found,) = read_stills(tmp_path / "s.npz")
    assert found.pixels[..., 0, 0].tolist() == [[3, 3], [1, 2]]
    assert found.endo.any((2, 3)).tolist() == [[False, True], [True, True]]
    assert found.epi.any((2, 3)).tolist() == [[False, True], [False, True]]
    assert found.ed == 1
