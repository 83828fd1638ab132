"""Who may write into a folder, and what may be replaced there."""

from __future__ import annotations

import errno
import json
import os
import threading
from functools import partial

import pytest

from lvcine.errors import UsageError
from lvcine.output import STAGE_PREFIX, claim, hold, old_results
from lvcine.output.stage import stage_of

OVER = partial(claim, replaced=old_results(overwrite=True))
RECORD = '{"lvcine_version": "1"}'


def write(place, **files):
    for name, text in files.items():
        (place.new / name.replace("_", ".")).write_text(text)


def result(folder, text="old", **more):
    with claim(folder, old_results()) as place:
        write(place, run_json=RECORD, report_html=text, **more)
        place.commit()
    return folder


def found(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def hidden(folder):
    return [p.name for p in folder.rglob(f"{STAGE_PREFIX}*")]


@pytest.mark.parametrize("exists", [False, True])
def test_a_second_run_is_refused_before_it_works_and_the_first_is_whole(tmp_path, exists):
    out = tmp_path / "out"
    if exists:
        out.mkdir()
    with claim(out, old_results()) as place:
        with pytest.raises(UsageError, match="another run is writing there"), OVER(out):
            pytest.fail("claimed twice")
        write(place, run_json=RECORD)
        place.commit()
    assert found(out) == {"run.json": RECORD} and not hidden(tmp_path)


def test_other_spellings_are_the_same_folder(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with hold(tmp_path / "real" / "out"):
        for other in (tmp_path / "link" / "out", tmp_path / "real" / "x" / ".." / "out"):
            with pytest.raises(UsageError, match="another run"), hold(other):
                pytest.fail("held twice")


@pytest.mark.parametrize("names", [["a", "b", "c", "d"], ["same"] * 4], ids=["beside", "same"])
def test_many_runs_at_once_do_not_disturb_each_other(tmp_path, monkeypatch, names):
    monkeypatch.setattr(os, "fsync", lambda file: None)
    problems = []

    def runs(name):
        for n in range(25):
            try:
                with OVER(tmp_path / name) as place:
                    write(place, run_json=RECORD, report_html=f"{name} {n}")
                    place.commit()
            except UsageError as error:
                if "another run" not in str(error) or "same" not in names:
                    problems.append(error)

    threads = [threading.Thread(target=runs, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == [] and sorted(os.listdir(tmp_path)) == sorted(set(names))
    assert all(set(found(tmp_path / name)) == {"run.json", "report.html"} for name in names)


def test_a_run_waits_a_moment_for_one_that_cleans_up(tmp_path):
    out, go = tmp_path / "out", threading.Event()

    def first():
        with hold(out):
            go.set()
            threading.Event().wait(0.2)

    other = threading.Thread(target=first)
    other.start()
    go.wait()
    with hold(out) as stage:
        assert stage.is_dir()
    other.join()
    assert os.listdir(tmp_path) == []


def test_what_killed_runs_left_goes_wherever_it_lies(tmp_path):
    out = tmp_path / "a" / "out"
    above, beside = stage_of(out, tmp_path), stage_of(tmp_path / "a" / "other", tmp_path / "a")
    out.parent.mkdir()
    for stage in (above, beside):
        (stage / "new").mkdir(parents=True)
        (stage / "new" / "report.html").write_text("of a patient")
        (stage / "lock").touch()
    with hold(out):
        assert not above.exists() and not beside.exists()
    assert os.listdir(out.parent) == []


def test_the_stage_of_a_living_run_beside_stays(tmp_path):
    with claim(tmp_path / "other", old_results()) as place:
        write(place, run_json=RECORD)
        result(tmp_path / "out")
        place.commit()
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


def test_a_folder_made_by_somebody_else_meanwhile_is_not_merged_with(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="meanwhile"), claim(out, old_results()) as place:
        write(place, run_json=RECORD)
        out.mkdir()
        (out / "run.json").write_text("theirs")
        place.commit()
    assert found(tmp_path) == {"out/run.json": "theirs"}


@pytest.mark.parametrize("name", ["run.json", "report.html"])
def test_a_file_written_meanwhile_is_not_replaced(tmp_path, name):
    with pytest.raises(UsageError, match="meanwhile"), claim(tmp_path, old_results()) as place:
        write(place, run_json=RECORD, report_html="new")
        (tmp_path / name).write_text("theirs")
        place.commit()
    assert found(tmp_path) == {name: "theirs"}


def test_the_folder_itself_stays_as_it_may_be_a_disk_or_where_somebody_stands(tmp_path):
    out = result(tmp_path / "out")
    (out / "notes.txt").write_text("mine")
    inode = out.stat().st_ino
    with OVER(out) as place:
        write(place, run_json=RECORD, contours_gif="new")
        place.commit()
    assert out.stat().st_ino == inode
    assert found(out) == {"run.json": RECORD, "contours.gif": "new", "notes.txt": "mine"}


@pytest.mark.parametrize("step", range(12))
def test_a_run_that_is_interrupted_at_any_step_leaves_the_old_result_or_the_new(tmp_path, monkeypatch, step):
    out = result(tmp_path / "out", measurements_csv="old")
    old = found(out)
    calls = []

    def interrupted(real, *args):
        calls.append(args)
        if len(calls) == step + 1:
            raise KeyboardInterrupt
        return real(*args)

    for name in ("rename", "replace", "fsync"):
        monkeypatch.setattr(os, name, partial(interrupted, getattr(os, name)))
    new = {"run.json": '{"lvcine_version": "2"}', "report.html": "new"}
    try:
        with OVER(out) as place:
            write(place, run_json=new["run.json"], report_html="new")
            place.commit()
    except KeyboardInterrupt:
        pass
    monkeypatch.undo()
    assert found(out) in (old, new) and not hidden(tmp_path)
    assert len(calls) > step or found(out) == new


def test_an_undo_that_fails_is_finished_by_the_next_run(tmp_path, monkeypatch):
    out = result(tmp_path / "out")
    moves = []

    def broken(source, target):
        moves.append(target)
        if len(moves) > 2:
            raise OSError(errno.EIO, "Input/output error")
        os.rename(source, target)

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(UsageError, match="Input/output"), OVER(out) as place:
        write(place, run_json=RECORD, report_html="new")
        place.commit()
    monkeypatch.undo()
    assert "run.json" not in os.listdir(out)  # visibly not finished
    with pytest.raises(UsageError, match="not empty"), claim(out, old_results()):
        pass
    assert found(out) == {"run.json": RECORD, "report.html": "new"}


def test_only_lvcines_own_files_are_replaced(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(UsageError, match="report.html in the output folder is not lvcine's"), OVER(tmp_path):
        pass
    assert found(tmp_path) == {"report.html": "mine"}


def test_a_folder_that_is_named_like_a_result_is_refused(tmp_path):
    out = result(tmp_path / "out")
    (out / "measurements.csv").mkdir()
    (out / "measurements.csv" / "precious").write_text("mine")
    with pytest.raises(UsageError, match=r"measurements\.csv is no file"), OVER(out):
        pass
    assert found(out)["measurements.csv/precious"] == "mine"


def test_a_link_is_replaced_as_a_link(tmp_path):
    out = result(tmp_path / "out")
    (tmp_path / "precious.html").write_text("mine")
    (out / "report.html").unlink()
    (out / "report.html").symlink_to(tmp_path / "precious.html")
    with OVER(out) as place:
        write(place, run_json=RECORD, report_html="new")
        place.commit()
    assert (tmp_path / "precious.html").read_text() == "mine"
    assert not (out / "report.html").is_symlink() and (out / "report.html").read_text() == "new"


@pytest.mark.parametrize("kind", ["same", "dots", "symlink", "hardlink", "below a link"])
def test_the_input_is_never_replaced(tmp_path, monkeypatch, kind):
    out = result(tmp_path / "out", contours_mp4="film")
    film = out / "contours.mp4"
    if kind == "dots":
        film = out / ".." / "out" / "contours.mp4"
    elif kind == "symlink":
        film = tmp_path / "film.mp4"
        film.symlink_to(out / "contours.mp4")
    elif kind == "hardlink":
        film = tmp_path / "film.mp4"
        film.hardlink_to(out / "contours.mp4")
    elif kind == "below a link":
        (tmp_path / "link").symlink_to(out)
        film = tmp_path / "link" / "contours.mp4"
    with pytest.raises(UsageError, match=r"their own input, contours\.mp4"), OVER(out, source=film):
        pass
    assert found(out)["contours.mp4"] == "film"


def test_results_and_scan_never_share_a_folder_however_it_is_spelt(tmp_path):
    (tmp_path / "scan").mkdir()
    (tmp_path / "link").symlink_to("scan")
    for out, scan in (("scan", "link"), ("link", "scan"), ("scan/../scan", "scan")):
        with pytest.raises(UsageError, match="one folder"), OVER(tmp_path / out, source=tmp_path / scan):
            pass


@pytest.mark.parametrize(
    "plan",
    [
        {"old": ["../precious.txt"], "new": ["run.json"]},
        {"old": ["precious.txt"], "new": []},
        {"old": ["study/precious.dcm"], "new": ["run.json"]},
        {"old": 3},
        [],
    ],
    ids=str,
)
def test_a_plan_that_somebody_else_wrote_moves_no_other_file(tmp_path, plan):
    out = tmp_path / "out"
    stage = stage_of(out, out)
    (stage / "ready").mkdir(parents=True)
    (stage / "ready" / "run.json").write_text(RECORD)
    (stage / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "away").mkdir()
    (out / "study").symlink_to(tmp_path / "away")
    for precious in (tmp_path / "precious.txt", out / "precious.txt", tmp_path / "away" / "precious.dcm"):
        precious.write_text("mine")
    with pytest.raises(UsageError, match="look into that hidden folder"), OVER(out):
        pass
    with claim(out / "below", old_results()):
        pass
    assert [text for name, text in found(tmp_path).items() if "precious" in name] == ["mine"] * 3
    assert "run.json" not in os.listdir(out)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users are told apart otherwise there")
def test_the_stage_of_another_user_is_not_touched(tmp_path, monkeypatch):
    out = tmp_path / "out"
    stage = stage_of(out, tmp_path)
    stage.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match="another user's"), hold(out):
        pass
    assert stage.is_dir()


def test_a_link_in_the_stages_place_is_not_followed(tmp_path):
    out = tmp_path / "out"
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "scan.dcm").write_text("mine")
    stage_of(out, tmp_path).symlink_to("precious")
    with pytest.raises(UsageError), hold(out):
        pass
    assert found(tmp_path / "precious") == {"scan.dcm": "mine"}


def test_on_a_disk_without_locks_the_second_run_is_refused_as_well(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with hold(tmp_path / "out"):
        with pytest.raises(UsageError, match="another run"), hold(tmp_path / "out"):
            pytest.fail("held twice")
    assert os.listdir(tmp_path) == []


def test_a_name_that_no_disk_can_have_is_refused_before_the_work(tmp_path):
    with (
        pytest.raises(UsageError, match="could not be written"),
        claim(tmp_path / ("x" * 300), old_results()),
    ):
        pytest.fail("claimed")


def test_a_link_to_a_folder_that_is_not_there_yet_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("later")
    result(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and "run.json" in os.listdir(tmp_path / "later")
