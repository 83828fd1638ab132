"""The numbers of the ultrasound nets, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

VIEWS = ("A4C", "A2C", "A3C")
"""In the order of the view's logits."""
FIVE_CHAMBER = "apical five-chamber view"
"""Apical too, but volumes are not defined there: the four-chamber view tilted onto the aortic root."""


DRAW_FILE, VIEW_FILE = "echo.onnx", "echo-view.onnx"
"""The files of the card."""


@dataclass(frozen=True)
class Loss:
    """What counts how much in the loss.

    Attributes
    ----------
    dice, temporal, cut : of overlap and steadiness, and the change that is free; printed 0.4, 0.6, 0.01.
    area : of log(area / true area); ours.
    moving : frames may change as much as their labels do; ours.
    """

    dice: float = 0.4
    temporal: float = 0.6
    cut: float = 0.01
    area: float = 0.0
    moving: bool = False


@dataclass(frozen=True)
class Recipe:
    """How a net is built and trained.

    Attributes
    ----------
    filters : per level, from the picture's size down to a 32nd: six levels as printed; the filters are not
        printed. Ours: few at full resolution, where the time goes (8 there is three times as fast as 32), and
        about 2.0 M parameters in all, as printed.
    memory : levels whose first convolution in the encoder is a ConvLSTM. Printed: of each block; ours:
        neither the two finest levels, where the time goes, nor the lowest, which holds half of the
        parameters: 2.7 M, as printed.
    classes : background, LV cavity, myocardium, left atrium; printed.
    size : rows and columns; printed 256. Ours 192, which takes a little over half of the time: a pixel is
        0.6 to 1.1 mm of a usual sector, less than readers differ by.
    frames, step : of a training clip, every one or every second frame; printed (N = 20, 1 or 2).
    warm : how often the first frame is seen before it counts, so that the state is one of a heart.
    loss : weights of its parts.
    ema : share of the running mean of the weights that stays at each step; ours.
    steps : of training, where the minutes do not end it.
    """

    filters: tuple[int, ...] = (8, 16, 32, 64, 96, 304)
    memory: tuple[int, ...] = ()
    classes: int = 4
    size: int = 192
    frames: int = 20
    step: tuple[int, ...] = (1, 2)
    warm: int = 2
    loss: Loss = Loss(temporal=0.0, area=0.2)
    ema: float = 0.998
    steps: int = 6000


@dataclass(frozen=True)
class ViewRecipe:
    """How the net is built and trained that says which view a picture shows and which way up it is; all ours.

    Attributes
    ----------
    filters : of each convolution of stride 2
    size : rows and columns
    batch : pictures a step
    ema, steps : as in :class:`Recipe`
    """

    filters: tuple[int, ...] = (16, 32, 64, 96, 128)
    size: int = 96
    batch: int = 32
    ema: float = 0.99
    steps: int = 1600


BASE = Recipe()
MEMORY = replace(BASE, memory=(2, 3, 4), ema=0.99, loss=Loss(area=0.2, moving=True))
TINY = Recipe(filters=(8, 8, 16), memory=(1, 2), size=32, frames=8, ema=0.9, loss=Loss(), steps=250)
"""Learns a moving disc in seconds; for the tests."""
VIEW = ViewRecipe()
RECIPES: dict[str, Recipe | ViewRecipe] = {
    "base": BASE, "memory": MEMORY, "view": VIEW, "tiny": TINY,
}  # fmt: skip
