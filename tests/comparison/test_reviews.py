"""Reviewed studies as readers: circles grown by a millimetre or two give what geometry says."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.review.conftest import SLICES, STEP_MM, radius_mm, rings
from tests.review.test_session import circle

from lvcine.cli.main import run
from lvcine.cohorts.record import Record
from lvcine.cohorts.tables import rows_of, write_tables
from lvcine.comparison.run import compare
from lvcine.errors import ReadError, UsageError
from lvcine.phantom.write import write_nifti
from lvcine.pipeline.measure_masks import measure_masks
from lvcine.review.open_result import open_result
from lvcine.review.session import Session

LABELS = ("a", "b", "c")
ED, ES = 0, 5


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A cohort of three stacks that differ in their noise alone, the scans beside the results."""
    home = tmp_path_factory.mktemp("made") / "cohort"
    cine, labels = rings()
    records = []
    for k, label in enumerate(LABELS):
        place = home / "studies" / label
        (home / "scans").mkdir(parents=True, exist_ok=True)
        scan = write_nifti(replace(cine, pixels=cine.pixels + k), home / "scans" / f"{label}.nii.gz")
        found = measure_masks(scan, labels, output=place, ed=ED, es=ES, movie="none", view="SAX")
        numbers = {name: float(value) for name, value in found.headline().items()}
        numbers |= {"ed_frame": found.ed_frame, "es_frame": found.es_frame}
        records.append(Record(label, "done", numbers=numbers, facts={"input_sha256": found.study.digest}))
    write_tables(home, rows_of(records))
    return home


@pytest.fixture
def cohort(made, tmp_path):
    shutil.copytree(made, tmp_path / "cohort")
    return tmp_path / "cohort"


def grow(results, scan, mm: float, reader: str) -> None:
    """A review that makes every cavity at ED larger by some millimetres."""
    session = Session(open_result(results, scan))
    for z in range(SLICES):
        request = {"do": "contour", "side": "endo", "z": z, "t": ED, "points": circle(radius_mm(ED) + mm)}
        session.correct(request, session.revision, reader)
    session.save(session.revision, reader)
    session.close()


def edv(mm: float = 0.0) -> float:
    return SLICES * np.pi * (radius_mm(ED) + mm) ** 2 * STEP_MM / 1000


def dice(small: float, large: float) -> float:
    """Of two discs with one middle."""
    inner, outer = ((radius_mm(ED) + mm) ** 2 for mm in (small, large))
    return 2 * inner / (inner + outer)


def test_a_cohort_against_itself_is_automatic_against_corrected(cohort, tmp_path, capsys):
    for label, mm in (("a", 1.0), ("b", 2.0)):
        grow(cohort / "studies" / label, cohort / "scans" / f"{label}.nii.gz", mm, "Dr A")
    found = compare(cohort, cohort, output=tmp_path / "out")
    by_name = {p.name: p for p in found.pairings}
    of_edv = by_name["edv_ml"]
    assert (of_edv.one, of_edv.other, of_edv.labels) == ("lvcine", "Dr A", ("a", "b"))
    assert of_edv.only_one == 1 and of_edv.only_other == 0
    assert of_edv.differences == pytest.approx([edv() - edv(1), edv() - edv(2)], rel=0.02)
    assert by_name["esv_ml"].differences == pytest.approx([0, 0], abs=1e-3)
    scores = {one.label: one.scores for one in found.masks}
    assert scores["a"]["dice3d_cavity_ed"] == pytest.approx(dice(0, 1), abs=0.005)
    assert scores["b"]["dice3d_cavity_ed"] == pytest.approx(dice(0, 2), abs=0.005)
    assert scores["a"]["endo_average_mm_ed"] == pytest.approx(1.0, abs=0.15)
    assert scores["b"]["endo_average_mm_ed"] == pytest.approx(2.0, abs=0.15)
    assert scores["a"]["dice3d_cavity_es"] == 1.0
    assert found.summaries["dice3d_cavity_ed"].n == 2
    assert any("begin with the contours of the analysis" in note for note in found.notes)
    rows = list(csv.DictReader((tmp_path / "out" / "masks.csv").open()))
    assert [(r["label"], r["one"], r["other"]) for r in rows] == [
        ("a", "lvcine", "Dr A"),
        ("b", "lvcine", "Dr A"),
    ]
    assert "Dr A" in (tmp_path / "out" / "compare.html").read_text()
    assert run(["compare", str(cohort), str(cohort)]) == 0
    assert "edv_ml, lvcine less Dr A, n 2" in capsys.readouterr().out


def test_two_readers_of_copies_are_compared_with_each_other(cohort, tmp_path):
    copy = tmp_path / "another name"
    shutil.copytree(cohort / "studies", copy)
    shutil.move(copy / "b", copy / "renamed")  # known by the digest of its scan
    for label in LABELS:
        grow(cohort / "studies" / label, cohort / "scans" / f"{label}.nii.gz", 1.0, "Dr A")
    for name, label in (("a", "a"), ("renamed", "b")):
        grow(copy / name, cohort / "scans" / f"{label}.nii.gz", 2.0, "Dr B")
    found = compare(cohort, copy)
    pairs = {(p.one, p.other): p for p in found.pairings if p.name == "edv_ml"}
    assert list(pairs) == [("lvcine", "Dr A"), ("lvcine", "Dr B"), ("Dr A", "Dr B")]
    of_readers = pairs["Dr A", "Dr B"]
    assert of_readers.labels == ("a", "b")
    assert of_readers.differences == pytest.approx([edv(1) - edv(2)] * 2, rel=0.02)
    scores = found.summaries["dice3d_cavity_ed (Dr A and Dr B)"]
    assert scores.mean == pytest.approx(dice(1, 2), abs=0.005) and scores.n == 2
    assert found.summaries["dice3d_cavity_ed (lvcine and Dr A)"].n == 3
    # A copy of a whole cohort is no other version of it: its own numbers are ours.
    shutil.copytree(cohort, tmp_path / "whole")
    whole = compare(cohort, tmp_path / "whole")
    readers = list(dict.fromkeys(p.other for p in whole.pairings))
    assert readers == ["Dr A", "Dr A, again"]  # one reader, twice


def test_what_nobody_reviewed_says_so(cohort, tmp_path):
    with pytest.raises(UsageError, match="no study of the cohort was reviewed"):
        compare(cohort, cohort)
    copy = tmp_path / "copies"
    shutil.copytree(cohort / "studies", copy)
    with pytest.raises(UsageError, match="none of 3 folders of results holds a saved review"):
        compare(cohort, copy)
    shutil.copytree(cohort, tmp_path / "newer")
    again = compare(cohort, tmp_path / "newer")  # version against version, as before
    assert {p.other for p in again.pairings} == {"other cohort"}


def test_a_study_twice_by_one_reader_strangers_and_old_reviews(cohort, tmp_path):
    copies = tmp_path / "copies"
    for name in ("first", "second"):
        shutil.copytree(cohort / "studies" / "a", copies / name / "a")
        grow(copies / name / "a", cohort / "scans" / "a.nii.gz", 1.0, "Dr B")
    with pytest.raises(UsageError, match="a was reviewed twice by Dr B"):
        compare(cohort, copies)
    record = copies / "second" / "a" / "run.json"
    stored = json.loads(record.read_text())
    record.write_text(json.dumps(stored | {"input_sha256": "0" * 64}))
    found = compare(cohort, copies)
    assert any("a: reviewed, but no study of the cohort" in note for note in found.notes)
    contours = copies / "first" / "a" / "contours.json"
    contours.write_text(contours.read_text().replace('"papillary":"include"', '"papillary":"exclude"'))
    with pytest.raises((UsageError, ReadError)):
        compare(cohort, copies)
