"""A Dask scheduler and workers as real processes on loopback: killed, started again, without files."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lvcine.cohorts.remote import Job, _slot, measure_there
from lvcine.cohorts.run import cohort
from lvcine.cohorts.slot import Limits
from lvcine.cohorts.study_ref import StudyRef
from lvcine.errors import UsageError
from lvcine.pipeline.options import AnalyzeOptions

from .conftest import STANDIN, seen, write_list

pytest.importorskip("distributed")
QUIET = ["--no-dashboard", "--host", "127.0.0.1"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Cluster:
    """Processes started with Dask's own commands; all are ended with the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.processes, self.leader = folder, free_port(), [], None
        self.address = f"tcp://127.0.0.1:{self.port}"
        place = os.pathsep.join([str(folder / "site-packages"), os.environ.get("PYTHONPATH", "")])
        self.environment = os.environ | {"PYTHONPATH": place, "OMP_NUM_THREADS": "1"}

    def start(self, *command: str) -> subprocess.Popen:
        log = (self.folder / f"dask-{len(self.processes)}.txt").open("wb")
        process = subprocess.Popen(
            command, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        self.processes.append(process)
        return process

    def scheduler(self) -> subprocess.Popen:
        """The one that runs, or a new one at the same address."""
        if self.leader is None or self.leader.poll() is not None:
            command = [sys.executable, "-m", "dask", "scheduler", "--port", str(self.port), *QUIET]
            self.leader = self.start(*command)
        return self.leader

    def worker(self, *before: str) -> subprocess.Popen:
        local = self.folder / f"local-{len(self.processes)}"
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(local), *QUIET]
        return self.start(*before, sys.executable, "-m", "dask", "worker", self.address, *options)

    def stop(self, but: subprocess.Popen | None = None) -> None:
        for process in self.processes:
            if process is but:
                continue
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "site-packages").mkdir()
    (folder / "site-packages" / "cohort_standin.py").write_text(STANDIN)
    one = Cluster(folder)
    yield one
    one.stop()


def finished(out: Path) -> int:
    return len(list((out / "records").glob("*.json")))


def until(condition, seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(0.05)


def test_workers_and_scheduler_are_killed_in_the_midst_and_nothing_is_lost_or_twice(
    cluster, tmp_path, standin, monkeypatch
):
    monkeypatch.setattr("lvcine.cohorts.cluster._ANSWER_S", 600.0)
    labels = [f"s{k}" for k in range(8)]
    source = write_list(tmp_path, **dict.fromkeys(labels, "slow:0.6"), bad="crash", no="refuse")
    out = tmp_path / "out"
    scheduler, worker = cluster.scheduler(), cluster.worker()

    troubles: list[BaseException] = []

    def trouble() -> None:
        try:
            make_trouble()
        except BaseException as error:
            troubles.append(error)
            cluster.worker()  # so that the cohort ends

    def make_trouble() -> None:
        until(lambda: finished(out) >= 2)
        worker.kill()  # with a study in hand
        cluster.worker()
        until(lambda: finished(out) >= 5)
        scheduler.kill()
        scheduler.wait()
        cluster.scheduler()
        cluster.worker()

    thread = threading.Thread(target=trouble)
    thread.start()
    done = cohort(source, out, scheduler=cluster.address, work=standin)
    thread.join()
    assert not troubles
    assert done.studies == {"done": 8, "refused": 1, "failed": 1}
    with (out / "cohort.csv").open(newline="") as stream:
        rows = {row["label"]: row["exit_code"] for row in csv.DictReader(stream)}
    assert rows == dict.fromkeys(labels, "0") | {"bad": "139", "no": "3"}
    begun = seen(tmp_path)
    assert set(begun) == {*labels, "bad", "no"} and len(begun) <= 10 + 4  # what was in work was begun again
    assert {path.name for path in (out / "studies").iterdir()} == set(labels)


def test_a_worker_without_the_files_is_sent_them(cluster, tmp_path, standin):
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("a worker's disk cannot be hidden here")
    data = tmp_path / "data"
    data.mkdir()
    source = write_list(data, a="", b="refuse")
    cluster.stop(but=cluster.scheduler())
    hide = f'mount -t tmpfs none {data} && exec "$@"'
    cluster.worker("unshare", "-m", "sh", "-c", hide, "sh")
    done = cohort(source, tmp_path / "out", scheduler=cluster.address, work=standin)
    assert done.studies == {"done": 1, "refused": 1, "failed": 0}
    assert (tmp_path / "out" / "studies" / "a" / "report.html").read_text() == "x" * 10
    assert not (data / "log.txt").exists()  # the worker saw nothing of the folder
    assert cohort(source, tmp_path / "out", workers=1, work=standin).measured == 0


def test_what_a_lost_worker_has_written_is_measured_again(tmp_path, standin, monkeypatch):
    """The results without a record of a worker that was given up for lost, but was not quite gone."""
    monkeypatch.setattr("lvcine.cohorts.remote._PATIENCE_S", 0.2)
    out = tmp_path / "out"
    (out / "records").mkdir(parents=True)
    (out / "studies").mkdir()
    (out / "cohort.json").write_text(json.dumps({"token": "abc"}))
    (tmp_path / "a.txt").write_text("a")
    study = StudyRef("a", str(tmp_path / "a.txt"), "list", group="lost")
    job = Job(study, AnalyzeOptions(), Limits(60.0, 4.0), standin, str(out), "abc")
    try:
        record = measure_there(job).record
    finally:
        _slot(job).stop()
    assert record is not None and record.status == "done" and seen(tmp_path) == ["a", "a"]
    assert (out / "studies" / "a" / "report.html").read_text() == "x" * 10
    assert (out / "records" / "a.json").exists()


def test_where_no_scheduler_answers_it_is_said(tmp_path, standin, monkeypatch):
    monkeypatch.setattr("lvcine.cohorts.cluster._ANSWER_S", 1.0)
    with pytest.raises(UsageError, match=re.escape("no scheduler answers")):
        cohort(
            write_list(tmp_path, a=""),
            tmp_path / "out",
            scheduler=f"tcp://127.0.0.1:{free_port()}",
            work=standin,
        )
