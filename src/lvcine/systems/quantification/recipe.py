"""The numbers of the spatio-temporal CNN, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

SIZE = 80
"""Rows and columns of a picture, as printed; lengths are predicted as shares of it, areas of its square."""
N_INDICES = 11
"""Indices of a frame: two areas, three dimensions, six wall thicknesses."""
RAYS = 24
"""On which radii are predicted beside the indices, from the septum's middle on; a multiple of 12."""
MAP = 40
"""Rows and columns of the maps of what lies inside the two borders."""


@dataclass(frozen=True)
class Recipe:
    """How the net is built and trained.

    Attributes
    ----------
    kind : "printed", "direct" or "maps"
        The layers of the paper; ours, the numbers from a dense layer as there
        (:class:`lvcine.systems.quantification.train.net.Direct`); ours, the numbers as integrals of two maps
        (:class:`lvcine.systems.quantification.train.net.Maps`).
    kappa : frames that are seen for one; 5 as printed.
    shared : one encoder for all of them; printed: each its own.
    varied : pictures and contours are turned, scaled, bent and relit; printed: none.
    optimiser : "sgd" as printed (momentum 0.5), or "adamw".
    learning_rate, decay : of the optimiser; printed 1e-4 and 0.005.
    clips, predicted : slices a step, and frames in a row of each that are predicted; 20 single frames as
        printed.
    steps : of the training; not printed.
    """

    kind: Literal["printed", "direct", "maps"]
    kappa: int
    shared: bool
    varied: bool
    optimiser: Literal["sgd", "adamw"]
    learning_rate: float
    decay: float
    clips: int
    predicted: int
    steps: int
    width: int = 32


PAPER = Recipe("printed", 5, False, False, "sgd", 1e-4, 0.005, 20, 1, 20000)
"""As printed."""
DIRECT = Recipe("direct", 5, True, True, "adamw", 7e-4, 0.01, 10, 4, 4000)
"""The paper's idea with today's means; docs/evidence/notebook-quantification.md has what each brought."""
DEFAULT = Recipe("maps", 5, True, True, "adamw", 1.5e-3, 0.01, 10, 4, 4000)
"""Ours."""
TINY = replace(DEFAULT, width=6, varied=False, clips=8, predicted=2, steps=200, learning_rate=2e-2)
RECIPES = {"paper": PAPER, "direct": DIRECT, "default": DEFAULT, "tiny": TINY}
