"""What lvcine wrote is told from what it reads."""

from __future__ import annotations

import pytest

from lvcine.output import FILM_MARK, is_own_film, is_result, own_files


def test_a_record_of_lvcine_makes_the_files_beside_it_its_own(tmp_path):
    for name in ("contours.gif", "report.html", "scan.dcm"):
        (tmp_path / name).touch()
    assert not is_result(tmp_path) and own_files(tmp_path) == frozenset()
    (tmp_path / "run.json").write_text('{"lvcine_version": "1", "net": {}}')
    assert is_result(tmp_path)
    assert own_files(tmp_path) == {"contours.gif", "report.html", "run.json"}


NO_RECORDS = ["", "{}", "[]", "3", "'lvcine_version'", "{", "[" * 100_000, "{" + " " * 2**21 + "}"]


@pytest.mark.parametrize("text", NO_RECORDS, ids=lambda text: text[:8])
def test_another_file_of_that_name_is_no_record(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert not is_result(tmp_path)


def test_a_folder_or_a_pipe_of_that_name_is_no_record(tmp_path):
    (tmp_path / "run.json").mkdir()
    assert not is_result(tmp_path) and not is_result(tmp_path / "nowhere")


@pytest.mark.parametrize("at", [0, 30_000, 200_000 - len(FILM_MARK)])
def test_a_film_is_known_by_its_mark_at_either_end(tmp_path, at):
    data = bytearray(200_000)
    (tmp_path / "film").write_bytes(data)
    assert not is_own_film(tmp_path / "film")
    data[at : at + len(FILM_MARK)] = FILM_MARK
    (tmp_path / "film").write_bytes(data)
    assert is_own_film(tmp_path / "film")
