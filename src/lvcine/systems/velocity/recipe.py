"""The numbers of the velocity net, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

CHANNELS = 4
"""Magnitude and three velocities; printed."""
LOSSES = ("cross-entropy", "dice", "dice-iou", "both")
"""The three printed, and the sum of the first and the last; ours."""


@dataclass(frozen=True)
class Recipe:
    """How a net is built and trained.

    Attributes
    ----------
    filters : per level, from full resolution down; not printed. Ours: few, for two cores.
    attention : the skips attend to themselves, frame by frame; printed, switchable.
    memory : an LSTM over the frames at the lowest level; printed, switchable.
    phase : velocities are seen beside the magnitude; printed, switchable.
    attended : rows and columns of the grid on which pixels attend to each other. Printed: all pixels of
        a frame; of 512 x 512 pixels the map alone would take 256 GiB a frame.
    classes : background, cavity, wall, RV blood; printed: wall or not (2).
    loss : of :data:`LOSSES`.
    size, spacing_mm : rows and columns of the window and its pixels. Printed: 512 at 0.85 mm,
        reconstructed from 1.7 mm; ours: 1.4 mm loses nothing that was measured.
    reach : half the window's width, in radii of the LV's outer border: the heart is first found, and
        then looked at in a window that fits it; ours. 0: the window is of ``spacing_mm`` and the LV
        anywhere in it.
    frames : of a cycle in training, at most.
    clips : of a batch.
    steps : of a run, at most.
    rate, ema : learning rate, share of the weights' running mean that stays at each step; ours.
    """

    filters: tuple[int, ...] = (8, 16, 32, 64)
    attention: bool = True
    memory: bool = True
    phase: bool = True
    attended: int = 14
    classes: int = 4
    loss: str = "both"
    size: int = 112
    spacing_mm: float = 1.4
    reach: float = 0.0
    frames: int = 12
    clips: int = 4
    steps: int = 20_000
    rate: float = 3e-3
    ema: float = 0.99


EAR = Recipe()
"""Embedded attention and recurrence, as the paper calls its net; shipped, and finds the heart."""
NEAR = replace(EAR, filters=(16, 32, 64, 128), size=80, reach=1.35)
"""With twice the filters, in a window that fits the heart; shipped, and draws the wall."""
PAPER = replace(EAR, classes=2, loss="dice-iou", filters=(32, 64, 128, 256), size=512, spacing_mm=0.85,
                frames=50, clips=1, attended=32)  # fmt: skip
"""What was printed, where it was; filters of the 3D U-Net (Cicek et al. 2016,
doi:10.1007/978-3-319-46723-8_49). For a GPU."""
TINY = Recipe(filters=(4, 8), attended=4, size=16, spacing_mm=8.0, frames=4, clips=2, steps=120,
              rate=1e-2, ema=0.9)  # fmt: skip
"""Learns in seconds; for the tests."""
RECIPES = {"ear": EAR, "near": NEAR, "paper": PAPER, "tiny": TINY}
