"""Words about directions become axes of the picture, each with the sign of its name."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from lvcine.read.dicom.velocity_directions import assumed, in_patient
from lvcine.read.dicom.venc import Direction, Frame

OBLIQUE = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
TILT = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


def named(*vector):
    return Direction(Frame.NAMED, vector)


AXES = [named(1.0, 0.0, 0.0), named(0.0, 1.0, 0.0), named(0.0, 0.0, 1.0)]


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("signs", [*product((1.0, -1.0), repeat=3)])
def test_each_name_takes_the_axis_it_is_nearest_to_with_its_sign(order, signs):
    picture = np.array([TILT[axis] * sign for axis, sign in zip(order, signs, strict=True)])
    directions, least = in_patient(AXES, picture)
    assert np.allclose(directions, TILT) and least == pytest.approx(0.8)


def test_no_axis_is_given_to_two_names():
    """Where two names are nearest to one axis, as in a third of all planes, one of them takes another."""
    turns = (np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0] for seed in range(40))
    crowded = [turn for turn in turns if len(set(np.abs(turn).argmax(axis=0).tolist())) < 3]
    assert len(crowded) > 4
    for picture in crowded:
        directions, _ = in_patient(AXES, picture)
        assert abs(np.linalg.det(directions)) == pytest.approx(1.0)
        assert (np.einsum("ij,ij->i", directions, np.eye(3)) > 0).all()  # positive along the names


def test_through_plane_keeps_the_normal_from_the_names():
    through = Direction(Frame.PICTURE, (0.0, 0.0, 1.0))
    picture = np.array([[0.0, 1.0, 0.0], [0.6, 0.0, -0.8], [-0.8, 0.0, -0.6]])
    directions, least = in_patient((AXES[0], through, AXES[1]), picture)
    assert np.allclose(directions, [picture[1], picture[2], picture[0]]) and least == pytest.approx(0.6)
    outwards = Direction(Frame.PICTURE, (0.0, 0.0, -1.0))
    assert np.allclose(in_patient((AXES[0], outwards, AXES[1]), picture)[0][1], -picture[2])


def test_vectors_are_taken_as_they_are_and_need_no_finding():
    vectors = [Direction.in_patient(tuple(3.0 * row)) for row in OBLIQUE]
    directions, least = in_patient(vectors, TILT)
    assert np.allclose(directions, OBLIQUE, atol=1e-4) and least == 1.0
    assert not assumed(vectors, least)


def test_a_name_far_from_its_axis_is_a_warning():
    (fair,), (far,) = assumed(AXES, 0.6), assumed(AXES, 0.1)
    assert (fair.severity, far.severity) == ("info", "warning") and "84 degrees" in far.text
