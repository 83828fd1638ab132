"""Labels of a clip's frame have the areas of their contours, which are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.study import Contour
from lvcine.study.mask import CAVITY, LEFT_ATRIUM, MYOCARDIUM
from lvcine.systems.echo.areas import with_areas
from lvcine.systems.echo.postprocess import annulus

ROWS, COLUMNS = np.mgrid[:140, :110].astype(float)
BASE, MIDDLE, WIDE, TALL = 95.3, 55.2, 20.4, 70.8


def drawn(wide: float, tall: float) -> np.ndarray:
    """Half an ellipse above the base, its wall, and the atrium below: each a little too large."""
    labels = np.zeros(ROWS.shape, np.uint8)
    up, across = BASE + 1.0 - ROWS, COLUMNS - MIDDLE
    labels[(up > 0) & ((across / (wide + 8)) ** 2 + (up / (tall + 8)) ** 2 < 1)] = MYOCARDIUM
    labels[(up <= 0) & (up > -22) & (np.abs(across) < wide - 3)] = LEFT_ATRIUM
    labels[(up > 0) & ((across / wide) ** 2 + (up / tall) ** 2 < 1)] = CAVITY
    return labels


def half_ellipse(wide: float, tall: float) -> Contour:
    turn = np.linspace(0, np.pi, 400)
    dome = np.stack([BASE - tall * np.sin(turn), MIDDLE - wide * np.cos(turn)], 1)
    valve = np.linspace(dome[-1], dome[0], 40)[1:-1]
    return Contour(np.concatenate([dome, valve]))


def box(top: float, bottom: float, left: float, right: float) -> Contour:
    return Contour(np.array([[top, left], [top, right], [bottom, right], [bottom, left]]))


@pytest.mark.parametrize("grown", [1.5, -1.5])
def test_cavity_and_atrium_have_the_areas_of_their_contours(grown):
    before = drawn(WIDE + grown, TALL + grown)
    atrium = box(BASE + 0.6, BASE + 20.1, MIDDLE - 15.3, MIDDLE + 15.3)
    labels = with_areas(before, half_ellipse(WIDE, TALL), atrium)
    assert (labels == CAVITY).sum() == pytest.approx(np.pi / 2 * WIDE * TALL, abs=1.0)
    assert abs((before == CAVITY).sum() - np.pi / 2 * WIDE * TALL) > 100
    assert (labels == LEFT_ATRIUM).sum() == pytest.approx(19.5 * 30.6, rel=0.02)
    # No ring of nothing between cavity and wall, and no wall across the valve.
    lateral = labels[60, : int(MIDDLE)]
    assert set(lateral[np.flatnonzero(lateral)[0] :]) == {MYOCARDIUM, CAVITY}
    # The corners of the half ellipse, 2.5 pixels past the end of the wall.
    first, second = sorted(annulus(half_ellipse(WIDE, TALL).points, labels), key=lambda p: p[1])
    assert first[0] > BASE - 8 and second[0] > BASE - 8
    assert second[1] - first[1] > 1.6 * WIDE


def test_without_a_ventricle_nothing_changes():
    labels = drawn(WIDE, TALL)
    assert with_areas(labels, None, None) is labels
    nothing = np.zeros_like(labels)
    assert with_areas(nothing, half_ellipse(WIDE, TALL), None) is nothing
