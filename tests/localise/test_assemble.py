"""Borders of an LV whose likelihood is known in closed form, against its circles."""

import numpy as np
import pytest

from lvcine.localise import Orientation, Window
from lvcine.localise.assemble import Prediction, assemble

SIZE, MIDDLE, INNER, OUTER = 96, 47.3, 14.2, 20.6
SOFT = 0.8
"""Pixels over which the log-odds of a border change by one."""


def at_least(level):
    return 1.0 / (1.0 + np.exp(-level / SOFT))


def ring(**how):
    """One slice, three frames; right-hand below, the ventricle's look-alike of half its size."""
    rows, columns = np.indices((SIZE, SIZE), dtype=np.float64)
    r = np.hypot(rows - MIDDLE, columns - MIDDLE)
    other = np.hypot(rows - 84, columns - 84)
    whole = np.maximum(at_least(OUTER - r), at_least(9 - other))
    cavity = np.minimum(np.maximum(at_least(INNER - r), at_least(5 - other)), whole)
    likelihood = np.zeros((1, 3, 4, SIZE, SIZE), np.float32)
    likelihood[0, :, 1], likelihood[0, :, 2], likelihood[0, :, 0] = cavity, whole - cavity, 1 - whole
    window = Window(((SIZE - 1) / 2.0, (SIZE - 1) / 2.0), (SIZE, SIZE), (1.0, 1.0))
    blank = np.zeros((1, 3, SIZE, SIZE), np.float32)
    turn = Orientation()
    return assemble(Prediction(window, turn, (SIZE, SIZE), 1.4, False, likelihood, blank, **how))


def radius(contour):
    x, y = (contour.points - contour.points.mean(0)).T
    return float(np.sqrt(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / (2 * np.pi)))


def drawn(segmentation):
    labels = segmentation.mask.labels[0, 0]
    return tuple(float(np.sqrt(m.sum() / np.pi)) for m in (labels == 1, labels > 0))


def test_borders_lie_where_the_likelihood_is_one_half():
    seen = ring()
    assert drawn(seen) == pytest.approx((INNER, OUTER), abs=0.05)
    assert radius(seen.endo[0][0]) == pytest.approx(INNER, abs=0.05)
    assert radius(seen.epi[0][0]) == pytest.approx(OUTER, abs=0.05)


def test_inside_the_outermost_pixels_the_outer_border_is_a_little_smaller():
    assert 0.15 < OUTER - radius(ring(inside=True).epi[0][0]) < 0.45


@pytest.mark.parametrize("how", [{}, {"inside": True}, {"logit_margin": 0.7}])
def test_labels_have_the_area_of_the_contours(how):
    """So that masks that are copied out of their results give the numbers of these."""
    seen = ring(**how)
    labels = seen.mask.labels[0, 0]
    inner, outer = (np.pi * radius(c) ** 2 for c in (seen.endo[0][0], seen.epi[0][0]))
    assert (labels == 1).sum() == pytest.approx(inner, abs=1.0)
    assert (labels > 0).sum() == pytest.approx(outer, abs=1.0)


@pytest.mark.parametrize("how", [{}, {"inside": True}, {"logit_margin": 0.7}])
def test_another_piece_is_not_drawn(how):
    labels = ring(**how).mask.labels
    assert labels[0, 0].any()
    assert not labels[..., 72:, 72:].any()


def test_a_surer_wall_is_thinner_by_the_same_at_both_borders():
    inner, outer = drawn(ring(logit_margin=1.0))
    assert inner - INNER == pytest.approx(SOFT, abs=0.08)
    assert OUTER - outer == pytest.approx(SOFT, abs=0.08)


def stack(seen_at_base, radii=(14.0, 14.0), spread=1.0):
    """Three slices, two frames (ED, ES of these radii); a share of the members sees the slice at one end."""
    rows, columns = np.indices((SIZE, SIZE), dtype=np.float64)
    r = np.hypot(rows - MIDDLE, columns - MIDDLE)
    likelihood = np.zeros((3, 2, 4, SIZE, SIZE), np.float32)
    for z, t in np.ndindex(3, 2):
        share = seen_at_base if z == 0 else spread
        cavity, whole = share * at_least(radii[t] - r), share * at_least(radii[t] + 8.0 - r)
        likelihood[z, t, 1], likelihood[z, t, 2], likelihood[z, t, 0] = cavity, whole - cavity, 1 - whole
    window = Window(((SIZE - 1) / 2.0, (SIZE - 1) / 2.0), (SIZE, SIZE), (1.0, 1.0))
    blank = np.zeros((3, 2, SIZE, SIZE), np.float32)
    return Prediction(window, Orientation(), (SIZE, SIZE), 1.4, False, likelihood, blank, whole=True)


def cavities(prediction):
    return (assemble(prediction).mask.labels == 1).sum((2, 3))


def test_a_base_that_half_of_the_members_see_is_ventricle_with_the_border_that_they_see():
    """Those that see nothing there have no say in where the border lies."""
    found = cavities(stack(0.48))
    assert found[0] == pytest.approx(found[1], rel=0.05)


def test_what_few_members_see_is_left_out():
    assert not cavities(stack(0.3))[0].any() and cavities(stack(0.3))[1:].all()


def test_at_es_the_base_has_come_down_and_half_seen_is_not_enough():
    found = cavities(stack(0.48, radii=(20.0, 12.0)))
    assert found[0, 0] > 0 and found[0, 1] == 0 and found[1:].all()
