"""The cohort of the tables: who comes how often, and what is kept of it."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.papers.velocity.cohort import SLICES, SUBJECTS, TWICE, Exam, exam_slices, exams


def test_the_cohort_is_that_of_the_paper_and_a_second_visit_is_another_scan_of_the_same_heart():
    cohort = exams("reporting", SUBJECTS, TWICE, SLICES)
    twice = [e for e in cohort if e.number == 0]
    assert len(twice) == 2 and twice[0].subject == twice[1].subject
    first, again = (replace(e, slices=1).scanned(2, 32, 5.0)[0] for e in twice)
    assert not np.array_equal(first.magnitude, again.magnitude)
    sizes = [float((s.labels == 2).sum()) for s in (first, again)]
    assert sizes[1] == pytest.approx(sizes[0], rel=0.35)


def test_slices_are_made_once_and_each_visit_has_its_own(tmp_path, monkeypatch):
    scans = exams("reporting", 1, 1, 3)
    found = [exam_slices(tmp_path, exam, 2, 24, 6.0) for exam in scans]
    names = [[one.name for one in slices] for slices in found]
    assert names == [
        ["reporting-0~visit0-z0", "reporting-0~visit0-z1"],
        ["reporting-0~visit1-z0"],
    ]
    monkeypatch.setattr(Exam, "scanned", lambda *size: pytest.fail("made again"))
    again = exam_slices(tmp_path, scans[1], 2, 24, 6.0)
    assert (again[0].velocity == found[1][0].velocity).all()
