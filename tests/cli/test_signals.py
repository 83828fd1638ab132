"""Asked to stop, a run ends by way of its clean-up; killed, its next one does the cleaning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from lvcine.cli.main import run
from lvcine.cli.signals import Stopped, stoppable
from lvcine.output import claim, old_results
from lvcine.phantom.subjects.cohort import make_cohort
from lvcine.phantom.subjects.subject import PhantomOptions

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

ASKS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(("number", "code"), ASKS)
def test_a_signal_ends_the_run_with_its_code_and_cleans_up(
    number, code, analyzer, monkeypatch, tmp_path, capsys
):
    def analyze(*args, **options):
        with claim(tmp_path / "out", old_results()) as place:
            (place.new / "run.json").write_text("half")
            os.kill(os.getpid(), number)
            time.sleep(5)
            pytest.fail("went on")

    monkeypatch.setattr("lvcine.pipeline.analyze.analyze", analyze)
    before = [signal.getsignal(n) for n, _ in ASKS]
    assert run(["analyze", "x", "--quiet"]) == code
    assert os.listdir(tmp_path) == [] and capsys.readouterr().err.strip() == ""
    assert [signal.getsignal(n) for n, _ in ASKS] == before


def test_who_asks_again_does_not_stop_the_clean_up():
    cleaned = False
    with stoppable() as asked, pytest.raises(Stopped):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            for number, _ in ASKS:
                os.kill(os.getpid(), number)
            time.sleep(0.05)
            cleaned = True
    assert cleaned and [stop.exit_code for stop in asked] == [143]


def test_what_breaks_because_the_run_was_stopped_is_not_reported(analyzer, monkeypatch, capsys):
    def analyze(*args, **options):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except Stopped:
            raise RuntimeError("a process in the pool was terminated") from None

    monkeypatch.setattr("lvcine.pipeline.analyze.analyze", analyze)
    assert run(["analyze", "x", "--quiet"]) == 143
    assert capsys.readouterr().err == ""


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with stoppable() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
        assert asked == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_no_handler_is_set(analyzer):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run(["analyze", "x", "--quiet"])))
    thread.start()
    thread.join()
    assert codes == [0]


def test_the_library_sets_no_handler():
    code = "import lvcine, signal; lvcine.analyze; assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    out = tmp_path_factory.mktemp("scan") / "cohort"
    options = PhantomOptions(kind="normal", frames=3, size=56, spacing_mm=3.4)
    make_cohort(out, first=3, options=options, jobs=1)
    return out / "subject-000003" / "scan"


def started(out, *call):
    """A real process that has begun to work: its stage is there."""
    temporary = out.parent / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "lvcine", *map(str, call), "-o", str(out), "--quiet"],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not list(out.parent.glob(".lvcine-*")) and process.poll() is None:
        time.sleep(0.01)
    return process


@pytest.mark.parametrize(
    ("number", "code", "after_s"),
    [(*ASKS[0], 0.0), (*ASKS[1], 1.5), (*ASKS[2], 4.0), (signal.SIGKILL, -9, 2.0)],
)
def test_a_process_that_is_stopped_leaves_nothing(scan, tmp_path, number, code, after_s):
    process = started(tmp_path / "out", "analyze", scan)
    time.sleep(after_s)
    process.send_signal(number)
    process.communicate(timeout=120)
    left = sorted(os.listdir(tmp_path))
    if process.returncode == 0 and after_s:  # a fast machine: the run had ended, and is whole
        assert left == ["out", "temporary"] and "run.json" in os.listdir(tmp_path / "out")
        return
    assert process.returncode == code
    if number == signal.SIGKILL:
        assert any(name.startswith(".lvcine-") for name in left)
        assert run(["analyze", str(tmp_path / "no such scan"), "-o", str(tmp_path / "out"), "--quiet"]) == 2
        left = sorted(os.listdir(tmp_path))
    assert left == ["temporary"]
    if number != signal.SIGKILL:
        assert os.listdir(tmp_path / "temporary") == []


def test_of_two_processes_one_writes_and_one_is_refused(tmp_path, capsys):
    call = ["phantom", "--count", "3", "--frames", "2", "--size", "64", "--jobs", "1"]
    first = started(tmp_path / "out", *call)
    first.send_signal(signal.SIGSTOP)  # as slow as need be
    assert run([*call, "-o", str(tmp_path / "out"), "--quiet"]) == 2
    first.send_signal(signal.SIGCONT)
    assert "another run is writing there" in capsys.readouterr().err
    assert first.wait(timeout=300) == 0
    names = ["cohort.csv", "cohort.json", "subject-000000", "subject-000001", "subject-000002"]
    assert sorted(os.listdir(tmp_path / "out")) == names
    assert sorted(os.listdir(tmp_path)) == ["out", "temporary"]
