"""A run killed at any step leaves the older result or the new one, whole, and nobody's file touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killing.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(scope="module")
def kills(tmp_path_factory):
    """Case -> what every run left that was stopped, one run per step on the disk."""

    def stopped(case: str, how: str) -> list[dict]:
        home = tmp_path_factory.mktemp("kills")
        call = [sys.executable, str(PROGRAM), str(home), case, how]
        done = subprocess.run(call, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return stopped


CASES = [
    ("new", {"none"}),
    ("nested", {"none"}),
    ("empty", {"none"}),
    ("older", {"older"}),
    ("older and mine", {"older"}),
    ("mine", {"none"}),
]


@pytest.mark.parametrize(("case", "before"), CASES)
def test_a_kill_at_any_step_leaves_a_whole_result_or_one_that_the_next_run_completes(kills, case, before):
    told = kills(case, "kill")
    assert len(told) > 20 and not told[-1]["died"] and all(one["died"] for one in told[:-1])
    for one in told:
        left, again = one["kill"], one["again"]
        assert left["mine"] and again["mine"], one
        # What has its record is whole, and a folder that was not there is there with it or not at all.
        assert left["finished"] == (left["state"] in {"older", "new"}), one
        assert left["state"] in before | {"part", "none", "new"}, one
        if case in ("new", "nested"):
            assert left["exists"] == (left["state"] == "new"), one
        # The same call again: the new result, unless a whole one lies there, which it says.
        assert again["state"] == "new" and again["finished"] and again["hidden"] == [], one
        assert not one["error"] or ("not empty" in one["error"] and left["state"] == "new"), one
    assert {one["kill"]["state"] for one in told} >= before | {"new"}


@pytest.mark.parametrize(("case", "before"), CASES)
def test_an_interrupt_at_any_step_leaves_the_old_or_the_new_and_nothing_else(kills, case, before):
    for one in kills(case, "interrupt"):
        left = one["kill"]
        assert left["state"] in before | {"new"} and left["mine"] and left["hidden"] == [], one
        assert one["again"]["state"] == "new", one
