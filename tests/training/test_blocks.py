"""Layers that several nets share."""

import torch

from lvcine.training.blocks import ConvBlock, HalfInstanceNorm


def test_half_of_the_channels_forget_a_pictures_contrast_and_half_keep_it():
    torch.manual_seed(0)
    norm = HalfInstanceNorm(6).eval()
    x = torch.randn(2, 6, 16, 16)
    dimmed = x.clone()
    dimmed[1] = 0.4 * dimmed[1] + 3.0
    same, other = norm(x), norm(dimmed)
    assert torch.allclose(same[0], other[0])
    assert torch.allclose(same[1, :3], other[1, :3], atol=1e-3)
    assert (same[1, 3:] - other[1, 3:]).abs().min() > 0.0
    assert (same[1, 3:] - other[1, 3:]).abs().mean() > 1.0


def test_only_the_first_norm_of_a_block_is_halved():
    kinds = [type(layer).__name__ for layer in ConvBlock(3, 8, instance=True)]
    assert kinds == ["Conv2d", "HalfInstanceNorm", "ReLU", "Conv2d", "BatchNorm2d", "ReLU"]
    assert "HalfInstanceNorm" not in [type(layer).__name__ for layer in ConvBlock(3, 8)]
    assert ConvBlock(3, 8, instance=True)(torch.zeros(2, 3, 8, 8)).shape == (2, 8, 8, 8)
