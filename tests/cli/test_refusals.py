"""An option that cannot be is one clear line and code 2, before anything is read."""

from __future__ import annotations

import json

import pytest

from lvcine.cli.main import run

WRONG = [
    "analyze x --spacing 0 0",
    "analyze x --spacing -1 1",
    "analyze x --spacing nan 1",
    "analyze x --spacing 300 300",
    "analyze x --spacing 1e-6 1e-6",
    "analyze x --slice-step 0",
    "analyze x --slice-step 1e400",
    "analyze x --frame-ms -1",
    "analyze x --frame-ms inf",
    "analyze x --frame-ms 1e-308",
    "analyze x --venc 0",
    "analyze x --venc 20,x,30",
    "analyze x --reverse 4",
    "analyze x --view nonsense",
    "analyze x --axes ZZ",
    "analyze x --height 180",
    "analyze x --weight -70",
    "analyze x --age 1e9",
    "analyze x --ed -1",
    "analyze x --es 99999999999999999999999",
    "analyze x --insertion nan 3",
    "analyze x --threads 0",
    "analyze x --series abc",
    "analyze x --series 99999999999999999999999",
    "analyze x --ed two",
    "analyze x --spacing 1",
    "frames x --frame-ms 0",
    "frames x --axes TTX",
    "quantify x --spacing 0 1",
    "quantify x --view SAXO",
    "stream - --spacing 0 0",
    "stream - --spacing -1 1",
    "stream x --view nonsense",
    "phantom -o x --spacing nan",
    "phantom -o x --frames 1",
    "phantom -o x --size 1000000",
    "phantom -o x --jobs 0",
    "phantom -o x --jobs 1000000000",
    "phantom -o x --count -1",
    "phantom -o x --seed 1000000",
    "demo -o x --seed -1",
    "evaluate camus x -o y --threads -1",
]


@pytest.mark.parametrize("call", WRONG)
def test_what_cannot_be_is_refused_in_one_line(call, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(call.split()) == 2
    printed = capsys.readouterr()
    told = [line for line in printed.err.splitlines() if not line.endswith(" ...")]
    assert printed.out == "" and len(told) == 1 and told[0].startswith("lvcine: ")
    assert "unexpected" not in told[0] and "Suggestion: " in told[0]


def test_scripts_are_told_the_range(capsys):
    assert run(["analyze", "x", "--json", "--frame-ms", "-1"]) == 2
    said = json.loads(capsys.readouterr().out)
    assert (
        said["kind"] == "UsageError" and "--frame-ms" in said["error"] and "0.1 to 1,000 ms" in said["advice"]
    )


@pytest.mark.parametrize("letters", ["\x1b[31m", "²", "\u202e", "\udce9"])
def test_what_is_quoted_steers_nothing(letters, capsys):
    for option in (
        "--view",
        "--axes",
        "--venc",
        "--reverse",
        "--series",
        "--ed",
        "--papillary",
        f"--{letters}",
    ):
        assert run(["analyze", "x", option, letters]) == 2
        line = capsys.readouterr().err
        assert line[:-1].isprintable() and line.endswith("\n")
