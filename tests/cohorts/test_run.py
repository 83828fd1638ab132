"""Whatever becomes of a study, a worker or the run: each study is there in the end, whole and once."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lvcine.cohorts.run import cohort
from lvcine.errors import UsageError

from .conftest import pids, seen, write_list

LINUX = sys.platform.startswith("linux")


def table(out: Path) -> dict[str, dict[str, str]]:
    with (out / "cohort.csv").open(newline="") as stream:
        return {row["label"]: row for row in csv.DictReader(stream)}


def until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.skipif(not LINUX, reason="bounds on memory are the kernel's")
def test_a_poison_study_costs_itself_alone_and_the_table_says_what_happened(tmp_path, standin):
    source = write_list(tmp_path, a="", b="crash", c="eat", d="raise", e="refuse", f="", g="hang", h="", i="")
    out = tmp_path / "out"
    done = cohort(source, out, workers=2, time_limit_s=8, memory_limit_gb=4, work=standin)

    assert done.studies == {"done": 4, "refused": 1, "failed": 4}
    rows = table(out)
    codes = {label: int(row["exit_code"]) for label, row in rows.items()}
    assert codes == {"a": 0, "b": 139, "c": 137, "d": 1, "e": 3, "f": 0, "g": 124, "h": 0, "i": 0}
    assert rows["c"]["kind"] == "memory" and "4 GB" in rows["c"]["reason"]
    assert rows["g"]["kind"] == "time" and "8 s" in rows["g"]["reason"]
    assert "RuntimeError" in rows["d"]["reason"] and "JANE" not in rows["d"]["reason"]
    assert rows["e"]["advice"] == "copy it again"
    assert (rows["a"]["edv_ml"], rows["a"]["edv_ml_low"], rows["a"]["report"]) == (
        "100.0", "90.0", "studies/a/report.html",
    )  # fmt: skip
    assert {path.name for path in (out / "studies").iterdir()} == {"a", "f", "h", "i"}

    # Once more: finished studies, failed ones among them, are not touched; with retry the failed ones are.
    before = len(seen(tmp_path))
    again = cohort(source, out, workers=1, time_limit_s=8, memory_limit_gb=4, work=standin)
    assert again.measured == 0 and len(seen(tmp_path)) == before
    write_list(tmp_path, a="", b="", c="", d="", e="", f="", g="", h="", i="")
    again = cohort(source, out, workers=1, retry=True, time_limit_s=8, memory_limit_gb=4, work=standin)
    assert again.studies["done"] == 9 and set(seen(tmp_path)[before:]) == set("bcdeg")


def test_a_worker_that_is_killed_costs_no_study(tmp_path, standin):
    source = write_list(tmp_path, a="slow:2", b="", c="")
    thread = threading.Thread(
        target=lambda: (until((tmp_path / "log.txt").exists), os.kill(pids(tmp_path)[0], 9))
    )
    thread.start()
    done = cohort(source, tmp_path / "out", workers=1, work=standin)
    thread.join()
    assert done.studies["done"] == 3 and seen(tmp_path) == ["a", "a", "b", "c"]


def test_after_the_run_is_killed_another_goes_on(tmp_path, standin):
    source = write_list(tmp_path, a="", b="slow:60", c="", d="")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site-packages')!r})\n"
        "from lvcine.cohorts.run import cohort\n"
        f"cohort({str(source)!r}, {str(tmp_path / 'out')!r}, workers=1, work={standin!r})"
    )
    run = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: (tmp_path / "log.txt").exists() and len(seen(tmp_path)) == 2)
    worker = pids(tmp_path)[0]
    run.kill()
    run.wait()
    until(lambda: not Path(f"/proc/{worker}").exists() if LINUX else True)  # it ends with its run

    out = tmp_path / "out"
    # What an older version may have left half-way: results without a record, a record cut short.
    (out / "studies" / "c").mkdir()
    (out / "studies" / "c" / "report.html").write_text("half")
    (out / "records" / "d.json").write_text('{"label": "d", "stat')
    write_list(tmp_path, a="", b="", c="", d="")
    done = cohort(source, out, workers=1, work=standin)
    assert done.studies == {"done": 4, "refused": 0, "failed": 0}
    assert seen(tmp_path) == ["a", "b", "b", "c", "d"]
    assert (out / "studies" / "c" / "report.html").read_text() == "x" * 10
    assert set(table(out)) == {"a", "b", "c", "d"}


def test_other_files_are_measured_again_and_other_options_are_refused(tmp_path, standin):
    source, out = write_list(tmp_path, a="", b=""), tmp_path / "out"
    cohort(source, out, workers=1, work=standin)
    (tmp_path / "b.txt").write_text("another scan")
    done = cohort(source, out, workers=1, work=standin)
    assert done.measured == 1 and seen(tmp_path) == ["a", "b", "b"]
    with pytest.raises(UsageError, match="other options: papillary 'include'"):
        cohort(source, out, workers=1, papillary="exclude", work=standin)
    (out / "studies" / "a" / "mine.txt").write_text("mine")
    (tmp_path / "a.txt").write_text("another scan")
    with pytest.raises(UsageError, match="mine.txt"):
        cohort(source, out, workers=1, work=standin)
    assert (out / "studies" / "a" / "report.html").exists()


def test_the_tables_of_both_kinds_and_studies_of_an_older_version(tmp_path, standin, monkeypatch):
    source, out = write_list(tmp_path, a="", b="refuse"), tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    cohort("list.csv", "out", workers=1, work=standin)  # as it is typed: from the current directory
    assert (out / "studies" / "a" / "report.html").exists()
    parquet = pytest.importorskip("pyarrow.parquet")
    whole = parquet.read_table(out / "cohort.parquet").to_pylist()
    assert [row["label"] for row in whole] == ["a", "b"] and whole[0]["edv_ml"] == 100.0
    assert whole[1]["edv_ml"] is None and whole[1]["status"] == "refused" and whole[0]["exit_code"] == 0
    slices = parquet.read_table(out / "per_slice.parquet").to_pylist()
    assert [(s["label"], s["phase"], s["slice"], s["value"]) for s in slices] == [("a", "ED", 2, 800.5)]

    old = json.loads((out / "records" / "a.json").read_text())
    (out / "records" / "a.json").write_text(json.dumps(old | {"lvcine_version": "0.0.9"}))
    done = cohort(source, out, workers=1, work=standin)
    assert done.measured == 0 and done.versions["0.0.9"] == 1
    assert table(out)["a"]["lvcine_version"] == "0.0.9"


@pytest.mark.skipif(not LINUX or os.geteuid() != 0, reason="a small disk is mounted")
def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path, standin):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(disk)], capture_output=True
    ).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        source = write_list(tmp_path, a="large:100000", b="large:900000", c="large:10")
        with pytest.raises(UsageError, match="No space left"):
            cohort(source, disk / "out", workers=1, work=standin)
        assert [p.name for p in (disk / "out" / "records").glob("*.json")] == ["a.json"]
        write_list(tmp_path, a="large:100000", b="large:20", c="large:10")  # room was made
        done = cohort(source, disk / "out", workers=1, work=standin)
        assert done.studies["done"] == 3 and seen(tmp_path) == ["a", "b", "b", "c"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_ctrl_c_ends_the_run_at_once_and_cleanly(tmp_path, standin):
    source = write_list(tmp_path, a="", b="slow:60")
    until_two = threading.Thread(
        target=lambda: (
            until(lambda: (tmp_path / "log.txt").exists() and len(seen(tmp_path)) == 2),
            os.kill(os.getpid(), signal.SIGINT),
        )
    )
    until_two.start()
    with pytest.raises(KeyboardInterrupt):
        cohort(source, tmp_path / "out", workers=1, work=standin)
    until_two.join()
    assert not Path(f"/proc/{pids(tmp_path)[0]}").exists()
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"cohort.json", "records", "studies"}
    write_list(tmp_path, a="", b="")
    assert cohort(source, tmp_path / "out", workers=1, work=standin).studies["done"] == 2


def test_weights_are_found_from_the_folder_where_the_command_was_given(tmp_path, standin, monkeypatch):
    """Workers have another working directory."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "card.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    source = write_list(tmp_path, a="weights")
    done = cohort(source, "out", workers=1, work=standin, weights=Path("nets"))
    assert done.studies == {"done": 1, "refused": 0, "failed": 0} and (tmp_path / "out/cohort.csv").exists()
