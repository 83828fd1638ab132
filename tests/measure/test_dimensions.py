"""The three diameters of circles and ellipses, whatever the turn of the heart."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.measure.anchor import Anchor
from lvcine.measure.dimensions import cavity_dimensions_mm


@pytest.mark.parametrize("turn", [0.0, 35.0, 200.0])
@pytest.mark.parametrize("sense", [1, -1])
def test_chords_of_an_ellipse_follow_the_septum(circle, turn, sense):
    septum = np.array([[np.sin(np.deg2rad(turn)), np.cos(np.deg2rad(turn))]])
    found = cavity_dimensions_mm(circle((40.0, 50.0), (30.0, 20.0)), Anchor(septum, sense), 0)
    anterior = sense * np.array([septum[0, 1], -septum[0, 0]])
    for name, degrees in (("is_al", 150.0), ("i_a", 90.0), ("il_as", 30.0)):
        a = np.deg2rad(degrees)
        y, x = np.cos(a) * septum[0] + np.sin(a) * anterior
        assert found[name] == pytest.approx(2 / np.hypot(y / 30, x / 20), rel=1e-4)


def test_a_circle_has_one_diameter_within_half_a_percent_from_a_soft_mask(blurred_disc):
    from lvcine.measure.area import largest_contour

    soft = largest_contour(blurred_disc((64, 64), (31.3, 32.8), (17.0, 17.0))).scaled((1.4, 1.4))
    found = cavity_dimensions_mm(soft, Anchor(np.array([[0.0, -1.0]]), 1), 0)
    assert list(found.values()) == pytest.approx([2 * 17 * 1.4] * 3, rel=1e-2)
