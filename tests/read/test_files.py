"""What lies behind a path."""

from __future__ import annotations

import os
import zipfile

import pytest

from lvcine.errors import ReadError
from lvcine.read.files import gathered
from lvcine.read.sniff import Kind


def test_a_tree_to_its_leaves(dicom, tmp_path):
    dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "a" / "b" / "c" / "one")
    (tmp_path / "a" / "text").write_text("text")
    with gathered(tmp_path) as files:
        assert len(files.of(Kind.DICOM)) == 1 and len(files.of(Kind.OTHER)) == 1 and files.count == 2


def test_links_out_of_the_tree_are_not_followed(dicom, tmp_path):
    outside = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "outside" / "secret")
    inside = dicom.save(dicom.mr_image(0, 1, 2), tmp_path / "exam" / "mine")
    os.symlink(outside, tmp_path / "exam" / "link")
    os.symlink(tmp_path / "outside", tmp_path / "exam" / "folder")
    os.symlink(inside, tmp_path / "exam" / "again")
    with gathered(tmp_path / "exam") as files:
        assert sorted(path.name for path in files.of(Kind.DICOM)) == ["again", "mine"]
        assert [aside.reason for aside in files.left_aside] == ["leads out of the folder"]


def test_a_link_that_leads_nowhere_and_a_pipe_do_no_harm(tmp_path):
    os.symlink(tmp_path / "gone", tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "text").write_text("text")
    with gathered(tmp_path) as files:
        assert files.count == 1


def test_archives_in_a_folder_are_opened_and_removed_again(dicom, tmp_path):
    path = dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "one")
    with zipfile.ZipFile(tmp_path / "pack", "w") as archive:
        archive.write(path, "x")
    path.unlink()
    with gathered(tmp_path) as files:
        (unpacked,) = files.of(Kind.DICOM)
        assert unpacked.exists()
    assert not unpacked.exists()


def test_a_refused_archive_is_left_aside_in_a_folder_and_an_error_by_itself(dicom, tmp_path):
    dicom.save(dicom.mr_image(0, 0, 1), tmp_path / "one")
    bad = tmp_path / "bad"
    bad.write_bytes(b"\x1f\x8b\x08" + bytes(50))
    with gathered(tmp_path) as files:
        assert files.count == 1 and files.left_aside[0].label == "archive"
    with pytest.raises(ReadError), gathered(bad):
        pass
