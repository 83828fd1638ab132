"""A child reads in the parent's place: nothing from the current directory, bounds, a name when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.isolated import Child, ChildDiedError

MEMORY = 1 << 30


@pytest.fixture
def child():
    one = Child(preload="json")
    yield one
    one.stop()


def run(child: Child, code: str, memory: int = MEMORY):
    """Run a statement in the child; what it returns is None."""
    return child.call("tests_in_child:run", {"code": code}, memory=memory)


@pytest.fixture(autouse=True)
def known_to_the_child(monkeypatch, tmp_path):
    """Put a module for these tests where a child looks: site-packages of the parent are handed on."""
    place = tmp_path / "site-packages"
    place.mkdir()
    (place / "tests_in_child.py").write_text(
        "def run(code):\n    exec(code, globals())\n"
        "def give(value, progress=None):\n"
        "    if progress is not None:\n        progress(1, 2)\n"
        "    return value\n"
    )
    monkeypatch.syspath_prepend(str(place))


def test_values_and_arrays_come_back_as_they_were(child):
    array = np.arange(12.0).reshape(3, 4)
    back = child.call("tests_in_child:give", {"value": {"a": array, "b": (1, "x", None)}}, memory=MEMORY)
    assert np.array_equal(back["a"], array) and back["b"] == (1, "x", None)
    back["a"][0, 0] = 5.0  # ours to change


def test_progress_is_handed_on(child):
    seen = []
    child.call("tests_in_child:give", {"value": 1}, memory=MEMORY, progress=lambda *steps: seen.append(steps))
    assert seen == [(1, 2)]


def test_one_process_serves_many_calls(child):
    pids = {child.call("os:getpid", {}, memory=MEMORY) for _ in range(3)}
    assert len(pids) == 1 and os.getpid() not in pids


def test_errors_of_lvcine_come_back_as_they_are(child):
    code = "from lvcine.errors import UsageError\nraise UsageError('odd', where='a.dcm', advice='look')"
    with pytest.raises(UsageError) as caught:
        run(child, code)
    assert (caught.value.found, caught.value.where, caught.value.advice) == ("odd", "a.dcm", "look")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.abort()", "crash"),
        ("import ctypes; ctypes.string_at(0)", "crash"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory"),
        ("bytearray(8 << 30)", "memory"),
        ("import os; os._exit(0)", "crash"),
    ],
)
def test_a_death_names_the_file_in_work(child, code, reason):
    noted = "from lvcine.isolated import working_on; working_on('/exam/IM 7')\n"
    with pytest.raises(ChildDiedError, match=reason) as caught:
        run(child, noted + code)
    assert caught.value.working_on == "/exam/IM 7"
    assert child.call("os:getpid", {}, memory=MEMORY)  # another one goes on


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer of processor time here")
@pytest.mark.parametrize("code", ["while True: pass", "sum(range(10**12))"])
def test_a_loop_ends_in_python_and_in_native_code(child, code):
    short = "from lvcine.isolated import watch; watch.SECONDS = 0.3; watch.working_on('loop')\n"
    with pytest.raises(ChildDiedError, match="busy"):
        run(child, short + code)


def test_a_long_job_that_gets_further_is_not_ended(child):
    run(
        child,
        "import time\nfrom lvcine.isolated import watch\nwatch.SECONDS = 0.3\n"
        "end = time.process_time() + 1.0\n"
        "while time.process_time() < end: watch.still_working()",
    )


def test_what_a_library_prints_does_not_come_between(child):
    run(child, "import os; print('chatter'); os.write(1, b'chatter')")
    assert child.call("tests_in_child:give", {"value": 1}, memory=MEMORY) == 1


def test_a_child_that_sends_other_objects_is_not_believed(child):
    """Only plain values, arrays and lvcine's own dataclasses are rebuilt: nothing is called."""
    code = (
        "import os\nclass Trap:\n    def __reduce__(self): return os.system, ('echo got in',)\n"
        "import tests_in_child\ntests_in_child.trap = Trap\ndef give_trap(): return Trap()"
    )
    run(child, code)
    with pytest.raises(ChildDiedError):
        child.call("tests_in_child:give_trap", {}, memory=MEMORY)


@pytest.mark.parametrize("planted", ["json.py", "numpy.py", "lvcine/__init__.py", "struct.py"])
def test_nothing_is_imported_from_the_current_directory(tmp_path, monkeypatch, planted):
    exam, mark = tmp_path / "exam", tmp_path / "mark"
    (exam / planted).parent.mkdir(parents=True)
    (exam / planted).write_text(f"open({str(mark)!r}, 'w')\n")
    monkeypatch.chdir(exam)
    monkeypatch.setenv("PYTHONPATH", str(exam))
    child = Child(preload="json")
    try:
        home = child.call("os:getcwd", {}, memory=MEMORY)
    finally:
        child.stop()
    assert not mark.exists()
    assert Path(home) != exam and not Path(home).exists()


def test_its_folder_goes_when_it_stops_and_when_its_parent_is_killed(tmp_path):
    code = (
        "import sys, time\nfrom lvcine.isolated import Child\nc = Child('json')\n"
        "print(c.call('os:getcwd', {}, memory=1 << 30), flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    home = Path(parent.stdout.readline().strip())
    assert home.is_dir()
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while home.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not home.exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_it_ends_with_its_killed_parent_though_its_folder_is_gone():
    """Who cleans up after a killed worker removes the folder too, maybe before the child sees it."""
    code = (
        "import shutil, time\nfrom lvcine.isolated import Child\nc = Child('json')\n"
        "print(c.call('os:getpid', {}, memory=1 << 30), flush=True)\n"
        "shutil.rmtree(c.folder)\ntime.sleep(1)\nprint('gone', flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = Path("/proc", parent.stdout.readline().strip())
    assert parent.stdout.readline() == "gone\n" and child.exists()
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while child.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not child.exists()
