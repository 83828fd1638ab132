"""``lvcine weights``: what is shipped, and whether it is still what its card says."""

from __future__ import annotations

import json

import pytest

from lvcine.cli.main import run
from lvcine.engine import Card
from lvcine.errors import WeightsError

CARD = Card(
    "sax",
    "Learned from five cines.",
    {"a.onnx": "0" * 64, "b.onnx": "1" * 64},
    known_failures=("the very apex",),
)


@pytest.fixture
def loaded(monkeypatch) -> list[tuple[str, str]]:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr("lvcine.engine.cards", lambda: {"sax": CARD})
    monkeypatch.setattr("lvcine.engine.load", lambda name, *, file: seen.append((name, file)))
    return seen


def test_every_file_is_checked_and_named(loaded, capsys):
    assert run(["weights"]) == 0
    assert loaded == [("sax", "a.onnx"), ("sax", "b.onnx")]
    out = capsys.readouterr().out
    assert "Learned from five cines." in out and "the very apex" in out and "0" * 64 in out


def test_one_object_for_scripts(loaded, capsys):
    assert run(["weights", "--json"]) == 0
    net = json.loads(capsys.readouterr().out)["nets"][0]
    assert net["name"] == "sax" and net["sha256"] == dict(CARD.sha256)


def test_a_changed_net_is_refused(loaded, monkeypatch, capsys):
    def changed(name: str, *, file: str) -> None:
        raise WeightsError("the weights are not those of the card", where=file)

    monkeypatch.setattr("lvcine.engine.load", changed)
    assert run(["weights"]) == WeightsError.exit_code
    assert "a.onnx" in capsys.readouterr().err


def test_the_nets_that_are_shipped_are_intact(capsys):
    assert run(["weights"]) == 0
    assert "sax" in capsys.readouterr().out
