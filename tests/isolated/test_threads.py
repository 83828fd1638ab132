from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from lvcine.engine import ENGINES, available_threads, load, load_all, load_members, threads_for
from lvcine.engine.backends import Session
from lvcine.errors import UsageError

from .test_backends import Core


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)


@pytest.mark.parametrize(("asked", "given"), [(None, 2), (1, 1), (2, 2), (3, 2), (64, 2)])
def test_a_net_gets_no_more_threads_than_there_are_processors(two_processors, asked, given):
    assert available_threads() == 2
    assert threads_for(asked) == given


def test_fewer_than_one_thread_is_the_users_mistake():
    with pytest.raises(UsageError, match="0 threads"):
        threads_for(0)


@pytest.mark.parametrize("way", [load, load_all, load_members])
def test_every_way_to_load_keeps_to_it(way, folder, two_processors, monkeypatch):
    seen = []
    monkeypatch.setitem(
        ENGINES, "onnxruntime", lambda model, threads: seen.append(threads) or Session({}, dict)
    )
    loaded = way("tiny", folder=folder, threads=64)
    if way is load_members:
        list(loaded)
    assert seen == [2]


def test_openvino_keeps_to_it(folder, two_processors, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=Core))
    load("tiny", folder=folder, engine="openvino", threads=64)
    assert Core.asked["config"]["INFERENCE_NUM_THREADS"] == "2"
