"""``lvcine evaluate``: thin over :func:`lvcine.evaluate.run`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lvcine.cli.main import app, run
from lvcine.evaluate import KINDS
from lvcine.pipeline.options import AnalyzeOptions


@pytest.fixture
def called(monkeypatch) -> dict[str, object]:
    seen: dict[str, object] = {}

    def evaluation(kind, data, output, progress, **options):
        seen.update(options, kind=kind, data=data, output=output)
        return output / "results.md"

    monkeypatch.setattr("lvcine.evaluate.run", evaluation)
    return seen


def test_every_option_reaches_the_evaluation(called, capsys):
    words = "cines data -o out --subject a --subject b --include-training --papillary exclude --reports r"
    assert run(["evaluate", *words.split()]) == 0
    assert called == {
        "kind": "cines",
        "data": Path("data"),
        "output": Path("out"),
        "subjects": ["a", "b"],
        "include_training": True,
        "reports": Path("r"),
        "options": AnalyzeOptions(papillary="exclude"),
    }
    assert capsys.readouterr().out == f"results: {Path('out', 'results.md')}\n"


def test_one_object_for_scripts(called, capsys):
    assert run(["evaluate", "cines", "data", "-o", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"] == str(Path("out", "results.md"))


def test_the_help_names_every_kind():
    text = CliRunner().invoke(app, ["evaluate", "--help"]).stdout
    assert all(kind in text for kind in KINDS)


def test_data_that_are_not_there(capsys, tmp_path):
    assert run(["evaluate", "cines", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
