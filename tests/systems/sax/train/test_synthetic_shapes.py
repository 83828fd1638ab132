"""Rings without anatomy: what makes a left ventricle is there, and the labels lie on it."""

import numpy as np
import pytest

from lvcine.systems.sax.train import synthetic_shapes as rings
from lvcine.systems.sax.train.synthetic_shapes import (
    FRAMES,
    Outline,
    cover,
    draw_squeeze,
    polar,
    shapes_study,
    towards,
)

STUDIES = [shapes_study(n) for n in range(4)]


@pytest.mark.parametrize("study", STUDIES, ids=lambda s: s.name)
def test_the_cavity_is_brighter_than_its_wall_and_lies_within_it(study):
    assert study.pixels.shape == study.labels.shape and study.pixels.shape[1] == FRAMES
    assert study.pixels.dtype == study.labels.dtype == np.uint8
    blood, wall = (np.median(study.pixels[study.labels == k]) for k in (1, 2))
    assert wall < 0.8 * blood and 80 < blood < 160
    for frame in study.labels.reshape(-1, *study.labels.shape[-2:]):
        inside = frame == 1
        beside = np.zeros_like(inside)
        beside[1:] |= inside[:-1]
        beside[:-1] |= inside[1:]
        assert set(np.unique(frame[beside])) <= {1, 2}


@pytest.mark.parametrize("study", STUDIES, ids=lambda s: s.name)
def test_the_first_frame_is_the_widest(study):
    areas = (study.labels == 1).sum((0, 2, 3))
    assert areas.argmax() == 0 and areas.min() < 0.95 * areas[0]


def test_the_same_number_gives_the_same_bytes_and_no_other_does():
    again, other = shapes_study(0), shapes_study(0, "choosing")
    assert again.pixels.tobytes() == STUDIES[0].pixels.tobytes() != other.pixels.tobytes()
    assert len({s.pixels.tobytes() for s in STUDIES}) == len(STUDIES)


def test_slices_beyond_the_ends_hold_no_ventricle():
    rng = np.random.default_rng(1)
    drawn = rings.draw_rings(rng)
    for place, there in ((-0.2, False), (0.3, True), (1.1, False)):
        labels = rings.draw_slice(rng, drawn, np.zeros(2), place)[1]
        assert bool(labels.any()) == there


def test_squeeze_starts_at_end_diastole_and_reaches_end_systole():
    for seed in range(20):
        squeeze = draw_squeeze(np.random.default_rng(seed))
        assert len(squeeze) == FRAMES and squeeze[0] == 0.0 and squeeze.max() == 1.0


def test_a_plain_outline_is_a_circle_and_polar_measures_millimetres():
    circle = Outline(np.zeros(4), np.zeros(4))
    assert np.allclose(circle.at(np.linspace(-3, 3, 7)), 1.0)
    middle = towards(np.zeros(2), np.pi / 2, 14.0)
    assert np.allclose(middle, [14.0, 0.0])
    _, far = polar(middle)
    row, column = np.unravel_index(far.argmin(), far.shape)
    assert abs((row - 67.5) * 1.4 - 14.0) <= 0.7 and abs(column - 67.5) <= 0.5
    assert cover(np.array([-9.0, 0.0, 9.0]), 2.0).tolist() == [0.0, 0.5, 1.0]
