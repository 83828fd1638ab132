"""What a system must say so that its nets can be trained and shipped: functions as data.

One :class:`Task` a system, in ``lvcine.systems.SYSTEM.train.task``. :func:`lvcine.training.items.fill`
makes what is learned from, :func:`lvcine.training.fit.fit` trains, :func:`lvcine.training.ship.ship` exports;
``lvcine train fill|fit|ship SYSTEM`` calls them. A paper's table takes the task with other functions in it
(:mod:`lvcine.papers.experiment`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lvcine.study.reviewed import Reviewed
from lvcine.training.items import Item, Make
from lvcine.training.loop import Schedule
from lvcine.training.split import Split

Recipe = Any
"""A system's own frozen dataclass of the numbers of a net."""
Batch = tuple[Any, ...]
"""Tensors and what else a step needs; a named tuple as a rule."""
Sampler = Callable[[int], Batch]
"""The batch of a step, counted from 0."""


@dataclass(frozen=True)
class Graph:
    """One file that is shipped.

    Attributes
    ----------
    file : str
    net : Module
        Takes the inputs in their order.
    inputs : dict of str to Tensor
        An example of each.
    outputs : tuple of str
    dynamic : dict of str to {axis: name}
        Axes of inputs and outputs whose length may change.
    bits : {16, 8}
        Of a stored weight; 8: convolutions' weights as integers with a scale per filter, the rest in 16.
    folded : bool
        False keeps every parameter under its name, so that training can go on from the file.
    """

    file: str
    net: nn.Module
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...]
    dynamic: Mapping[str, dict[int, str]] = field(default_factory=dict)
    bits: int = 16
    folded: bool = True


@dataclass(frozen=True)
class CardText:
    """What a card says beside files, split and training.

    Attributes
    ----------
    first_line : callable
        Takes the number of virtual subjects and the names of the real ones that were learned from.
    intended_use : str
    known_failures : tuple of str
    input, labels : dict
    data : dict of str to str, or callable
        Sources of real scans with their licences; written where there are real subjects. Where they differ
        from user to user, a callable that takes the subjects' names.
    results : callable
        Takes the recipe; what who runs the net must know (``states``, ``kappa``).
    see : str
        The page with the measured results.
    """

    first_line: Callable[[int, Sequence[str]], str]
    intended_use: str
    known_failures: tuple[str, ...]
    input: Callable[[Recipe], Mapping[str, Any]]
    see: str
    labels: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] | Callable[[Sequence[str]], Mapping[str, str]] = field(default_factory=dict)
    results: Callable[[Recipe], Mapping[str, Any]] = lambda recipe: {}


def same_weights(start: nn.Module, net: nn.Module) -> None:
    """Begin with the weights of another net that have the same name and shape."""
    own = net.state_dict()
    fits = {k: v for k, v in start.state_dict().items() if k in own and own[k].shape == v.shape}
    net.load_state_dict(own | fits)


@dataclass(frozen=True)
class Task:
    """One system's training.

    Attributes
    ----------
    name : str
        Of the system and of its card.
    recipes : dict
        Name -> recipe; ``tiny`` learns in seconds.
    parts : dict
        The nets of the card: part -> recipe's name. One net: ``{"": name}``.
    item : class
        Of what is learned from, a frozen dataclass (:mod:`lvcine.training.items`).
    make : callable
        Virtual items of a number on a side.
    build : callable
        Recipe -> net.
    sampler : callable
        (items, recipe, seed) -> the batch of every step.
    loss : callable
        (net, batch, recipe) -> scalar; runs in mixed precision where ``fast`` says so: of sums and logarithms
        it takes what the net gives as float32.
    schedule : callable
        Recipe -> how long and how fast.
    graphs : callable
        (net, recipe, part) -> what is shipped.
    card : CardText
    real : callable, optional
        Folder of labelled scans -> items.
    reviewed : callable, optional
        A reviewed study -> its items; none of a study of another kind.
    split : Split, optional
        On which side real subjects stand; None: nothing is known of them.
    uses : callable
        (recipe, whether items are real) -> whether they are learned from.
    ensemble : bool
        The parts are members of which a card may have any number.
    own : tuple of str
        Parts that are lvcine's own where neither a run nor the folder has them.
    check : callable, optional
        (net, items of the choosing side, recipe) -> figures for the log; ``score`` keeps the best net.
    begin : callable
        (weights to begin with, net): from one net to another, of another recipe even.
    ready : callable
        (net, draws, recipe, warm): what is set in a net before its first step; ``draws`` gives batches on the
        net's device and has the ``sampler``.
    optimiser : callable, optional
        (net, recipe) -> another than AdamW.
    fast : callable
        Recipe -> whether bfloat16 and channels last pay.
    every : callable
        Recipe -> steps between two lines of the log.
    shipped : callable, optional
        (weights' folder, part) -> the shipped net as one that can be trained on, and its recipe's name.
    """

    name: str
    recipes: Mapping[str, Recipe]
    parts: Mapping[str, str]
    item: Callable[..., Any]
    make: Make
    build: Callable[[Recipe], nn.Module]
    sampler: Callable[[Sequence[Any], Recipe, int], Sampler]
    loss: Callable[[nn.Module, Any, Recipe], Tensor]
    schedule: Callable[[Recipe], Schedule]
    graphs: Callable[[nn.Module, Recipe, str], Iterable[Graph]]
    card: CardText
    real: Callable[[Path], Iterable[Item]] | None = None
    reviewed: Callable[[Reviewed], Iterable[Item]] | None = None
    split: Split | None = None
    uses: Callable[[Recipe, bool], bool] = lambda recipe, real: True
    ensemble: bool = False
    own: tuple[str, ...] = ()
    check: Callable[[nn.Module, Sequence[Any], Recipe], dict[str, float]] | None = None
    begin: Callable[[nn.Module, nn.Module], None] = same_weights
    ready: Callable[[nn.Module, Any, Recipe, bool], None] = lambda net, draws, recipe, warm: None
    optimiser: Callable[[nn.Module, Recipe], torch.optim.Optimizer | None] = lambda net, recipe: None
    fast: Callable[[Recipe], bool] = lambda recipe: True
    every: Callable[[Recipe], int] = lambda recipe: 250
    shipped: Callable[[Path, str], tuple[nn.Module, str]] | None = None
