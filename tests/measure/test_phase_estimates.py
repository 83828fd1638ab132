"""ED and ES from several curves: one that goes wrong decides nothing."""

import numpy as np
import pytest

from lvcine.measure.phase_estimates import PhaseEstimate, agree, estimate_of, motion_curve
from lvcine.phantom.study import virtual_study
from lvcine.study import Mask, Segmentation


def cycle(frames: int = 24, ed: int = 0, systole: float = 0.37) -> np.ndarray:
    """Volumes of a beat: largest at ``ed``, smallest after ``systole`` of the cycle."""
    phase = (np.arange(frames) - ed) / frames % 1.0
    down = np.cos(np.pi * np.minimum(phase / systole, 1.0))
    up = -np.cos(np.pi * np.clip((phase - systole) / (1 - systole), 0.0, 1.0))
    return 100.0 + 40.0 * np.where(phase < systole, down, up)


@pytest.mark.parametrize("ed", [0, 7, 23])
def test_a_good_curve_alone_is_believed(ed):
    found = agree(cycle(ed=ed), [])
    assert (found.ed, found.es) == (ed, (ed + 9) % 24)


@pytest.mark.parametrize("shift", [0, 5, 17])
def test_one_wrong_estimate_of_three_decides_nothing_wherever_the_cycle_begins(shift):
    right, volume = PhaseEstimate("regression", 0, 9, 0.8), cycle()
    wrong = PhaseEstimate("motion", 12, 20, 0.9)
    moved = [
        PhaseEstimate(w.name, (w.ed + shift) % 24, (w.es + shift) % 24, w.sureness) for w in (right, wrong)
    ]
    found = agree(np.roll(volume, shift), moved)
    assert (found.ed, found.es) == (shift % 24, (9 + shift) % 24)


def test_a_wrong_volume_curve_is_outvoted():
    volume = cycle()
    volume[18:21] = 40.0  # a slice lost in three frames
    assert agree(volume, []).es != 9
    others = [PhaseEstimate("regression", 0, 9, 0.8), PhaseEstimate("motion", 0, 9, 0.9)]
    assert abs(agree(volume, others).es - 9) <= 1


def test_an_unsure_estimate_weighs_less():
    sure, unsure = PhaseEstimate("regression", 3, 12, 0.9), PhaseEstimate("motion", 20, 5, 0.2)
    volume = np.where(np.arange(24) % 2 == 0, 90.0, 110.0) + cycle() / 10  # flickers: of little worth
    assert abs(agree(volume, [sure, unsure]).es - 12) <= 1


def test_among_the_frames_beside_the_agreed_one_the_smallest_volume_is_es():
    others = [PhaseEstimate("regression", 0, 10, 0.9), PhaseEstimate("motion", 0, 10, 0.9)]
    assert agree(cycle(), others).es == 9


def test_a_few_phases_are_decided_by_their_volumes():
    found = agree(np.array([100.0, 60.0, 80.0]), [PhaseEstimate("motion", 1, 2, 1.0)])
    assert (found.ed, found.es) == (0, 1)


def test_jitter_makes_a_estimate_unsure():
    rng = np.random.default_rng(0)
    calm, wild = estimate_of("a", cycle()), estimate_of("b", cycle() + rng.normal(0, 25, 24))
    assert calm.sureness > 0.95 > wild.sureness


def test_a_curve_of_another_scale_is_the_same_estimate():
    curve = cycle(ed=4)
    found, scaled = estimate_of("a", curve), estimate_of("a", curve / 70 - 3)
    assert (found.ed, found.es) == (scaled.ed, scaled.es)
    assert found.sureness == pytest.approx(scaled.sureness)


@pytest.mark.parametrize("first", [0.0, 0.4])
def test_pixels_alone_show_ed_and_es_of_a_virtual_heart(first):
    cine, truth = virtual_study(3000021, frames=16, size=96, spacing_mm=2.2, step_mm=14.0, first_phase=first)
    seen = Segmentation(Mask((truth.labels > 0).astype(np.uint8)), ((),), ((),))
    found = estimate_of("motion", motion_curve(cine, seen, truth.volumes_ml))
    off = [abs(found.ed - truth.ed_frame), abs(found.es - truth.es_frame)]
    assert max(min(d, 16 - d) for d in off) <= 1


def test_pictures_that_do_not_change_have_no_curve():
    cine, truth = virtual_study(3000021, frames=2, size=64, spacing_mm=3.0, step_mm=20.0)
    still = type(cine)(np.repeat(cine.pixels[:, :1], 10, 1), cine.geometry)
    lv = Segmentation(Mask(np.repeat(truth.labels[:, :1], 10, 1)), ((),), ((),))
    assert motion_curve(still, lv, np.ones(10)) is None
