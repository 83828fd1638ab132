"""One file, whole or not at all; and its place, checked before the work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lvcine.errors import UsageError
from lvcine.output import check_file, whole, whole_text, write_whole


def test_who_looks_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    write_whole(path, "old")
    with whole(path) as stream:
        stream.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["table.csv"]


def test_text_keeps_its_line_ends(tmp_path):
    with whole_text(tmp_path / "a.csv") as stream:
        stream.write("å\r\nb\n")
    assert (tmp_path / "a.csv").read_bytes() == "å\r\nb\n".encode()


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(tmp_path, failure):
    path = write_whole(tmp_path / "table.csv", "old")
    with (
        pytest.raises(UsageError if isinstance(failure, OSError) else KeyboardInterrupt),
        whole(path) as stream,
    ):
        stream.write(b"half")
        raise failure
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["table.csv"]


def test_what_a_killed_run_left_is_taken_over(tmp_path):
    path = tmp_path / "table.csv"
    with whole(path) as stream:
        (part,) = tmp_path.iterdir()
        stream.write(b"new")
    part.write_text("the longer text of a run that was killed")
    write_whole(path, "newer")
    assert path.read_text() == "newer" and os.listdir(tmp_path) == ["table.csv"]


def test_two_runs_do_not_write_one_file(tmp_path):
    with whole(tmp_path / "a") as stream:
        with pytest.raises(UsageError, match="another run"), whole(tmp_path / "a"):
            pytest.fail("opened twice")
        stream.write(b"first")
    assert (tmp_path / "a").read_text() == "first"


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_whole(tmp_path / "link.csv", "x")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_text() == "x"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices there")
def test_a_device_is_written_to_and_not_replaced():
    check_file(Path("/dev/null"))
    write_whole(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="no such folder"):
        check_file(tmp_path / "nowhere" / "a.csv")
    with pytest.raises(UsageError, match="a folder, not a file"):
        check_file(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(UsageError, match="cannot be written"):
        check_file(tmp_path / "a.csv")


def test_the_input_and_what_lies_in_it_are_refused(tmp_path):
    scan = tmp_path / "exam" / "scan.dcm"
    scan.parent.mkdir()
    scan.write_text("pixels")
    (tmp_path / "link").symlink_to(scan)
    for path, source in ((scan, scan), (tmp_path / "link", scan), (scan, scan.parent)):
        with pytest.raises(UsageError, match="part of the input"):
            check_file(path, source, begins=b"cine,")
    check_file(scan.parent / "new.csv", scan.parent, begins=b"cine,")
    (scan.parent / "new.csv").write_text("cine,slice")
    check_file(scan.parent / "new.csv", scan.parent, begins=b"cine,")  # of an earlier run
    with pytest.raises(UsageError, match="part of the input"):
        check_file(scan.parent / "new.csv", scan.parent)
