"""One code for one heart and many."""

from dataclasses import dataclass

import numpy as np
import pytest

from lvcine.phantom.anatomy import draw_anatomy, layers
from lvcine.phantom.arrays import smoothstep, smoothstep_slope, soft, together
from lvcine.phantom.beat import Beat
from lvcine.phantom.population import draw_heart

GRID = np.meshgrid(np.linspace(-50, 50, 9), np.linspace(-50, 50, 9), np.linspace(-40, 110, 9))


def anatomies(count=3):
    rngs = [np.random.default_rng(s) for s in range(count)]
    return [draw_anatomy(draw_heart(r), r) for r in rngs]


def test_a_batch_of_hearts_is_each_heart_by_itself():
    alone = anatomies()
    many = together(alone, np.zeros(1), axes=3)
    states = [a.heart.beat.at(0.3) for a in alone]
    batch, _ = layers(many, *(g[None] for g in GRID), together(states, np.zeros(1), axes=3))
    for i, one in enumerate(alone):
        single, _ = layers(one, *GRID, states[i])
        for a, b in zip(batch, single, strict=True):
            assert a.tissue == b.tissue
            assert np.abs(a.depth[i] - b.depth).max() < 1e-9


def test_together_keeps_the_floating_type_and_the_axes():
    column = together([Beat(0.3), Beat(0.4)], np.zeros(1, np.float32), axes=2)
    assert column.systole.shape == (2, 1, 1) and column.systole.dtype == np.float32


def test_together_refuses_what_is_no_number():
    @dataclass(frozen=True)
    class Named:
        name: str

    with pytest.raises(ValueError, match="str"):
        together([Named("a"), Named("b")], np.zeros(1), axes=1)
    with pytest.raises(ValueError):
        together([(1.0, 2.0), (1.0,)], np.zeros(1), axes=1)


def test_smoothstep_rises_from_0_to_1_with_its_slope():
    x = np.linspace(-0.5, 1.5, 401)
    assert (np.diff(smoothstep(x)) >= 0).all() and smoothstep(x)[[0, -1]].tolist() == [0.0, 1.0]
    assert np.gradient(smoothstep(x), x)[5:-5] == pytest.approx(smoothstep_slope(x)[5:-5], abs=0.02)


def test_soft_is_half_on_the_edge():
    assert soft(np.array([-2.0, 0.0, 0.25, 2.0]), 1.0).tolist() == [0.0, 0.5, 0.75, 1.0]
