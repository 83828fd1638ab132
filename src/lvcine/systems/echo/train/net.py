"""Encoder and decoder of six levels; with memory, the encoder's first convolutions are ConvLSTMs.

One set of weights serves a clip at once and a stream frame by frame: both go through
:meth:`EchoNet.forward`, a stream with one frame and the state that the last call gave.
"""

from __future__ import annotations

import math
from typing import Self

import torch
from torch import Tensor, nn

from lvcine.systems.echo.recipe import VIEWS, Recipe
from lvcine.training.convlstm import ConvLSTM, State
from lvcine.training.task import same_weights

States = tuple[State, ...]
"""Of the levels with memory, from full resolution down."""


_WRITTEN = 2
"""Of the gates of a ConvLSTM (input, forget, written, output), what is written into the cell."""


class Block(nn.Module):
    """Twice convolution 3x3 and ReLU; the first may remember."""

    def __init__(self, inputs: int, filters: int, memory: bool) -> None:
        super().__init__()
        self.memory = ConvLSTM(inputs, filters) if memory else None
        self.first = nn.Identity() if memory else _convolution(inputs, filters)
        self.norm = nn.BatchNorm2d(filters) if memory else nn.Identity()
        self.second = _convolution(filters, filters)

    def forward(self, x: Tensor, clips: int, state: State | None) -> tuple[Tensor, State | None]:
        """(clips * frames, inputs, Y, X) -> the same with the block's filters, and its state."""
        if self.memory is not None:
            hidden, state = self.memory(x.unflatten(0, (clips, -1)), state)
            x = self.norm(hidden.flatten(0, 1))
        return self.second(self.first(x)), state


class EchoNet(nn.Module):
    """The net of :class:`~lvcine.systems.echo.recipe.Recipe`.

    Examples
    --------
    >>> from lvcine.systems.echo.recipe import TINY
    >>> net = EchoNet(TINY).eval()
    >>> logits, view, state = net(torch.zeros(2, 3, 1, 32, 32), torch.tensor([0.0, 1.0]))
    >>> logits.shape, view.shape, len(state)
    (torch.Size([2, 3, 4, 32, 32]), torch.Size([2, 3, 3]), 2)
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        filters = recipe.filters
        inputs = (2, *filters[:-1])  # the picture and the view's flag
        self.down = nn.ModuleList(
            Block(i, o, level in recipe.memory)
            for level, (i, o) in enumerate(zip(inputs, filters, strict=True))
        )
        self.up = nn.ModuleList(
            nn.Sequential(_convolution(below + here, here), _convolution(here, here))
            for below, here in zip(filters[:0:-1], filters[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(filters[0], recipe.classes, 1)
        self.view = nn.Linear(filters[-1], len(VIEWS))
        self.pool = nn.MaxPool2d(2)
        self.warm = recipe.warm if recipe.memory else 0
        self.fresh: tuple[nn.BatchNorm2d, ...] = ()
        """Norms whose means and spreads are to be counted before training: those of levels that changed."""
        self.norms_held = False
        """Whether means and spreads of the norms stay as they are in training; scales go on learning."""

    def train(self, mode: bool = True) -> Self:
        """As every module; norms that are held stay in eval mode."""
        super().train(mode)
        for norm in self.modules() if self.norms_held else ():
            if isinstance(norm, nn.BatchNorm2d):
                norm.eval()
        return self

    def forward(
        self, x: Tensor, apical_long_axis: Tensor, states: States | None = None
    ) -> tuple[Tensor, Tensor, States]:
        """Frames in, logits out.

        Parameters
        ----------
        x : Tensor, shape (clips, frames, 1, Y, X)
            0 to 1; Y and X multiples of 32.
        apical_long_axis : Tensor, shape (clips,)
            1 where the view is A3C, 0 where it is A4C or A2C, 1/2 where it is not known.
        states : tuple, optional
            What the call for the frames before gave. Without it the first frame is seen ``warm`` times
            before it counts.

        Returns
        -------
        logits : Tensor, shape (clips, frames, classes, Y, X)
        view : Tensor, shape (clips, frames, 3)
            Logits of :data:`~lvcine.systems.echo.recipe.VIEWS`; ours, so that nobody must say which it is.
        states : tuple of (hidden, cell)
        """
        unseen = self.warm if states is None else 0
        if unseen:
            x = torch.cat([x[:, :1].expand(-1, unseen, -1, -1, -1), x], 1)
        clips, frames = x.shape[:2]
        flag = apical_long_axis.to(x.dtype).reshape(clips, 1, 1, 1, 1).expand_as(x)
        y = torch.cat([x, flag], 2).flatten(0, 1)
        after: list[State] = []
        given = iter(states) if states is not None else None
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            remembers = block.memory is not None
            before = next(given) if given is not None and remembers else None
            y, state = block(y if level == 0 else self.pool(y), clips, before)
            if remembers:
                after.append(state)
            skips.append(y)
        y = skips.pop()
        if unseen:  # what only warmed the memory up is not decoded
            y, skips = _later(y, clips, unseen), [_later(s, clips, unseen) for s in skips]
        view = self.view(y.mean((2, 3))).unflatten(0, (clips, -1))
        for block in self.up:
            y = nn.functional.interpolate(y, scale_factor=2.0, mode="nearest")
            y = block(torch.cat([y, skips.pop()], 1))
        return self.head(y).unflatten(0, (clips, frames - unseen)), view, tuple(after)


@torch.no_grad()
def grow(base: EchoNet, net: EchoNet) -> None:
    """Let a net, with memory or without, begin as what another has learned; its norms are held from now on.

    Where a convolution becomes a ConvLSTM, its weights become those of what is written into the cell, and the
    gates begin such that the hidden state is at first the old feature, squashed and a little late.
    """
    same_weights(base, net)
    net.norms_held = True
    net.fresh = tuple(block.norm for block in net.down if block.memory is not None)
    for old, new in zip(base.down, net.down, strict=True):
        if old.memory is not None and new.memory is None:
            net.fresh = (*net.fresh, _forgetting(old, new))
        if new.memory is None or old.memory is not None:
            continue
        convolution, norm, _ = old.first
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = convolution.weight * gain[:, None, None, None]
        bias = norm.bias - norm.running_mean * gain
        n, seen = new.memory.filters, new.memory.of_input
        # Gates in the order input, forget, written, output. The input gate opens for what is above 0, as
        # ReLU does; what is written is small enough for tanh to leave it straight.
        for gate, scale, offset in ((0, 2.0, 0.0), (1, 0.0, -1.5), (_WRITTEN, 0.35, 0.0), (3, 0.0, 3.0)):
            rows = slice(gate * n, (gate + 1) * n)
            seen.weight[rows] = scale * weight if scale else 0.3 * seen.weight[rows]
            seen.bias[rows] = scale * bias + offset
        new.memory.of_hidden.weight *= 0.3
        # What comes next has learned on features that were cut off at 0: mean and spread as those had.
        wide = norm.weight.abs().clamp(min=1e-3)
        z = norm.bias / wide
        density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        below = torch.special.ndtr(z)
        mean = norm.bias * below + wide * density
        square = (norm.bias**2 + wide**2) * below + norm.bias * wide * density
        new.norm.bias.copy_(mean)
        new.norm.weight.copy_((square - mean**2).clamp(min=1e-6).sqrt())


def _forgetting(old: Block, new: Block) -> nn.BatchNorm2d:
    """Let a convolution begin as what a ConvLSTM writes; returns its norm, whose input is yet to be counted.

    What is written passes through a tanh that keeps its order; the norm is set such that what is left after
    it has been cut off at 0 has the mean and the spread that the memory's norm gave.
    """
    assert old.memory is not None
    convolution, norm, _ = new.first
    n = convolution.out_channels
    convolution.weight.copy_(old.memory.of_input.weight[_WRITTEN * n : (_WRITTEN + 1) * n])
    wide = old.norm.weight.abs().clamp(min=1e-3)
    above = torch.linspace(-2.0, 4.0, 601)
    density, below = torch.exp(-above * above / 2) / math.sqrt(2 * math.pi), torch.special.ndtr(above)
    mean = above * below + density
    spread = ((1 + above * above) * below + above * density - mean**2).clamp(min=1e-9).sqrt()
    at = (mean / spread - (old.norm.bias / wide)[:, None]).abs().argmin(1)
    norm.weight.copy_(wide / spread[at])
    norm.bias.copy_(norm.weight * above[at])
    return norm


def _convolution(inputs: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()
    )


def _later(x: Tensor, clips: int, unseen: int) -> Tensor:
    return x.unflatten(0, (clips, -1))[:, unseen:].flatten(0, 1)
