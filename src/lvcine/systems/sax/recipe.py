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
}


@dataclass(frozen=True)
class Paper:
    """The multi-level circular ConvLSTM of the paper, and what it leaves open.

    Attributes
    ----------
    filters : ResNet-56's own numbers at full, half and quarter resolution (He et al. 2016, section 4.2).
    units : residual units a stage; 6 * 9 + 2 = 56 layers.
    hidden : filters of the ConvLSTM at half and quarter resolution; not printed. Ours, because the
        recurrent part then costs a tenth of the ResNet.
    memory : 0 the CNN alone, 1 ConvLSTM at the low level alone, 2 at both.
    classes : background, cavity, myocardium; the paper has myocardium alone.
    spacing_mm : pixel; printed.
    field : rows and columns of the centre crop at that spacing; printed.
    size : rows and columns around the LV; the paper's "set margin" is not printed. Ours: 96 mm hold
        a pig's LV of up to 75 mm, and are a multiple of 16.
    frames : of a clip in training; printed (N = 25).
    """

    filters: tuple[int, int, int] = (16, 32, 64)
    units: int = 9
    hidden: tuple[int, int] = (8, 16)
    memory: int = 2
    classes: int = 3
    spacing_mm: float = 1.0
    field: int = 184
    size: int = 96
    frames: int = 25


PAPER = Paper()
PAPER_TINY = replace(PAPER, filters=(4, 4, 8), units=1, hidden=(4, 4), size=32, frames=5)
"""Learns a moving disc in seconds; for the tests."""
