"""A scan in, the wall out: passes over the cycle, the window that fits, the margin of a pixel."""

from dataclasses import replace

import numpy as np
import pytest

from lvcine.errors import NotACineError
from lvcine.localise import Orientation, Window
from lvcine.localise.assemble import Prediction
from lvcine.phantom.velocity import virtual_velocity
from lvcine.systems.velocity import infer
from lvcine.systems.velocity.infer import passes, segment_velocity
from lvcine.systems.velocity.recipe import EAR, NEAR


def test_passes_hold_every_frame_once():
    for frames in (2, 11, 18, 25, 50, 90):
        assert sorted(sum(passes(frames), [])) == list(range(frames))


def test_windows_are_those_of_the_recipes():
    assert (infer.REACH, infer.SIZE, infer.AT_ONCE) == (NEAR.reach, NEAR.size, NEAR.frames)
    assert (infer.FOUND_MM, infer.FOUND_SIZE) == (EAR.spacing_mm, EAR.size)


def test_the_window_fits_the_heart_that_was_found():
    size, frames = 64, 3
    rows, columns = np.indices((size, size))
    r = np.hypot(rows - 30.0, columns - 36.0)
    likelihood = np.zeros((2, frames, 4, size, size), np.float32)
    likelihood[:, :, 1], likelihood[:, :, 2] = r < 10, (r >= 10) & (r < 16)
    likelihood[1, :, 2] = (r >= 10) & (r < 12)  # the widest slice counts
    first = Window((100.0, 80.0), (size, size), (2.0, 1.0))
    prediction = Prediction(
        first, Orientation(False, False, False, False), (200, 200), 1.4, True, likelihood, None
    )
    window = infer._fitting(prediction)
    assert window.centre == pytest.approx((100 + 2 * (30 - 31.5), 80 + 36 - 31.5), abs=0.2)
    assert window.step == pytest.approx((2 * 2 * 1.35 * 16 / 80, 2 * 1.35 * 16 / 80), rel=0.02)
    assert not infer._misfit(window, window)
    assert infer._misfit(window, replace(window, step=(window.step[0] * 1.4, window.step[1] * 1.4)))
    aside = window.centre[0], window.centre[1] + 0.3 * 16
    assert infer._misfit(window, replace(window, centre=aside))
    nothing = infer._fitting(replace(prediction, likelihood=0 * likelihood))
    assert nothing.step[1] == pytest.approx(2 * infer.REACH * infer.RADIUS_MM / 1.4 / 80)


def test_a_pixel_that_may_be_wall_or_not_is_left_out(monkeypatch):
    study, _ = virtual_velocity(3, slices=1, frames=4, size=64, spacing_mm=2.5, kind="normal")
    walls = {}
    for logit_margin in (0.0, infer.LOGIT_MARGIN):
        monkeypatch.setattr(infer, "LOGIT_MARGIN", logit_margin)
        walls[logit_margin] = segment_velocity(study.cine).segmentation.mask.labels == 2
    even, surer = walls.values()
    true = study.labels == 2
    assert infer.LOGIT_MARGIN > 0
    assert not (surer & ~even).any() and surer.sum() < 0.98 * even.sum()
    assert (surer & true).sum() / surer.sum() > (even & true).sum() / even.sum()


def test_a_cine_without_velocities_is_refused():
    study, _ = virtual_velocity(3, slices=1, frames=8, size=32, spacing_mm=5.0)
    with pytest.raises(NotACineError):
        segment_velocity(replace(study.cine, velocity=None))
