from __future__ import annotations

import csv
import io
import math

import numpy as np

from lvcine.evaluate.case import Outcome, Score
from lvcine.evaluate.table import csv_by_subject, subject_table, summary_table

OUTCOMES = [
    Outcome("a", "unseen", (Score("dice", 0.9, 0), Score("dice", 0.7, 1), Score("hd_mm", math.nan, 0))),
    Outcome("b", "reporting", (Score("dice", 0.5, 0), Score("hd_mm", 4.0, 0))),
    Outcome("c", "training", (Score("dice", 0.99, 0),)),
    Outcome("d", "unseen", error="no left ventricle found, anywhere."),
]


def cells(table, figure):
    row = next(line for line in table.splitlines() if line.startswith(f"| {figure} "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_mean_sd_and_failures_are_those_of_the_values():
    seen_and_unseen = summary_table(OUTCOMES)
    unseen = seen_and_unseen.split("**Seen")[0]
    sd = np.std([0.9, 0.7, 0.5], ddof=1)
    assert cells(unseen, "dice")[1:3] == ["3", f"0.700 ({sd:.3f})"]
    assert cells(unseen, "hd_mm")[1] == "1" and cells(unseen, "hd_mm")[4] == "1"


def test_subjects_that_the_net_has_seen_stand_apart():
    unseen, seen = summary_table(OUTCOMES).split("**Seen")
    assert "(a, b)" in unseen and "c)" not in unseen
    assert cells(seen, "dice")[2].startswith("0.99")


def test_a_correlation_is_that_of_ours_with_the_readers():
    theirs, ours = [40.0, 50.0, 60.0, 70.0], [42.0, 49.0, 65.0, 66.0]
    outcomes = [
        Outcome(str(i), "unseen", (Score("ef_drawn", a), Score("ef_difference", b - a)))
        for i, (a, b) in enumerate(zip(theirs, ours, strict=True))
    ]
    expected = np.corrcoef(theirs, ours)[0, 1]
    assert cells(summary_table(outcomes), "ef_correlation")[1:3] == ["4", f"{expected:.3f}"]


def test_one_row_per_subject_with_the_mean_of_its_slices():
    rows = list(csv.DictReader(io.StringIO(csv_by_subject(OUTCOMES))))
    assert [r["subject"] for r in rows] == ["a", "b", "c", "d"]
    assert float(rows[0]["dice"]) == 0.8 and rows[0]["hd_mm"] == "" and rows[0]["failed"] == "1"
    assert rows[3]["error"] == "no left ventricle found, anywhere." and rows[3]["dice"] == ""


def test_a_table_by_subject_marks_the_seen():
    table = subject_table(OUTCOMES)
    assert "| c \\* | 0.990 |" in table and "\\* seen by the net" in table
    assert "| a | 0.800 |" in table
