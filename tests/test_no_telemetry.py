"""Nothing is sent anywhere, and nothing is written but what was asked for: seen from outside the process."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lvcine.phantom import virtual_study
from lvcine.phantom.write import write_dicom_mr

from .engine.no_sockets import CALLS

TRAP = [sys.executable, str(Path(__file__).parent / "engine" / "no_sockets.py")]
LVCINE = [sys.executable, "-m", "lvcine"]
STREAM = [*LVCINE, "stream", "-", "--view", "A4C", "--masks", "masks"]
ANALYZE = [*LVCINE, "analyze", "-o", "out", "--quiet", "--movie", "none"]
HOMES = {"HOME": "home", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data"}
LIFETIME_S = 20  # ONNX Runtime looked its maker's server up 9 to 15 s after it was imported


def start(box: Path, *command: str, **pipes) -> subprocess.Popen:
    """Begin a command whose homes, temporary and working folders lie empty in ``box``, sockets forbidden.

    Nothing else of the environment goes along: a CI's variables would silence what a user would hear.
    """
    folders = HOMES | {"TMPDIR": "tmp"}
    for name in (*folders.values(), "cwd"):
        (box / name).mkdir(parents=True)
    told = {name: str(box / folder) for name, folder in folders.items()}
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | told
    return subprocess.Popen(
        [*TRAP, *command], cwd=box / "cwd", env=environment, stderr=subprocess.PIPE, **pipes
    )


def files(box: Path) -> set[str]:
    return {path.relative_to(box).as_posix() for path in box.rglob("*") if not path.is_dir()}


@pytest.fixture(scope="module", autouse=True)
def trap(tmp_path_factory):
    """The trap closes on a name look-up, or the test says nothing."""
    if not sys.platform.startswith("linux") or platform.machine() not in CALLS:
        pytest.skip("the kernel's filter of system calls is written for Linux only")
    look_up = "import socket; socket.getaddrinfo('localhost.invalid', 443)"
    caught = start(tmp_path_factory.mktemp("trap") / "box", sys.executable, "-c", look_up)
    said = caught.communicate()[1].decode()
    if "takes no filter" in said:
        pytest.skip("this kernel takes no filter of system calls")
    assert caught.returncode == -signal.SIGSYS, said


@pytest.fixture
def scan(tmp_path):
    cine, _ = virtual_study(7, frames=4, size=64, spacing_mm=2.8, step_mm=20.0)
    few = [1, 2, 3]
    taken = {name: getattr(cine, name)[few] for name in ("pixels", "times_ms", "cycle_ms")}
    write_dicom_mr(replace(cine, geometry=cine.geometry.take(few), **taken), tmp_path / "scan", vendor="ge")
    return tmp_path / "scan"


def test_neither_analyze_nor_stream_reports_to_anyone(scan, tmp_path):
    live, still = tmp_path / "live", tmp_path / "still"
    frame = b"FRAME\n" + bytes(range(64)) * 64 + bytes(2 * 32 * 32)
    began = time.monotonic()
    with start(live, *STREAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stream:
        stream.stdin.write(b"YUV4MPEG2 W64 H64 F25:1 C420\n" + frame * 2)
        stream.stdin.flush()
        with start(still, *ANALYZE, str(scan)) as analysis:
            said = analysis.communicate()[1].decode()
        time.sleep(max(0.0, began + LIFETIME_S - time.monotonic()))  # the net is loaded, the film goes on
        lines, complaint = stream.communicate()

    assert analysis.returncode == 0, said
    written = files(still)
    assert "cwd/out/report.html" in written
    assert not {name for name in written if not name.startswith("cwd/out/")}
    assert stream.returncode == 0, complaint.decode()
    assert len(lines.splitlines()) == 2
    assert files(live) == {"cwd/masks/000000.png", "cwd/masks/000001.png"}
