"""The truth that masks and peaks are compared with."""

import numpy as np

from lvcine.papers.velocity.cohort import exams
from lvcine.papers.velocity.speed import anatomy_of, true_masks, true_peaks
from lvcine.phantom.velocity import virtual_velocity


def test_true_masks_say_where_the_septum_lies():
    study, _ = virtual_velocity(3, slices=1, frames=2, size=64, spacing_mm=2.5)
    towards = true_masks(study).rv_direction
    rows, columns = np.nonzero(study.rv[0, 0])
    lv = np.argwhere(study.labels[0, 0] > 0).mean(0)
    way = np.array([rows.mean(), columns.mean()]) - lv
    assert towards[0] @ way / np.hypot(*way) > 0.8


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
