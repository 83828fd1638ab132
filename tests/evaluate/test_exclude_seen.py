from __future__ import annotations

import pytest

from lvcine.engine import Card
from lvcine.errors import UsageError
from lvcine.evaluate import run
from lvcine.evaluate.exclude_seen import select
from lvcine.study.reviewed import reviewed_subject

from .conftest import ED, ES
from .test_pairs import write_pair

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


def test_a_scan_whose_review_was_learned_from_is_left_out_under_any_name(tmp_path, net, monkeypatch):
    folder = tmp_path / "masks"
    folder.mkdir()
    write_pair(folder, (ED, ES))
    net.frames = (ED, ES)
    assert "Left out" not in run("two-phase", folder, tmp_path / "before").read_text()
    subject = reviewed_subject(net.seen[-1].pixels)
    card = Card("sax", "Circles.", {"sax.onnx": "0" * 64}, split={"training": (subject,)})
    monkeypatch.setattr("lvcine.evaluate.results.read_card", lambda name, folder=None: card)
    assert "made with them: case1" in run("two-phase", folder, tmp_path / "out").read_text()
    with pytest.raises(UsageError, match="learned from a review of case1"):
        run("two-phase", folder, tmp_path / "out", subjects=["case1"])
    page = run("two-phase", folder, tmp_path / "out", include_training=True).read_text()
    assert "Left out" not in page and "| case1" not in page


def test_a_subject_kept_for_reporting_is_said_to_be(tmp_path, net, monkeypatch):
    folder = tmp_path / "masks"
    folder.mkdir()
    write_pair(folder, (ED, ES))
    net.frames = (ED, ES)
    card = Card("sax", "Circles.", {"sax.onnx": "0" * 64}, split={"reporting": ("case1",)})
    monkeypatch.setattr("lvcine.evaluate.results.read_card", lambda name, folder=None: card)
    run("two-phase", folder, tmp_path / "out")
    rows = (tmp_path / "out" / "results" / "two-phase.csv").read_text().splitlines()
    assert rows[1].startswith("case1,reporting,")
