"""The command as a whole: help, version, and how every kind of failure ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import lvcine
from lvcine import errors
from lvcine.cli.main import app, run
from lvcine.cli.outcome import exit_table

KINDS = [
    errors.LvcineError,
    errors.UsageError,
    errors.FolderInUseError,
    errors.ReadError,
    errors.NotACineError,
    errors.MeasureError,
    errors.WeightsError,
]


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"lvcine {lvcine.__version__}\n"


def test_help_names_every_command_and_every_exit_code():
    text = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    assert all(f" {command} " in text for command in ("analyze", "info", "demo", "evaluate", "weights"))
    assert all(f"{code} {meaning}" in text for code, meaning in exit_table().items())


def test_without_arguments_it_explains_itself(capsys):
    assert run([]) == 0
    assert "Usage: lvcine" in capsys.readouterr().out


def test_the_help_works_as_a_process():
    done = subprocess.run([sys.executable, "-m", "lvcine", "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "analyze" in done.stdout


@pytest.mark.parametrize("args", [["analyse"], ["analyze"], ["analyze", "x", "--ed", "two"], ["--colour"]])
def test_a_wrong_call_is_one_line_and_code_2(args, capsys):
    assert run(args) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("lvcine: ") and printed.err.count("\n") == 1


def test_every_error_class_has_a_documented_code():
    some = 7  # of a cohort's studies have no numbers: an outcome, no error
    assert {kind.exit_code for kind in KINDS} == set(errors.EXIT_CODES) - {0, some}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_line_with_the_way_out(kind, analyzer, capsys):
    analyzer.outcome = kind("no pixel spacing", where="a.dcm", advice="pass --spacing")
    assert run(["analyze", "x", "--quiet"]) == kind.exit_code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "lvcine: no pixel spacing (a.dcm). Suggestion: pass --spacing.\n"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_object_for_scripts(kind, analyzer, capsys):
    analyzer.outcome = kind("no pixel spacing", where="a.dcm", advice="pass --spacing")
    assert run(["analyze", "x", "--quiet", "--json"]) == kind.exit_code
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "error": "no pixel spacing",
        "kind": kind.__name__,
        "where": "a.dcm",
        "advice": "pass --spacing",
        "exit_code": kind.exit_code,
    }


def test_a_wrong_call_is_one_object_for_scripts_too(capsys):
    assert run(["analyze", "x", "--json", "--ed", "two"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == 2 and "--ed" in said["error"]


def test_a_defect_is_one_line_and_a_traceback_only_when_asked_for(analyzer, capsys):
    analyzer.outcome = RuntimeError("wheel came off")
    assert run(["analyze", "x", "--quiet"]) == 1
    brief = capsys.readouterr().err
    assert brief.count("\n") == 1 and "wheel came off" in brief and "--verbose" in brief
    assert run(["analyze", "x", "--quiet", "--verbose"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(analyzer, capsys):
    analyzer.outcome = KeyboardInterrupt()
    assert run(["analyze", "x", "--quiet"]) == 130
    assert "Traceback" not in capsys.readouterr().err
