"""What is done to likelihoods over the cycle."""

import numpy as np
import pytest

from lvcine.localise.postprocess import HARMONICS, bridged, steady

FRAMES, SIZE = 20, 48
Y, X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2


def disc(radius: float) -> np.ndarray:
    """Likelihoods (4, Y, X) of a cavity with a wall of 5 pixels, soft at the borders."""
    r = np.hypot(Y, X)
    cavity, lv = (1 / (1 + np.exp(2 * (r - a))) for a in (radius, radius + 5))
    return np.stack([1 - lv, cavity, lv - cavity, 0 * r]).astype(np.float32)


def radii(frames: int = FRAMES) -> np.ndarray:
    return 10 + 3 * np.cos(2 * np.pi * np.arange(frames) / frames)


def cycle(frames: int = FRAMES) -> np.ndarray:
    return np.stack([disc(r) for r in radii(frames)])[None]


def area(likelihood: np.ndarray) -> np.ndarray:
    return (likelihood[0, :, 1] > 0.5).sum((1, 2))


@pytest.mark.parametrize("lost", [0, 7, 19])
def test_a_frame_lost_between_two_that_agree_is_drawn_as_they_are(lost):
    beat = cycle()
    broken = beat.copy()
    broken[0, lost] = disc(2.0)
    mended, places = bridged(broken)
    assert places == ((0, lost),)
    assert area(mended)[lost] == pytest.approx(area(beat)[lost], rel=0.1)
    others = np.arange(FRAMES) != lost
    np.testing.assert_array_equal(mended[:, others], broken[:, others])


def test_a_beat_is_left_as_it_is_and_so_is_a_slice_that_the_base_leaves():
    assert bridged(cycle())[1] == ()
    leaving = cycle()
    leaving[0, 6:14] = disc(-20.0)
    assert bridged(leaving)[1] == ()
    few = cycle(6)
    few[0, 2] = disc(2.0)
    assert bridged(few)[1] == ()


def test_what_beats_faster_than_a_heart_is_taken_out_and_the_beat_stays():
    rng = np.random.default_rng(0)
    noisy = np.stack([disc(r + rng.normal(0, 0.5)) for r in radii(30)])[None]

    def jitter(likelihood: np.ndarray) -> float:
        a = likelihood[0, :, 1].sum((1, 2))
        return float(np.sqrt(((np.roll(a, 1) - 2 * a + np.roll(a, -1)) ** 2).mean()))

    calm = steady(noisy)
    assert jitter(calm) < 0.5 * jitter(noisy)
    ends = [area(cycle(30))[t] for t in (0, 15)]
    assert [area(calm)[t] for t in (0, 15)] == pytest.approx(ends, rel=0.12)
    assert calm.min() >= 0 and calm.max() <= 1


def test_it_does_not_matter_how_the_likelihoods_lie_in_memory():
    beat = cycle(30)
    turned = np.ascontiguousarray(beat.swapaxes(-1, -2)).swapaxes(-1, -2)
    assert turned.strides != beat.strides
    np.testing.assert_array_equal(steady(turned), steady(beat))


def test_a_cycle_of_few_frames_has_nothing_to_take_out():
    few = cycle(2 * HARMONICS)
    assert steady(few) is few
