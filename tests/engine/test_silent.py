"""Engines are imported with their reports switched off; ``tests/test_no_telemetry.py`` looks from outside."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from lvcine.engine import silent

HOUSE = Path(silent.__file__).parents[1]

ORT = """
import os
at_import = os.environ.get("ORT_DISABLE_TELEMETRY")
calls = []
def disable_telemetry_events():
    calls.append("off")
"""
OPENVINO = """
try:
    import openvino_telemetry
    counted = True
except ImportError:
    counted = False
"""


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """Engines that note what they find when they are imported."""
    texts = {"onnxruntime": ORT, "openvino": OPENVINO, "openvino_telemetry": ""}
    for name, text in texts.items():
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv(silent.SWITCH, raising=False)
    yield
    for name in texts:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("users", [None, "0", ""])
def test_onnxruntime_finds_its_switch_off_whatever_the_user_set(users, stand_ins, monkeypatch, caplog):
    if users is not None:
        monkeypatch.setenv(silent.SWITCH, users)
    module = silent.onnxruntime()
    assert module.at_import == "1" and module.calls == ["off"]
    assert os.environ[silent.SWITCH] == "1"  # children inherit it
    assert not caplog.records


def test_nothing_else_of_the_environment_is_touched(stand_ins, monkeypatch):
    before = dict(os.environ)
    silent.onnxruntime()
    silent.openvino()
    assert {**before, silent.SWITCH: "1"} == dict(os.environ)


def test_where_onnxruntime_came_first_what_can_be_done_is_done_and_said(stand_ins, caplog):
    import onnxruntime

    assert silent.onnxruntime() is onnxruntime
    assert onnxruntime.calls == ["off"]
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert f"{silent.SWITCH}=1" in caplog.text
    silent.onnxruntime()
    assert len(caplog.records) == 1


def test_who_switched_it_off_before_is_not_warned(stand_ins, monkeypatch, caplog):
    monkeypatch.setenv(silent.SWITCH, "1")
    import onnxruntime  # noqa: F401

    silent.onnxruntime()
    assert not caplog.records


def test_openvino_does_without_what_counts_its_imports(stand_ins):
    assert silent.openvino().counted is False
    import openvino_telemetry  # whoever else wants it has it

    sys.modules.pop("openvino")
    assert silent.openvino().counted is False
    assert sys.modules["openvino_telemetry"] is openvino_telemetry


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {n.split(".")[0] for n in plain | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}}


def test_no_other_file_imports_an_engine():
    sources = [path for path in HOUSE.rglob("*.py") if path != Path(silent.__file__)]
    assert not [p for p in sources if imported(p) & {"onnxruntime", "openvino"}]
