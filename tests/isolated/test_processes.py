"""Processes of a run import lvcine's own modules alone, and end with it."""

import os

import pytest

from lvcine.isolated.processes import _own_imports_only, processes


def test_work_is_done_elsewhere_and_its_errors_come_back():
    with processes(1) as submit:
        assert submit(os.getpid).result() != os.getpid()
        with pytest.raises(ValueError, match="invalid literal"):
            submit(int, "x").result()


def test_the_environment_of_the_processes_is_theirs_alone(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "relative", "/absolute"]))
    before = dict(os.environ)
    with _own_imports_only():
        assert os.environ["PYTHONPATH"] == "/absolute" and os.environ["PYTHONSAFEPATH"] == "1"
    assert dict(os.environ) == before
