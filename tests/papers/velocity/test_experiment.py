"""Tables 1 and 2: what they count, and the command on a few tiny scans."""

import csv
import math

import pytest

from lvcine.errors import UsageError
from lvcine.papers.velocity import experiment as room
from lvcine.papers.velocity.cohort import Exam, exams
from lvcine.papers.velocity.score import Overlap
from lvcine.papers.velocity.speed import anatomy_of, true_peaks
from lvcine.papers.velocity.table import ALONE, LOSSES, NETS, SHIPPED, PeakError, Scored, by_subject, tables


def test_a_subject_counts_once_however_many_slices_it_has():
    several = [Scored("a", "dice", 0, s, Overlap(d, d, d)) for s, d in (("x", 0.9), ("x", 0.7), ("y", 0.5))]
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
    few = [Scored(SHIPPED, "", 0, s, Overlap(d, d, d)) for s, d in (("x", 0.8), ("x", 0.0), ("y", 0.6))]
    text = tables(few, [], "head")
    assert "3 slices, 1 in which nothing was found" in text and "| Dice | 0.500 (0.100) [" in text
    assert f"| {NETS[0]} |  | 0.84 |" in text  # not among the table's own nets


def test_true_peaks_lie_in_their_phases():
    exam = exams("reporting", 2, 0, 6)[0]
    anatomy = anatomy_of(exam)
    cycle = 1000.0
    found = true_peaks(anatomy, 0.5 * float(anatomy.heart.length_mm), cycle)
    beat = anatomy.heart.beat
    for component in ("longitudinal", "radial"):
        systolic, early, late = (
            found[component, p] for p in ("systolic", "early diastolic", "late diastolic")
        )
        assert systolic.cm_s > 0 > early.cm_s and late.cm_s < 0
        assert systolic.ms < cycle * beat.systole < early.ms < cycle * beat.kick <= late.ms
    assert ("circumferential", "late diastolic") not in found


def test_both_scans_of_a_subject_stand_on_one_side():
    cohort = exams("reporting", 10, 5, 15)
    slices = {exam: [exam] for exam in cohort}
    for k in range(3):
        train_on, test = room._sides(slices, room.Preset("", 10, 5, 15, 3, 0, 0, 0, room.TINY), k)
        assert {e.subject for e in train_on}.isdisjoint({e.subject for e in test})
        assert {e.subject for e in test} == {"reporting-0", "reporting-5"}
        assert len(train_on) + len(test) < len(cohort)


def test_the_command_runs_and_resumes(tmp_path, monkeypatch):
    told = []
    file = room.reproduce(tmp_path, preset="tiny", progress=lambda *what: told.append(what))
    text = file.read_text()
    assert all(f"| {net} |" in text for net in (*NETS, ALONE)) and all(loss in text for loss in LOSSES)
    rows = list(csv.DictReader((tmp_path / "scores.csv").open()))
    assert {r["net"] for r in rows} == {*NETS, ALONE} and {r["subject"] for r in rows} == {"reporting-0"}
    assert told[-1][1] <= told[-1][2]
    monkeypatch.setattr(Exam, "scanned", lambda *a: pytest.fail("drawn again"))
    assert room.reproduce(tmp_path, preset="tiny").read_text() == text


def test_bad_wishes_are_refused(tmp_path):
    with pytest.raises(UsageError):
        room.reproduce(tmp_path, preset="huge")
    with pytest.raises(UsageError):
        room.reproduce(tmp_path, data=tmp_path)
