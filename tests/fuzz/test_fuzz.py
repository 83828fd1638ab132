"""Scans changed at random are read, or refused with a reason.

Every run of the suite reads some hundred; ``LVCINE_FUZZ=100000`` reads so many, which takes an hour on two
cores (better by ``python -m tests.fuzz.run``, which keeps what it finds).
"""

from __future__ import annotations

import os
import random

import pytest

from .corpus import PIPED, make_corpus
from .judge import judged
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
    order = random.Random(0).sample(range(len(kinds) * EACH), len(kinds) * EACH)
    tally = fuzz(corpus, kinds, 0, range(CASES) if CASES else order, seconds=SECONDS)
    assert not tally.faults, tally.told()
    assert tally.cases >= min(CASES or len(kinds), 200)
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
