"""What the user says replaces what the file says, and is always said."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import UsageError
from lvcine.read.options import ReadOptions
from lvcine.read.user_facts import (
    NO_SLICE_STEP,
    NO_SPACING,
    NO_TIMES,
    with_reversed_channels,
    with_user_facts,
)
from lvcine.study import Cine, Geometry, Velocity, View


def cine(slices: int = 3, findings=(), calibrated: bool = True, **known) -> Cine:
    geometry = Geometry.stack(slices, (1.5, 1.25), 8.0, calibrated=calibrated)
    return Cine(np.zeros((slices, 4, 6, 5), np.uint8), geometry, findings=tuple(findings), **known)


def codes(c: Cine) -> list[str]:
    return [f.code for f in c.findings]


def test_nothing_said_changes_nothing() -> None:
    before = cine(findings=[NO_TIMES])
    assert with_user_facts(before, ReadOptions()) is before


def test_spacing_scales_the_pixel_and_nothing_else() -> None:
    told = with_user_facts(cine(), ReadOptions(spacing_mm=(2.0, 3.0)))
    assert told.geometry.pixel_spacing_mm == pytest.approx((2.0, 3.0))
    assert told.geometry.slice_step_mm == 8.0
    assert "2 x 3 mm" in told.findings[0].text


def test_volumes_need_both_the_pixel_and_the_slice_distance() -> None:
    bare = cine(findings=[NO_SPACING, NO_SLICE_STEP], calibrated=False)
    half = with_user_facts(bare, ReadOptions(spacing_mm=(1.0, 1.0)))
    assert not half.geometry.calibrated and codes(half) == ["no-slice-step", "given-by-user"]
    whole = with_user_facts(bare, ReadOptions(spacing_mm=(1.0, 1.0), slice_step_mm=10.0))
    assert whole.geometry.calibrated and codes(whole) == ["given-by-user"] * 2


def test_slices_keep_their_direction_when_respaced() -> None:
    stack = cine()
    backwards = Cine(stack.pixels, stack.geometry.take([2, 1, 0]))
    told = with_user_facts(backwards, ReadOptions(slice_step_mm=10.0))
    assert np.diff(backwards.geometry.origins_mm[:, 2]).tolist() == [-8.0, -8.0]
    assert np.diff(told.geometry.origins_mm[:, 2]) == pytest.approx([-10.0, -10.0])


def test_the_step_of_a_single_slice_is_its_thickness() -> None:
    told = with_user_facts(cine(1), ReadOptions(slice_step_mm=7.0))
    assert told.geometry.slice_step_mm == 7.0


def test_frame_time_gives_the_cycle_of_a_gated_cine_only() -> None:
    gated = with_user_facts(cine(findings=[NO_TIMES]), ReadOptions(frame_ms=40.0))
    assert gated.times_ms is not None and gated.times_ms[2].tolist() == [0.0, 40.0, 80.0, 120.0]
    assert gated.cycle_ms is not None and gated.cycle_ms.tolist() == [160.0] * 3
    assert "no-frame-times" not in codes(gated)
    free = with_user_facts(cine(), ReadOptions(frame_ms=40.0, gated=False))
    assert not free.gated and free.cycle_ms is None and free.times_ms is not None


def test_two_phases_have_no_clock_whatever_the_user_says() -> None:
    assert with_user_facts(cine(phases_only=True), ReadOptions(frame_ms=40.0)).times_ms is None


def test_the_view_is_taken() -> None:
    assert with_user_facts(cine(), ReadOptions(view=View.CH4)).view is View.CH4


def test_channels_that_are_told_to_be_reversed_are_turned():
    velocity = Velocity(np.ones((3, 1, 2, 4, 4), np.float32), (20.0, 20.0, 30.0), np.eye(3))
    one = Cine(np.zeros((1, 2, 4, 4)), Geometry.stack(1, (1.0, 1.0), 8.0), velocity=velocity)
    told = with_reversed_channels(one, ReadOptions(reversed_channels="1,3"))
    assert told.velocity.directions.diagonal().tolist() == [-1, 1, -1]
    assert told.findings[-1].code == "given-by-user" and "1, 3" in told.findings[-1].text
    assert with_reversed_channels(one, ReadOptions()) is one
    with pytest.raises(UsageError):
        ReadOptions(reversed_channels="4")
