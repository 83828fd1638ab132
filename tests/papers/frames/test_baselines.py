"""Rivals on a bright disc that beats: they read the area, and the area's extremes are known."""

import numpy as np
import pytest

from lvcine.papers.frames.baselines import BASELINES, first_frame, graph_cut, level_set, motion
from lvcine.systems.frames.target import target_curve

pytest.importorskip("skimage")


def disc(ed: int, es: int, frames: int = 16, size: int = 96) -> np.ndarray:
    y, x = np.indices((size, size)) - (size - 1) / 2
    r = np.hypot(y, 1.1 * x)
    radii = size * (0.11 + 0.09 * target_curve(frames, ed, es))
    noise = np.random.default_rng(1).normal(0, 10, (frames, size, size))
    clip = [np.where(r < a, 200, np.where(r < a + 8, 50, 110)) for a in radii]
    return np.clip(np.stack(clip) + noise, 0, 255).astype(np.uint8)


def apart(a: int, b: int, frames: int = 16) -> int:
    return min((a - b) % frames, (b - a) % frames)


@pytest.mark.parametrize("find", [level_set, graph_cut, motion])
@pytest.mark.parametrize("ed, es", [(0, 6), (5, 11), (13, 2)])
def test_extremes_of_a_beating_disc(find, ed, es):
    found = find(disc(ed, es))
    # Near ES the target's cubic is flat: areas there differ by less than a pixel's noise.
    assert apart(found[0], ed) <= 1 and apart(found[1], es) <= 2


def test_frame_0_is_ed_whatever_the_cine_shows():
    assert first_frame(disc(0, 6))[0] == first_frame(disc(5, 11))[0] == 0
    assert apart(first_frame(disc(0, 6))[1], 6) <= 2


def test_a_clip_in_which_nothing_is_lit_ends_without_an_error():
    black = np.zeros((6, 64, 64), np.uint8)
    for find in BASELINES.values():
        assert all(0 <= k < 6 for k in find(black))
