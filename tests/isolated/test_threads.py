from __future__ import annotations

import os

import pytest

from lvcine.errors import UsageError
from lvcine.isolated.threads import available_threads, threads_for


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
