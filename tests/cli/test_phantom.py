"""``lvcine phantom``: thin over :func:`lvcine.pipeline.make_cohort`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from lvcine.cli import phantom as command
from lvcine.cli.main import run
from lvcine.phantom.population import KINDS
from lvcine.phantom.seeds import SIDES
from lvcine.phantom.subjects.cohort import Cohort
from lvcine.phantom.subjects.subject import Format, Maker, PhantomOptions, draw_subject, subject_truth


@pytest.fixture
def called(monkeypatch) -> dict[str, object]:
    seen: dict[str, object] = {}

    def cohort(output, *, progress, **options):
        seen.update(options, output=output)
        progress("virtual subjects", 1, 2)
        return Cohort(output, ("subject-000003", "subject-000004"), 1, 7)

    monkeypatch.setattr("lvcine.phantom.subjects.cohort.make_cohort", cohort)
    return seen


def test_without_options_it_makes_one_subject_as_the_defaults_say(called, capsys):
    assert run(["phantom", "-o", "out"]) == 0
    assert called == {
        "output": Path("out"), "first": 0, "count": 1, "options": PhantomOptions(), "jobs": None,
        "overwrite": False,
    }  # fmt: skip
    printed = capsys.readouterr()
    assert (
        printed.out
        == f"1 subject made, 1 subject made before\ntable of 7 subjects: {Path('out/cohort.csv')}\n"
    )
    assert printed.err == "virtual subjects ...\n"


def test_every_option_reaches_the_cohort(called):
    words = (
        "--seed 3 --count 2 --view sax,4ch,A2C,Velocity --format nifti --vendor philips --kind dilated "
        "--frames 12 --size 96 --spacing 2 --side demo --jobs 4 --overwrite --quiet"
    )
    assert run(["phantom", "-o", "out", *words.split()]) == 0
    assert called == {
        "output": Path("out"), "first": 3, "count": 2, "jobs": 4, "overwrite": True,
        "options": PhantomOptions(
            views=("SAX", "4CH", "A2C", "velocity"), format="nifti", vendor="philips", kind="dilated",
            frames=12, size=96, spacing_mm=2.0, side="demo",
        ),
    }  # fmt: skip


def test_one_object_for_scripts(called, capsys):
    assert run(["phantom", "-o", "out", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "output": "out", "subjects": ["subject-000003", "subject-000004"], "made": 1,
        "table": str(Path("out/cohort.csv")), "exit_code": 0,
    }  # fmt: skip


def test_the_choices_are_those_of_the_library():
    choices = {
        name: {str(v) for kind in get_args(note) for part in (kind, *get_args(kind)) for v in get_args(part)}
        for name, note in command.phantom.__annotations__.items()
        for note in [eval(note, vars(command))]
        if name in ("file_format", "vendor", "kind", "side")
    }
    assert choices["file_format"] >= set(get_args(Format))
    assert choices["vendor"] >= set(get_args(Maker))
    assert choices["kind"] >= set(KINDS)
    assert choices["side"] >= set(SIDES)


@pytest.mark.parametrize(
    "words",
    [
        "--view 5CH", "--view SAX,", "--count 0", "--seed -1", "--seed 1000000", "--jobs 0", "--frames 1",
        "--size 9999", "--kind broken", "--format jpeg", "--view velocity --format mp4", "--spacing 0",
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_line_code_2_and_nothing_written(words, tmp_path, capsys):
    assert run(["phantom", "-o", str(tmp_path / "out"), "--quiet", *words.split()]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("lvcine: ") and printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


PAGE = (Path(__file__).parents[2] / "docs" / "develop" / "phantom.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", re.findall(r"^lvcine phantom [^#\n]*", PAGE, flags=re.M))
def test_the_pages_commands_do_what_they_say(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = line.replace("--count 100", "--count 1").split()[1:]
    assert run([*words, "--frames", "2", "--size", "32", "--spacing", "5", "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("1 subject made\n")


def test_the_pages_python_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.S)
    exec(compile(code, "docs/develop/phantom.md", "exec"), {})
    assert "(" in capsys.readouterr().out


def test_the_page_names_every_number():
    options = PhantomOptions(kind="infarcted")
    named = set(re.findall(r"`([a-z0-9_…]+)`", PAGE))
    known = {name.removesuffix("strain_es_percent") for name in subject_truth(draw_subject(2, options))}
    said = {name.removesuffix("…").removesuffix("strain_es_percent") for name in named}
    assert known - said <= {"subject"}


def test_a_subject_from_the_command_line(tmp_path, capsys):
    words = "--seed 12 --frames 2 --size 32 --spacing 5 --json --quiet"
    assert run(["phantom", "-o", str(tmp_path / "out"), *words.split()]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["subjects"] == ["subject-000012"] and Path(said["table"]).is_file()
    assert run(["info", str(tmp_path / "out" / "subject-000012" / "scan")]) == 0
    assert "MR SAX" in capsys.readouterr().out
