"""One heart beat, in order, in all slices together: seen in the pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.phantom import virtual_study
from lvcine.pipeline.frames import frames
from lvcine.pipeline.quantify import quantify
from lvcine.quality.beating import how_it_beats, require_one_beat
from lvcine.study import Geometry, Study

FRAMES = 12


@pytest.fixture(scope="module")
def gated():
    return virtual_study(6, frames=FRAMES, size=56, spacing_mm=3.4, step_mm=13.0)[0]


def of(cine, pixels):
    """The cine with other pixels, and a grid that fits them."""
    return replace(cine, pixels=pixels, times_ms=None, cycle_ms=None)


def started_anywhere(pixels, seed=0):
    starts = np.random.default_rng(seed).permutation(pixels.shape[1])[: len(pixels)]
    return np.stack([np.roll(frames, start, axis=0) for frames, start in zip(pixels, starts, strict=True)])


def test_a_gated_stack_is_one_beat(gated):
    beating = how_it_beats(gated.pixels)
    assert beating.together > 0.75 and beating.roughness < 0.3 and not beating.out_of_step
    assert require_one_beat(gated) == ()


@pytest.mark.parametrize("seed", range(2))
def test_slices_that_begin_anywhere_are_not_measured(gated, seed):
    with pytest.raises(MeasureError, match="do not beat together"):
        require_one_beat(of(gated, started_anywhere(gated.pixels, seed)))


@pytest.mark.parametrize("beats", [1.5, 2.0])
def test_more_than_a_beat_is_not_measured(gated, beats):
    at = np.floor(np.arange(0, beats, 1 / FRAMES) * FRAMES).astype(int) % FRAMES
    with pytest.raises(MeasureError, match="more than one heart beat"):
        require_one_beat(of(gated, gated.pixels[:, at]))


@pytest.mark.parametrize("every", [True, False])
def test_frames_in_a_wrong_order_are_not_measured(gated, every):
    """All slices in one wrong order, or each in its own."""
    rng = np.random.default_rng(1)
    one = [(5 * t) % FRAMES for t in range(FRAMES)]
    orders = [one if every else rng.permutation(FRAMES) for _ in gated.pixels]
    pixels = np.stack([frames[order] for frames, order in zip(gated.pixels, orders, strict=True)])
    with pytest.raises(MeasureError, match="no order"):
        require_one_beat(of(gated, pixels))


@pytest.fixture(scope="module")
def fine():
    return virtual_study(6, frames=20, size=56, spacing_mm=3.4, step_mm=13.0)[0]


def test_frames_sorted_as_text_are_not_measured(fine):
    """As ``sorted(glob("*.png"))`` gives them."""
    assert not how_it_beats(fine.pixels).sorted_as_text
    order = np.array(sorted(range(1, 21), key=str)) - 1
    pixels = of(fine, fine.pixels[:, order])
    with pytest.raises(MeasureError, match=r"numbers as text \(1, 10, 11"):
        require_one_beat(pixels)
    (doubt,) = require_one_beat(pixels, stated=True)
    assert doubt.code == "not-one-beat" and "as text" in doubt.text


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("taken", [slice(0, 12, 5), slice(None)])
def test_slices_sorted_as_text_are_not_measured(gated, first, taken):
    """As ``sorted(glob("slice*.nii"))`` stacks them; a stack of few phases too."""
    cine = of(gated, gated.pixels[:, taken])
    assert cine.slices > 10 and require_one_beat(cine) == ()
    order = np.array(sorted(range(first, first + cine.slices), key=str)) - first
    for pixels in (cine.pixels, cine.pixels[::-1]):  # from apex to base, or the reverse
        with pytest.raises(MeasureError, match="slices are sorted by their numbers as text"):
            require_one_beat(of(gated, pixels[order]))


def test_exchanged_axes_are_not_measured(gated):
    pixels = gated.pixels.transpose(1, 0, 2, 3)
    pixels = np.concatenate([pixels, pixels[:, ::-1]], axis=1)  # frames enough to judge
    geometry = gated.geometry.take(np.arange(FRAMES) % gated.slices)
    with pytest.raises(MeasureError, match="seem to be frames"):
        require_one_beat(replace(of(gated.__class__(pixels, geometry), pixels), geometry=geometry))


def test_a_slice_half_a_cycle_apart_is_named(gated):
    pixels = gated.pixels.copy()
    middle = len(pixels) // 2
    pixels[middle] = np.roll(pixels[middle], FRAMES // 2, axis=0)
    try:
        (doubt,) = require_one_beat(of(gated, pixels))
    except MeasureError as refusal:
        assert "do not beat together" in refusal.found
    else:
        assert doubt.code == "slice-out-of-step" and f"slice {middle} " in doubt.text


def test_the_users_word_makes_a_doubt_of_a_refusal(gated):
    (doubt,) = require_one_beat(of(gated, started_anywhere(gated.pixels)), stated=True)
    assert doubt.code == "not-one-beat" and doubt.severity == "warning"


@pytest.mark.parametrize("command", [frames, quantify])
def test_no_command_takes_slices_that_begin_anywhere(gated, command):
    with pytest.raises(MeasureError, match="do not beat together"):
        command(Study((of(gated, started_anywhere(gated.pixels)),)))


def test_what_does_not_beat_is_not_judged(gated):
    noise = np.random.default_rng(0).normal(0, 40, gated.pixels.shape)
    assert require_one_beat(of(gated, gated.pixels[:, :1] + noise)) == ()


def test_two_stacks_woven_together_are_not_measured(gated):
    """Slices of two people in turn; each person's alone, in either direction, is a stack."""
    other = virtual_study(9, frames=FRAMES, size=56, spacing_mm=3.4, step_mm=13.0)[0].pixels
    count = min(len(gated.pixels), len(other))
    pixels = np.stack([(gated.pixels, other)[z % 2][z] for z in range(count)])
    geometry = Geometry.stack(count, (3.4, 3.4), 13.0)
    cine = replace(gated, pixels=pixels, geometry=geometry, times_ms=None, cycle_ms=None)
    with pytest.raises(MeasureError, match="woven together") as stop:
        require_one_beat(cine)
    assert stop.value.exit_code == 5
    assert [f.code for f in require_one_beat(cine, stated=True)] == ["not-one-beat"]
    assert require_one_beat(of(gated, gated.pixels[::-1])) == ()
