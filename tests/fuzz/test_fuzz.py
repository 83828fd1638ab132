"""Scans changed at random are read, or refused with a reason.

Every run of the suite reads some hundred; ``LVCINE_FUZZ=100000`` reads so many, which takes an hour on two
cores (better by ``python -m tests.fuzz.run``, which keeps what it finds).
"""

from __future__ import annotations

import os
import random
import time

import pytest

from lvcine.errors import ReadError
from lvcine.read.catalogue import Catalogue
from lvcine.study import Subject

from . import judge
from .corpus import PIPED, make_corpus
from .judge import SECRET, judged
from .mutate import Mutant, mutant
from .run import chosen, fuzz, laid_out

CASES = int(os.environ.get("LVCINE_FUZZ", "0"))
SECONDS = None if CASES else 12.0
EACH = 3  # cases of each kind in every run, if the machine is fast enough


@pytest.fixture(scope="module")
def corpus():
    return make_corpus()


def test_every_scan_is_read_before_anything_is_done_to_it(corpus, tmp_path):
    for kind, files in corpus.items():
        scan = Mutant(kind, {name.encode(): data for name, data in files.items()})
        with laid_out(scan, tmp_path) as path:
            verdict = judged(kind, path, {})
        assert (verdict.outcome, verdict.faults) == ("read", []), kind


def test_a_changed_scan_is_read_or_refused_with_a_reason(corpus):
    kinds = chosen(corpus, "")
    numbers = range(CASES or EACH * len(kinds))
    tally = fuzz(corpus, kinds, 0, numbers, seconds=SECONDS, least=len(kinds))
    assert not tally.faults, tally.told()
    assert set(tally.kinds) == set(corpus)
    outcomes = {name.partition(": ")[2] for name in tally.outcomes}
    assert {"read", "ReadError", "NotACineError"} <= outcomes


def test_the_same_numbers_make_the_same_case(corpus):
    for kind in corpus:
        one, two = (mutant(corpus, kind, random.Random(f"7:{kind}")) for _ in range(2))
        assert one == two


def test_kinds_of_every_family_are_there(corpus):
    families = {kind.partition("-")[0] for kind in corpus}
    assert families >= {
        "dicom", "nifti", "npy", "npz", "mat", "avi", "mp4", "mov", "gif", "mkv", "mpeg", "png", "jpeg",
        "bmp", "tiff", "zip", "tar", "archive", PIPED.rstrip("-"),
    }  # fmt: skip


def hidden(error: type[Exception], *arguments: object, **named: object):
    """A door that ends so."""

    def door(*_: object) -> object:
        raise error(*arguments, **named)

    return door


@pytest.mark.parametrize(
    ("door", "name"),
    [
        (hidden(KeyError, "a"), "KeyError at "),
        (hidden(ReadError, " "), "error without a word"),
        (hidden(ReadError, "a", advice=f"look into {SECRET}"), "a folder's name"),
        (lambda *_: Catalogue(("\x1b",), Subject(), (), (), 0), "control characters"),  # type: ignore[arg-type]
        (lambda *_: Catalogue((), Subject(), (), (), object()), "TypeError"),  # type: ignore[arg-type]
        (lambda *_: time.sleep(0.2) or (_ for _ in ()).throw(ReadError("late")), "hang"),
    ],
)
def test_the_judge_sees_what_must_not_be(monkeypatch, tmp_path, door, name):
    monkeypatch.setattr(judge, "catalogue", door)
    monkeypatch.setattr(judge, "open_study", hidden(ReadError, "nothing there"))
    monkeypatch.setattr(judge, "_STUCK", 0.1)
    found = [fault for fault, _ in judged("case", tmp_path, {}).faults]
    assert any(fault.startswith(name) for fault in found)
