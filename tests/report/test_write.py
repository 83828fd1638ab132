"""The output folder: whole or not at all, and discreet."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.report import FILES, VELOCITY_FILES, VIEWER_FILES, check_out, movie, write_outputs

SECRETS = ("quillfeather", "ambrosia", "pid-88731", "19671104", "20240229")


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def contents(folder):
    """All bytes of a folder's files, unpacked, in lower case, with the files' names."""
    data = b""
    for path in sorted(folder.iterdir()):
        raw = path.read_bytes()
        data += path.name.encode() + (gzip.decompress(raw) if path.suffix == ".gz" else raw)
    return data.lower()


def test_everything_is_written_and_named(ring, tmp_path):
    out = tmp_path / "deep" / "out"
    written = write_outputs(ring, out)
    assert [p.name for p in written] == [
        n for n in FILES if n not in ("contours.mp4", *VELOCITY_FILES, *VIEWER_FILES)
    ]
    assert all(p.parent == out and p.stat().st_size > 0 for p in written)
    assert names(out) == sorted(p.name for p in written) and names(tmp_path) == ["deep"]
    assert np.asarray(nibabel.load(out / "segmentation.nii.gz").dataobj).max() == 2
    assert json.loads((out / "run.json").read_text())["exit_status"] == 0


@pytest.mark.parametrize(("film", "expected"), [("mp4", {"contours.mp4"}), ("none", set())])
def test_the_film_is_the_one_asked_for(ring, tmp_path, film, expected):
    write_outputs(ring, tmp_path / "out", movie=film)
    assert {
        n for n in names(tmp_path / "out") if n.startswith("contours") and n != "contours.json"
    } == expected


def test_an_unknown_film_is_refused(ring, tmp_path):
    with pytest.raises(UsageError, match="avi"):
        write_outputs(ring, tmp_path / "out", movie="avi")
    assert names(tmp_path) == []


def test_no_file_tells_who_it_is_or_where_the_scan_lay(ring, tmp_path):
    options = {"input": Path("/ward7/Quillfeather^Ambrosia"), "out": "/ward7/out", "movie": "gif"}
    write_outputs(ring, tmp_path / "out", run=options)
    data = contents(tmp_path / "out")
    assert not [s for s in (*SECRETS, "ward7", str(tmp_path).lower()) if s.encode() in data]


def test_who_it_is_stands_in_report_and_record_when_asked_for(ring, tmp_path):
    write_outputs(ring, tmp_path / "out", identify=True)
    telling = {p.name for p in (tmp_path / "out").iterdir() if b"Quillfeather" in p.read_bytes()}
    assert telling == {"report.html", "run.json"}


def test_a_folder_in_use_is_refused_untouched(ring, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty") as refused:
        write_outputs(ring, tmp_path)
    assert refused.value.exit_code == 2 and str(tmp_path.parent) not in str(refused.value)
    assert names(tmp_path) == ["notes.txt"]


def test_an_empty_folder_is_used_and_a_file_is_not_a_folder(ring, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    check_out(out)
    write_outputs(ring, out, movie="none")
    with pytest.raises(UsageError, match="not a folder"):
        check_out(out / "run.json")


def test_overwriting_replaces_our_files_and_leaves_the_users(ring, tmp_path):
    write_outputs(ring, tmp_path / "out", movie="mp4")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    again = replace(ring, papillary="exclude")
    write_outputs(again, tmp_path / "out", overwrite=True, movie="gif")
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert json.loads((tmp_path / "out" / "measurements.json").read_text())["papillary"] == "exclude"
    assert "contours.mp4" not in names(tmp_path / "out")  # of the run before: it would not match
    assert not [n for n in names(tmp_path / "out") if n.startswith(".")]


def test_a_writer_that_fails_leaves_nothing(ring, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("no film")

    monkeypatch.setattr(movie, "gif", fail)
    with pytest.raises(RuntimeError):
        write_outputs(ring, tmp_path / "new" / "out")
    assert names(tmp_path) == []


@pytest.mark.parametrize("after", [0, 1, 7, 9])
def test_a_disk_that_fails_half_way_leaves_the_old_results(ring, tmp_path, monkeypatch, after):
    out = tmp_path / "out"
    write_outputs(ring, out)
    before, real, calls = contents(out), os.replace, []

    def flaky(source, target):
        calls.append(target)
        if len(calls) == after + 1:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", flaky)
    with pytest.raises(UsageError, match="No space left"):
        write_outputs(replace(ring, papillary="exclude"), out, overwrite=True)
    assert contents(out) == before


@pytest.mark.parametrize(("step", "after"), [("mkdir", 2), ("fsync", 0), ("fsync", 3), ("rename", 0)])
def test_a_disk_that_fails_half_way_leaves_no_new_folder(ring, tmp_path, monkeypatch, step, after):
    real, calls = getattr(os, step), []

    def flaky(*args):
        calls.append(args)
        if len(calls) == after + 1:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(os, step, flaky)
    with pytest.raises(UsageError):
        write_outputs(ring, tmp_path / "deep" / "out", movie="none")
    assert names(tmp_path) == []


def test_a_parent_that_is_a_file_is_one_clear_error(ring, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="could not be written"):
        write_outputs(ring, tmp_path / "file" / "out", movie="none")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("film", ["gif", "mp4"])
def test_one_slice_and_one_frame_are_written_as_well(make_ring, tmp_path, film):
    one = replace(make_ring(slices=1, frames=1), es_frame=0)
    written = write_outputs(one, tmp_path / "out", movie=film)
    assert len(written) == 7 and all(p.stat().st_size > 0 for p in written)
