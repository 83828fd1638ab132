"""Whose weights are taken, and on how many threads a net runs."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from lvcine.engine import ENGINES, SHIPPED, Runtime, load, load_all, load_members
from lvcine.engine.backends import Session
from lvcine.engine.folder import shipped
from lvcine.errors import WeightsError

from .test_backends import Core


def test_without_a_folder_the_shipped_nets_are_taken_and_nothing_is_said():
    assert SHIPPED.folder == shipped()
    assert SHIPPED.supplemented("tiny") is SHIPPED and SHIPPED.supplements("tiny") == ()


def test_a_net_of_the_folder_is_taken_and_nothing_is_said(folder):
    own = Runtime(threads=1, weights=folder)
    assert own.supplemented("tiny") is own and own.supplements("tiny") == ()
    assert load("tiny", own).card.name == "tiny"


def test_a_net_that_the_folder_lacks_is_an_error_where_it_outlines(folder):
    with pytest.raises(WeightsError, match=r"no net is called 'sax' \(sax\.toml\)"):
        load("sax", Runtime(weights=folder))


def test_and_a_warning_where_it_only_supplements(folder):
    own = Runtime("openvino", 3, folder)
    assert own.supplemented("frames") == Runtime("openvino", 3)
    (finding,) = own.supplements("frames")
    assert (finding.code, finding.severity) == ("shipped-net-used", "warning")
    assert "no frames.toml" in finding.text and "frames.toml" in finding.advice


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)


@pytest.mark.parametrize("way", [load, load_all, load_members])
def test_every_way_to_load_keeps_to_the_processors_there_are(way, folder, two_processors, monkeypatch):
    seen = []
    monkeypatch.setattr("lvcine.engine.net._kept", None)  # a worker of a cohort keeps what it loaded
    monkeypatch.setitem(
        ENGINES, "onnxruntime", lambda model, threads: seen.append(threads) or Session({}, dict)
    )
    loaded = way("tiny", Runtime(threads=64, weights=folder))
    if way is load_members:
        list(loaded)
    assert seen == [2]


def test_openvino_keeps_to_the_processors_there_are(folder, two_processors, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=Core))
    load("tiny", Runtime(engine="openvino", threads=64, weights=folder))
    assert Core.asked["config"]["INFERENCE_NUM_THREADS"] == "2"
