"""The numbers of TempReg-Net, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

WARM_UP = 16
"""Frames of a closed cycle that go round before the round that counts: any may then be the first."""


@dataclass(frozen=True)
class Layer:
    """A convolution with ReLU, and the pooling after it (3x3, stride 2)."""

    filters: int
    kernel: int
    stride: int = 1
    pool: bool = False


@dataclass(frozen=True)
class Recipe:
    """How the net is built, fed and trained.

    Attributes
    ----------
    layers : of the encoder. Printed: that of Zeiler and Fergus (arXiv:1311.2901).
    features : of a frame; printed (1024).
    hidden : units of the LSTM; not printed. Ours: a quarter of the features. 0: none, each frame alone.
    both_ways : a second LSTM runs backwards. Printed: forwards alone.
    normed : batch norm after each convolution; printed: none.
    deviation : the frame's deviation from the clip's mean as a second channel, and how its two neighbours
        differ as a third; ours: what moves, and which way.
    size : rows and columns; not printed.
    alpha, beta : weights of the weights' decay and of the temporal structured loss; not printed. Ours.
    learning_rate, steps, clips, frames : of the training.
    """

    layers: tuple[Layer, ...]
    features: int
    hidden: int
    both_ways: bool
    normed: bool
    deviation: bool
    size: int
    alpha: float = 1e-4
    beta: float = 1.0
    learning_rate: float = 1e-3
    steps: int = 4000
    clips: int = 6
    frames: int = 20


PAPER = Recipe(
    layers=(
        Layer(96, 7, 2, pool=True), Layer(256, 5, 2, pool=True), Layer(384, 3), Layer(384, 3),
        Layer(256, 3, pool=True),
    ),
    features=1024, hidden=256, both_ways=False, normed=False, deviation=False, size=224, learning_rate=1e-4,
)  # fmt: skip
"""The encoder and the recurrence as printed."""
LIGHT = Recipe(
    layers=(Layer(24, 5, 2), Layer(48, 3, 2), Layer(80, 3, 2), Layer(112, 3, 2), Layer(128, 3, 2)),
    features=128, hidden=112, both_ways=True, normed=True, deviation=True, size=128,
)  # fmt: skip
"""Ours: for two cores. The printed encoder was not trained beside it."""
TINY = replace(
    LIGHT, layers=(Layer(8, 3, 2), Layer(8, 3, 2)), features=16, hidden=16, size=24, steps=150, clips=4,
    frames=10, learning_rate=5e-3,
)  # fmt: skip
RECIPES = {"paper": PAPER, "light": LIGHT, "tiny": TINY}
