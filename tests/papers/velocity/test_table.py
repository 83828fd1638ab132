"""What the tables count."""

import math

import pytest

from lvcine.papers.velocity.score import Overlap
from lvcine.papers.velocity.table import NETS, SHIPPED, PeakError, Scored, by_subject, tables


def test_a_subject_counts_once_however_many_slices_it_has():
    several = [
        Scored("a", "dice", "fold-0", s, Overlap(d, d, d)) for s, d in (("x", 0.9), ("x", 0.7), ("y", 0.5))
    ]
    assert by_subject(several, "dice") == ([pytest.approx(0.8), 0.5], ["x", "y"])


def test_a_peak_that_was_not_found_is_counted_not_skipped():
    peaks = [
        PeakError("x", "true", "radial", "systolic", 0.5, 10.0, 20.0),
        PeakError("y", "true", "radial", "systolic", -0.1, -20.0, 20.0),
        PeakError("z", "true", "radial", "systolic", math.nan, math.nan, 20.0),
        PeakError("x", "automatic", "radial", "systolic", math.nan, math.nan, 20.0),
    ]
    text = tables([], peaks, "head")
    assert "| radial | systolic | true | 3 | +0.20 | 0.30 [" in text and "| 15 | 0.75 | 1 |" in text
    assert "| radial | systolic | automatic | 1 | – | – | – | – | 1 |" in text


def test_the_shipped_nets_have_a_table_of_their_own_and_misses_count():
    few = [Scored(SHIPPED, "", "", s, Overlap(d, d, d)) for s, d in (("x", 0.8), ("x", 0.0), ("y", 0.6))]
    text = tables(few, [], "head")
    assert "3 slices, 1 in which nothing was found" in text and "| Dice | 0.500 (0.100) [" in text
    assert f"| {NETS[0]} |  | 0.84 |" in text  # not among the table's own nets
