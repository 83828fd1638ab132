from __future__ import annotations

import pytest

from lvcine.engine import Card
from lvcine.errors import UsageError
from lvcine.evaluate.exclude_seen import select

CARD = Card("net", "", {}, split={"training": ("a", "b"), "choosing": ("c",), "reporting": ("d",)})
THERE = ["a", "b", "c", "d", "e"]


def test_what_the_net_has_seen_is_left_out_and_named():
    assert select(CARD, THERE) == (["d", "e"], ["a", "b", "c"])


def test_a_seen_subject_asked_for_by_name_is_refused():
    with pytest.raises(UsageError, match="made with a, c"):
        select(CARD, THERE, only=["a", "c", "d"])


def test_seen_subjects_only_when_it_is_said():
    assert select(CARD, THERE, include_training=True) == (THERE, [])


def test_only_the_subjects_asked_for():
    assert select(CARD, THERE, only=["e"]) == (["e"], [])
