"""The notebook of the documentation runs, cell by cell, without Jupyter."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs" / "use" / "python" / "notebook.ipynb"


def run(source: str, names: dict) -> object:
    """Carry out a cell; the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_every_cell_runs_and_shows_what_it_promises(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert not [c for c in cells if c.get("outputs")]
    names: dict = {}
    shown = [run("".join(c["source"]), names) for c in cells if c["cell_type"] == "code"]
    assert repr(shown[0]).startswith("<Study of 1 cine") and len(repr(shown[0])) < 200
    result, corrected = names["result"], names["corrected"]
    html = result._repr_html_()
    assert html.count("<svg") == 2 and html.count("data:image/jpeg") == 2 and "EDV" in html
    assert "http" not in html and "<script" not in html
    assert len(repr(result)) < 300 and "EDV" in repr(result)
    table = shown[3]
    assert list(table.columns) == ["name", "value", "unit", "low", "high"] and len(table) == 5
    full = names["table"]
    row = full[(full.name == "edv_ml")].iloc[0]
    edv = result.headline()["edv_ml"]
    assert (row.value, row.unit, row.low, row.high) == (edv, edv.unit, edv.low, edv.high)
    assert corrected.headline()["edv_ml"] < edv
    assert {p.name for p in (tmp_path / "corrected").iterdir()} >= {
        "report.html",
        "cine.nii.gz",
        "ed_labels.nii.gz",
    }
    assert shown[-1] == pytest.approx(corrected.headline()["edv_ml"], rel=1e-4)
    assert "->" in capsys.readouterr().out
