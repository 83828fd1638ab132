"""The LV found by what beats and what is round."""

import numpy as np
import pytest

from lvcine.localise import find_by_motion
from lvcine.localise.motion import beat
from lvcine.phantom.study import virtual_study

SPACING = (1.5, 1.5)


def ring(frames: int = 12, centre: tuple[float, float] = (70.0, 90.0), stretch: float = 1.0) -> np.ndarray:
    """A beating ring, bright blood in a dark wall, in grey tissue with a still bright border of fat."""
    y, x = np.indices((160, 160), float)
    radius = np.hypot((y - centre[0]) * stretch, x - centre[1]) * 1.5
    pictures = []
    for t in range(frames):
        squeeze = (1 - np.cos(2 * np.pi * t / frames)) / 2
        endo = 24.0 - 8.0 * squeeze
        epi = np.sqrt(endo**2 + 34.0**2 - 24.0**2)
        picture = np.where(radius < endo, 1.0, np.where(radius < epi, 0.25, 0.5))
        picture[np.hypot(y - 80, x - 80) > 75] = 3.0
        pictures.append(picture)
    noise = np.random.default_rng(2).normal(0, 0.03, (3, frames, 160, 160))
    return (np.stack([np.stack(pictures)] * 3) + noise).astype(np.float32)


def away(stack: np.ndarray, centre: tuple[float, float], spacing: tuple[float, float] = SPACING) -> float:
    place = find_by_motion(stack, spacing)
    assert place is not None
    return float(
        np.hypot((place.centre[0] - centre[0]) * spacing[0], (place.centre[1] - centre[1]) * spacing[1])
    )


@pytest.mark.parametrize("frames", [2, 3, 12, 25])
def test_a_beating_ring_is_found_to_millimetres(frames):
    assert away(ring(frames), (70, 90)) < 5


def test_bright_still_fat_does_not_matter():
    stack = ring()
    stack[:, :, :, :12] = 20.0
    assert away(stack, (70, 90)) < 5


def test_turning_and_flipping_the_picture_turns_the_place():
    stack = ring()
    assert away(np.rot90(stack, 1, (2, 3)), (159 - 90, 70)) < 5
    assert away(stack[:, :, ::-1], (159 - 70, 90)) < 5


def test_pixels_need_not_be_square():
    stack = ring(stretch=2.0)  # rows of 3 mm
    assert away(stack, (70, 90), (3.0, 1.5)) < 6


def test_scale_of_the_grey_values_does_not_matter():
    one, other = find_by_motion(ring(), SPACING), find_by_motion(ring() * 700.0, SPACING)
    assert one is not None and other is not None and one.centre == other.centre


def test_where_nothing_beats_there_is_no_place():
    still = np.repeat(ring()[:, :1], 6, 1)
    assert find_by_motion(still, SPACING) is None
    assert find_by_motion(ring()[:, :1], SPACING) is None
    assert find_by_motion(np.zeros((2, 4, 32, 32)), SPACING) is None


def test_beat_is_the_amplitude_of_the_first_harmonic_and_of_no_other():
    time = 2 * np.pi * np.arange(10) / 10
    once, twice = 7 + 2 * np.cos(time + 1.1), 7 + 2 * np.cos(2 * time)
    stack = np.stack([once, twice], -1).reshape(1, 10, 1, 2)
    np.testing.assert_allclose(beat(stack)[0, 0], [2, 0], atol=1e-5)


def test_virtual_hearts_are_found_in_most_studies():
    # Truth: the middle of the exact labels. Of 120 hearts of the pool 115 lay within 20 mm.
    off = []
    for seed in range(2_000_500, 2_000_508):
        cine, truth = virtual_study(seed, frames=3, size=112, spacing_mm=2.0, step_mm=20.0)
        ys, xs = np.nonzero((truth.labels > 0).any((0, 1)))
        off.append(away(cine.pixels, (float(ys.mean()), float(xs.mean())), (2.0, 2.0)))
    assert np.median(off) < 8 and np.mean(np.array(off) < 20) >= 0.75


def test_a_picture_smaller_than_any_ring_is_not_searched():
    tiny = np.random.default_rng(0).random((1, 2, 1000, 1000)).astype(np.float32)
    assert find_by_motion(tiny, (0.03, 0.03)) is None
