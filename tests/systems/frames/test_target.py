"""The target curve closes, and the loss asks for its order alone."""

import numpy as np
import pytest
import torch

from lvcine.systems.frames.target import target_curve, target_of_clip
from lvcine.systems.frames.train.losses import regression_loss, temporal_structured_loss


@pytest.mark.parametrize(("frames", "ed", "es"), [(20, 0, 8), (25, 22, 7), (12, 5, 3), (30, 10, 25)])
def test_one_at_ed_nothing_at_es_and_in_order_between(frames, ed, es):
    curve = target_curve(frames, ed, es)
    assert curve.argmax() == ed and curve[ed] == 1 and curve.argmin() == es and curve[es] == 0
    systole = (es - ed) % frames
    round_ = np.roll(curve, -ed)
    assert (np.diff(round_[: systole + 1]) < 0).all() and (
        np.diff(np.append(round_[systole:], 1.0)) > 0
    ).all()
    assert curve.min() >= 0 and curve.max() <= 1


def test_the_printed_values():
    # Systole of 4 frames, diastole of 6: (1 - 1/4)^3 one frame after ED, (1/6)^(1/3) one after ES.
    curve = target_curve(10, 2, 6)
    assert curve[3] == pytest.approx(0.75**3) and curve[7] == pytest.approx((1 / 6) ** (1 / 3))


def test_starting_elsewhere_in_the_cycle_shifts_it():
    np.testing.assert_allclose(np.roll(target_curve(20, 3, 11), 5), target_curve(20, 8, 16))


def test_between_frames_ed_is_where_both_neighbours_are_high():
    curve = target_curve(20, 4.5, 12)
    assert curve[5] == pytest.approx((1 - 0.5 / 7.5) ** 3) and curve[4] == pytest.approx(np.cbrt(12 / 12.5))


def test_a_clip_has_its_beats_and_nothing_beyond_them():
    times = np.arange(50) * 20.0
    curve = target_of_clip(times, np.array([100.0, 700.0]), np.array([400.0, 960.0]))
    assert np.isnan(curve[:5]).all() and np.isnan(curve[49:]).all() and np.isfinite(curve[5:49]).all()
    assert curve[5] == 1 and curve[20] == 0 and curve[35] == 1 and curve[48] == 0
    assert curve[10] == pytest.approx((1 - 100 / 300) ** 3)


def tensors(found):
    target = torch.from_numpy(target_curve(20, 0, 8)).float()[None]
    return torch.as_tensor(found, dtype=torch.float32)[None], target, torch.ones(1, 20, dtype=torch.bool)


def test_whatever_keeps_the_order_costs_nothing():
    curve = target_curve(20, 0, 8)
    assert float(temporal_structured_loss(*tensors(0.3 + 0.1 * curve**2), closed=True)) == 0
    assert float(regression_loss(*tensors(curve))) == 0 < float(regression_loss(*tensors(curve + 0.1)))


def test_one_step_back_costs_its_height():
    curve = target_curve(20, 0, 8)
    curve[4] = curve[3] + 0.2  # rises by 0.2 in systole; the frame after falls all the more
    assert float(temporal_structured_loss(*tensors(curve), closed=True)) == pytest.approx(
        0.5 * 0.2 / 20, rel=1e-4
    )


def test_the_pair_that_closes_the_cycle_counts_only_there():
    curve = target_curve(20, 0, 8)
    curve[19] = 1.4  # before ED the curve must still rise to frame 0
    closed, open_ = (float(temporal_structured_loss(*tensors(curve), closed=c)) for c in (True, False))
    assert closed == pytest.approx(0.5 * 0.4 / 20, rel=1e-4) and open_ == 0


def test_frames_without_a_target_do_not_count():
    found, target, known = tensors(np.random.default_rng(0).random(20))
    known[:, 3:] = False
    found.requires_grad_()
    (
        regression_loss(found, target, known) + temporal_structured_loss(found, target, known, closed=True)
    ).backward()
    assert (found.grad[:, 3:] == 0).all() and (found.grad[:, :3] != 0).any()
