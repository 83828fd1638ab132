"""Tables 1 and 2: what they count, and the command on a few tiny subjects."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from lvcine.papers.experiment import run
from lvcine.papers.quantification import experiment as room
from lvcine.papers.quantification.score import (
    Scored,
    correlation,
    curve_error,
    errors,
    phase_error,
    subject_errors,
    within,
)
from lvcine.papers.quantification.table import tables

ALL = slice(0, 11)


def scored(subject, fold=0, off=0.0, size=1.0, wrong=0):
    time = np.arange(20)
    truth = size * (100 + 20 * np.cos(2 * np.pi * time / 20))[:, None] * np.ones(11)
    phase = (time < 8).astype(np.int8)
    predicted = phase.copy()
    predicted[:wrong] ^= 1
    return Scored(subject, 5, 5, fold, truth + off, truth, phase, predicted, phase)


def test_errors_correlations_and_phases():
    several = [scored("a", 0, 3.0), scored("b", 0, -1.0, 2.0, wrong=4), scored("c", 1, 0.0)]
    assert errors(several).shape == (60, 11) and errors(several).mean() == pytest.approx(4 / 3)
    assert phase_error(several, alone=True) == pytest.approx(100 * 4 / 60) and phase_error(several) == 0
    assert subject_errors(several, ALL) == ([pytest.approx(3), pytest.approx(1), 0.0], ["a", "b", "c"])
    assert within(several, ALL) == pytest.approx(1.0)
    mean, sd = correlation(several, ALL)
    assert 0.99 < mean <= 1.0 and sd < 0.01


def test_a_net_that_knows_the_size_alone_has_a_high_pooled_and_no_inner_correlation():
    rng = np.random.default_rng(0)
    several = []
    for k, size in enumerate(np.linspace(0.5, 3, 12)):
        s = scored(str(k), 0, 0.0, size)
        still = np.full_like(s.truth, 100 * size) + rng.normal(0, 0.1, s.truth.shape)
        several.append(Scored(s.subject, 5, 5, 0, still, s.truth, s.systole, s.alone, s.true_systole))
    assert correlation(several, ALL)[0] > 0.9 and abs(within(several, ALL)) < 0.2


def test_nothing_predicted_is_a_failure_and_no_skipped_case():
    s = scored("a")
    silent = Scored("a", 5, 5, 0, np.full_like(s.truth, np.nan), s.truth, *[s.systole] * 3)
    assert errors([silent]).mean() == pytest.approx(s.truth.mean())
    blank = Scored(
        "a", 5, 5, 0, s.found, np.where(np.arange(20)[:, None] < 5, np.nan, s.truth), *[s.systole] * 3
    )
    assert len(errors([blank])) == 15
    assert curve_error([silent]) == 100.0


def test_the_phase_can_be_read_off_the_predicted_cavity():
    s = scored("a")
    ed_to_es = np.array([0 < t <= 10 for t in range(20)], np.int8)
    assert curve_error([replace(s, true_systole=ed_to_es)]) == 0.0
    assert curve_error([replace(s, true_systole=1 - ed_to_es)]) == 100.0


def test_the_table_has_the_papers_figures_and_what_neighbours_pay():
    rows = {
        (kappa, 5): [scored(f"s{k}", k % 5, 12.0 - kappa, 1 + k / 9) for k in range(10)]
        for kappa in (1, 3, 5, 7)
    }
    rows[5, 3] = rows[5, 7] = rows[5, 5]
    text = tables(rows, "head", real=False)
    line = next(x for x in text.splitlines() if x.startswith("| areas"))
    assert "| 11.00 (0.00)" in line and "| 7.00 (0.00)" in line and "190, 0.932" in line and "301" in line
    assert "- dimensions (mm): -4.00 [-4.00, -4.00]" in text
    assert "| index | 3 folds | 5 folds | 7 folds |" in text and "| wall_thickness_as | 7.00" in text
    assert "The paper's figures are of real pictures" in text


def test_the_tables_of_six_subjects(tmp_path):
    seen = []
    file = run(room.EXPERIMENT, tmp_path, preset="tiny", progress=lambda *step: seen.append(step))
    text = file.read_text()
    assert "6 subjects, virtual" in text and "| kappa 1 | paper | kappa 5 | paper |" in text
    with (tmp_path / "scores.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * 6 * 20
    tested = {(r["kappa"], r["subject"]): r["fold"] for r in rows}
    assert len(tested) == 12 and len(set(tested.values())) == 5
    assert seen[-1][1] == seen[-1][2] - 1
    before = {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}
    assert run(room.EXPERIMENT, tmp_path, preset="tiny").read_text() == text
    assert before == {f: f.stat().st_mtime_ns for f in tmp_path.rglob("*.npz")}


def test_folds_are_contiguous_and_hold_everyone_once():
    subjects = [f"s{k}" for k in range(145)]
    every = list(room.folds(room.PRESETS["cpu"], subjects))
    for kappa, count in room.PRESETS["cpu"].folds:
        parts = [f for f in every if f.name.startswith(f"kappa-{kappa}-{count}-")]
        assert len(parts) == count and [s for f in parts for s in f.tested] == subjects
        assert all(set(f.tested).isdisjoint(f.learned) and f.rows == (room.row(kappa),) for f in parts)
        sizes = [len(f.tested) for f in parts]
        assert sizes == sorted(sizes, reverse=True) and max(sizes) - min(sizes) <= 1
