"""The eleven indices against the virtual heart's closed form and against circles; systole against a curve."""

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.lvquan_indices import (
    in_systole,
    lvquan_indices,
    one_stretch,
    septum_of_insertion,
    systole_of_areas,
)
from lvcine.phantom.anatomy import draw_anatomy
from lvcine.phantom.indices import cine_indices
from lvcine.phantom.population import draw_heart
from lvcine.study import Contour


@pytest.mark.parametrize("seed", [1, 5, 11])
@pytest.mark.parametrize("turn", [0.0, 2.2])
def test_contours_of_a_virtual_heart_give_its_closed_form(seed, turn):
    rng = np.random.default_rng(seed)
    anatomy = draw_anatomy(draw_heart(rng), rng)
    z = 0.45 * float(anatomy.heart.length_mm)
    for truth in cine_indices(anatomy, z, [0.0, 0.2, 0.6]):
        assert truth.whole
        c, s = np.cos(turn), np.sin(turn)
        rotated = np.array([[c, -s], [s, c]])
        endo, epi = (Contour((p @ rotated.T)[:, ::-1]) for p in (truth.endo, truth.epi))
        angle = truth.septum + turn
        found = lvquan_indices(endo, epi, np.array([np.sin(angle), np.cos(angle)]), rays=720)
        assert found == pytest.approx(truth.lvquan, rel=2e-3)


def test_the_mirrored_slice_with_the_other_sense_is_the_same():
    angle = np.arange(360) * np.pi / 180
    circle = np.stack([np.sin(angle), np.cos(angle)], 1)
    endo, epi = Contour(circle * 20), Contour(circle * 30 + [4.0, 2.0])
    septum = np.array([0.3, -1.0])
    mirror = np.array([-1.0, 1.0])
    found = lvquan_indices(endo, epi, septum)
    other = lvquan_indices(
        Contour(endo.points * mirror), Contour(epi.points * mirror), septum * mirror, sense=-1
    )
    assert other == pytest.approx(found, abs=1e-6)
    wrong = lvquan_indices(Contour(endo.points * mirror), Contour(epi.points * mirror), septum * mirror)
    assert np.abs(wrong - found).max() > 1.0


def test_the_septum_lies_sixty_degrees_before_the_anterior_insertion():
    angle = np.arange(360) * np.pi / 180
    endo = Contour(20 * np.stack([np.sin(angle), np.cos(angle)], 1) + 50)
    # Septum left, anterior up: the anterior insertion lies up and to the left.
    at = 50 + 25 * np.array([-np.sin(np.pi / 3), -np.cos(np.pi / 3)])
    assert septum_of_insertion(endo, at) == pytest.approx([0.0, -1.0], abs=1e-9)
    with pytest.raises(MeasureError, match="insertion"):
        septum_of_insertion(Contour(np.array([[0.0, 0.0], [0.0, 2.0], [2.0, 2.0], [2.0, 0.0]])), np.ones(2))


def test_systole_is_after_the_largest_area_up_to_the_smallest_from_any_start():
    time = np.arange(20)
    area = 20 + 10 * np.cos(2 * np.pi * time / 20) + 2 * np.cos(4 * np.pi * time / 20)
    expected = in_systole(20, int(area.argmax()), int(area.argmin()))
    assert expected.sum() == 10 and not expected[0] and expected[1] and expected[10]
    for turn in (0, 7, 15):
        assert (systole_of_areas(np.roll(area, turn)) == np.roll(expected, turn)).all()


def test_systole_is_one_stretch_whatever_single_frames_say():
    rng = np.random.default_rng(0)
    truth = in_systole(20, 17, 4)
    for turn in (0, 5, 11):
        odds = np.where(np.roll(truth, turn), 2.0, -2.0) + rng.normal(0, 0.3, 20)
        odds[(np.array([2, 9]) + turn) % 20] *= -1  # one frame of each phase is wrong by itself
        assert (one_stretch(odds) == np.roll(truth, turn)).all()
    assert one_stretch(np.full(6, 3.0)).sum() == 5 and one_stretch(np.full(6, -3.0)).sum() == 1
