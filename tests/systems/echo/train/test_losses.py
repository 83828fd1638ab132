"""The losses on discs whose overlap is known."""

import pytest
import torch

from lvcine.systems.echo.recipe import Loss
from lvcine.systems.echo.train.losses import (
    area_loss,
    dice_loss,
    overlap,
    segmentation_loss,
    temporal_loss,
)


def discs(radii: list[float], size: int = 64) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    r = torch.hypot(y - size / 2, x - size / 2)
    return torch.stack([(r < radius).long() for radius in radii])[None]


def certain(labels: torch.Tensor, classes: int = 2) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, classes).permute(0, 1, 4, 2, 3).float()


def test_overlap_of_concentric_discs_follows_from_their_areas():
    small, large = certain(discs([10, 20]))[0, :, 1]
    assert float(overlap(small, large)) == pytest.approx(2 * 100 / (100 + 400), abs=0.01)


def test_a_frame_without_labels_does_not_count():
    labels = discs([10, 10])
    p = certain(labels)
    p[0, 1] = 0.5
    labels[0, 1] = -1
    assert float(dice_loss(p, labels)) == pytest.approx(0, abs=1e-6)


def test_steady_costs_nothing_and_flicker_costs():
    still, moving, flicker = (certain(discs(r)) for r in ([12] * 4, [12, 12.2, 12.4, 12.6], [12, 18, 12, 18]))
    assert float(temporal_loss(still, 0.01)) == 0
    assert float(temporal_loss(flicker, 0.01)) > 5 * float(temporal_loss(moving, 0.01))


def test_changes_within_the_tolerance_are_free():
    a = certain(discs([20, 20]))
    a[0, 1, 1, 32, 32] = 0.9  # one pixel of 1257 a little less certain
    assert float(temporal_loss(a, 0.01)) == 0 < float(temporal_loss(a, 0.0))


def test_right_is_cheaper_than_wrong_and_gradients_flow():
    labels = discs([10, 12, 14])
    logits = (certain(labels) * 8 - 4).requires_grad_()
    good = segmentation_loss(logits, labels, Loss(area=0.2))
    good.backward()
    assert torch.isfinite(logits.grad).all()
    assert float(good) < 0.3 * float(segmentation_loss(-logits, labels, Loss(area=0.2)))


def test_what_the_labels_change_is_free_where_they_are_known():
    labels = discs([20, 14, 20])
    beating = certain(labels)
    assert float(temporal_loss(beating, 0.01)) > 0.3
    assert float(temporal_loss(beating, 0.01, labels)) == 0
    unknown = labels.clone()
    unknown[0, 1] = -1  # what is not labelled excuses nothing
    assert float(temporal_loss(beating, 0.01, unknown)) == float(temporal_loss(beating, 0.01))


def test_an_area_is_off_by_the_log_of_its_ratio_whichever_way():
    labels = discs([20, 20, 20])
    ratio = torch.tensor([1.0, 2.0, 0.5])
    for k, of in enumerate(ratio):
        radius = 20 * float(of) ** 0.5
        off = float(area_loss(certain(discs([radius])), labels[:, :1]))
        assert off == pytest.approx(abs(float(of.log())), abs=0.05), k


def test_areas_of_unlabelled_frames_and_of_no_ventricle_do_not_count():
    labels = discs([20, 20, 0])
    labels[0, 1] = -1
    assert float(area_loss(certain(discs([20, 5, 30])), labels)) == pytest.approx(0, abs=1e-6)
