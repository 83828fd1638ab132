"""Tables 1 and 2: whose slices are on which side, which nets there are, what is written."""

import csv
from dataclasses import replace

import pytest

from lvcine.errors import UsageError
from lvcine.papers.experiment import Cohort, run
from lvcine.papers.velocity import experiment as room
from lvcine.papers.velocity.cohort import Exam
from lvcine.papers.velocity.experiment import EXPERIMENT, PRESETS, folds, kinds
from lvcine.papers.velocity.score import Overlap
from lvcine.papers.velocity.speed import OnExam
from lvcine.papers.velocity.table import ALONE, LOSSES, NETS, PeakError
from lvcine.systems.velocity.train.net import EarNet

TINY = PRESETS["tiny"]
SMALL = replace(
    TINY, first=2, fold=1, recipe=replace(TINY.recipe, frames=2, size=16),
    scans=replace(TINY.scans, frames=2, size=16, spacing_mm=8.0),
)  # fmt: skip


def test_every_fifth_subject_is_tested_and_every_other_left_out_once():
    subjects = [f"reporting-{n}" for n in range(10)]
    split = folds(replace(TINY, folds=3), subjects)
    assert {fold.tested for fold in split} == {("reporting-0", "reporting-5")}
    rest = sorted(set(subjects) - set(split[0].tested))
    assert sorted(name for fold in split for name in fold.left_out) == rest
    assert all(sorted(fold.learned + fold.left_out) == rest for fold in split)


def test_rows_differ_by_what_they_are_called():
    rows = kinds(TINY.recipe)
    assert len(rows) == len(NETS) * len(LOSSES) + 1
    plain, attention, memory = (rows[f"{net}, dice"][1] for net in NETS)
    assert (plain.attention, plain.memory) == (False, False)
    assert attention == replace(plain, attention=True) and memory == replace(attention, memory=True)
    alone = rows[f"{ALONE}, dice-iou"][1]
    assert alone == replace(rows[f"{NETS[-1]}, dice-iou"][1], phase=False)


def test_the_table_holds_every_net_and_scans_are_made_once(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "LOSSES", LOSSES[-1:])  # four of the ten nets
    experiment = replace(EXPERIMENT, presets={"small": SMALL})
    text = run(experiment, tmp_path, preset="small").read_text()
    assert all(f"| {net} |" in text for net in (*NETS, ALONE)) and all(loss in text for loss in LOSSES)
    assert "5 healthy virtual subjects, 6 scans, 6 slices of 2 frames" in text
    rows = list(csv.DictReader((tmp_path / "scores.csv").open()))
    assert {r["net"] for r in rows} == {*NETS, ALONE} and {r["subject"] for r in rows} == {"reporting-0"}
    assert len(rows) == 4 * 2 * 2  # nets, folds, scans of the one subject that is tested
    monkeypatch.setattr(Exam, "scanned", lambda *size: pytest.fail("made again"))
    assert run(experiment, tmp_path, preset="small").read_text() == text


def test_a_fold_goes_on_from_what_was_learned_from_other_subjects(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(room, "fit", lambda task, recipe, *rest, start: asked.append((recipe.steps, start)))
    before = EarNet(TINY.recipe)
    row = next(iter(kinds(SMALL.recipe)))
    for start, first in ((None, True), (before, False)):
        room.train(room.Trial(SMALL, row, (), tmp_path, start, {}, first))
    assert asked == [(2, None), (1, before)]


def test_the_shipped_nets_are_scored_on_every_scan_and_peaks_are_a_file(tmp_path, monkeypatch):
    peak = PeakError("reporting-0", "true", "radial", "systolic", 0.25, float("nan"), 20.0)
    monkeypatch.setattr(room, "on_exam", lambda *size: OnExam((Overlap(0.5, 0.5, 0.5),), (peak,)))
    tiny = replace(TINY, scans=replace(TINY.scans, velocities=True))
    scored, peaks = room.shipped(tiny, Cohort("", ()), tmp_path)
    assert len(scored) == len(peaks) == 6 and scored[-1].subject == "reporting-0"  # the second visit
    rows = list(csv.DictReader((tmp_path / "peaks.csv").open()))
    assert len(rows) == 6 and (rows[0]["cm_s"], rows[0]["ms"]) == ("0.25", "nan")


def test_own_scans_are_refused(tmp_path):
    with pytest.raises(UsageError, match="virtual scans only"):
        run(EXPERIMENT, tmp_path, data=tmp_path)


def test_a_wall_is_compared_with_the_wall(tmp_path):
    small = replace(SMALL, subjects=1, scans=replace(SMALL.scans, twice=0, slices=1))
    one = room.cohort(small, tmp_path, None).items[0]
    for labels, dice in ((one.labels == 2, 1.0), (one.labels == 1, 0.0)):
        (scored,) = room.score(TINY, f"{NETS[0]}, dice", labels, one, "fold-1")
        assert (scored.net, scored.loss, scored.fold, scored.subject) == (
            NETS[0],
            "dice",
            "fold-1",
            "reporting-0",
        )
        assert scored.overlap.dice == dice
