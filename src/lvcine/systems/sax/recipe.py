"""The numbers of the short-axis net, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """How the net is built, fed and trained.

    Attributes
    ----------
    widths : filters per level; ours: few at full resolution, where the time goes.
    neighbours : slices per input (the slice between its neighbours).
    classes : background, cavity, myocardium, RV cavity.
    spacing_mm : pixel of the net's grid; between the 1.2 and 1.9 mm of clinical cines.
    size : rows and columns of the crop; 157 mm hold a dilated heart with its RV.
    frames_per_step : clips x frames that make one batch.
    steps, learning_rate, weight_decay : AdamW with a cosine to zero.
    real_share : share of clips from real scans.
    ema : share of the running mean of the weights that stays at each step.
    instance_levels : levels, from full resolution on, whose first norm forgets a picture's contrast.
    """

    widths: tuple[int, ...] = (16, 32, 64, 128, 192)
    neighbours: int = 3
    classes: int = 4
    spacing_mm: float = 1.4
    size: int = 112
    frames_per_step: int = 32
    steps: int = 2500
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    real_share: float = 0.5
    ema: float = 0.998
    instance_levels: int = 2


DEFAULT = Recipe()
FINISH = replace(DEFAULT, steps=2600, learning_rate=6e-4, real_share=0.4, ema=0.995)
"""Second part, from the first part's weights, with the hard bases in the pool: fewer real clips,
because no slice beyond the base is labelled in them."""
VIRTUAL = replace(DEFAULT, real_share=0.0)
"""No real picture: how far the virtual heart alone carries."""
REAL = replace(DEFAULT, real_share=1.0)
"""No virtual heart: what the real scans alone give."""
TINY = Recipe(widths=(4, 8, 8), size=32, frames_per_step=8, steps=300, learning_rate=1e-2, ema=0.8)
"""Learns a disc in seconds; for the tests."""
VIRTUAL_FINISH = replace(VIRTUAL, steps=1500, learning_rate=1e-3, ema=0.996)
"""Second part on virtual hearts alone, more of them than the first part saw."""
MEMBER = replace(DEFAULT, steps=1000, learning_rate=1.5e-3, real_share=0.4, ema=0.995)
"""One of the five, each from the one before at a high rate again (snapshots: Huang et al. 2017,
arXiv:1704.00109); the first from virtual hearts alone."""
LONG = replace(DEFAULT, steps=2000, learning_rate=1.5e-3, real_share=0.3)
"""A member with twice the steps, on fewer real clips: one hospital's readers must not decide where the
endocardium lies."""
RECIPES = {
    "default": DEFAULT,
    "finish": FINISH,
    "virtual": VIRTUAL,
    "virtual-finish": VIRTUAL_FINISH,
    "real": REAL,
    "member": MEMBER,
    "long": LONG,
    "tiny": TINY,
}
