"""A trained net with more filters, which begins as the same function of its pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from lvcine.systems.velocity.recipe import CHANNELS, Recipe
from lvcine.systems.velocity.train.net import EarNet

UNLIKE = 0.3
"""Share by which the shares of two like filters differ at most: of equal ones both would learn the same."""


def widened(net: EarNet, recipe: Recipe, seed: int = 0) -> EarNet:
    """The net with the filters of ``recipe``, as many times its own at every level.

    Every filter is there so many times, and those who hear it share out the weight that they gave it
    (Net2WiderNet: Chen, Goodfellow and Shlens 2016, arXiv:1511.05641).

    Raises
    ------
    ValueError
        The recipes differ in more than their filters, or these are no multiple.

    Examples
    --------
    >>> from lvcine.systems.velocity.recipe import TINY
    >>> net = EarNet(TINY).eval()
    >>> wide = widened(net, replace(TINY, filters=(8, 16)))
    >>> x = torch.rand(1, 4, 4, 16, 16)
    >>> bool(torch.allclose(net(x), wide(x), atol=1e-4))
    True
    """
    times = [b // a for a, b in zip(net.recipe.filters, recipe.filters, strict=False)]
    multiple = tuple(a * n for a, n in zip(net.recipe.filters, times, strict=False))
    if replace(net.recipe, filters=multiple, rate=recipe.rate) != recipe:
        raise ValueError(f"{recipe} is no wider form of {net.recipe}")
    wide = EarNet(recipe)
    wide.load_state_dict(_Widener(net, times, torch.Generator().manual_seed(seed)).state())
    return wide.eval()


def filters_in(run: Path) -> tuple[int, ...]:
    """Of a run's net, per level from full resolution down."""
    state = torch.load(run / "last.pt", weights_only=True)["mean"]
    levels = sum(1 for key in state if key.startswith("down.") and key.endswith(".convolutions.0.weight"))
    return tuple(int(state[f"down.{k}.convolutions.0.weight"].shape[0]) for k in range(levels))


@dataclass(frozen=True)
class _Widener:
    net: EarNet
    times: list[int]
    rng: torch.Generator

    def state(self) -> dict[str, Tensor]:
        """All weights of the wide net."""
        found = dict(self.net.state_dict())
        filters, recipe = self.net.recipe.filters, self.net.recipe
        inputs = CHANNELS if recipe.phase else 1
        heard = [[(inputs, 1)], *([pair] for pair in zip(filters, self.times, strict=True))]
        for level, times in enumerate(self.times):
            self._block(found, f"down.{level}", heard[level], times)
        for level, times in enumerate(self.times[:-1]):
            self._block(found, f"up.{level}", [*heard[level + 1], *heard[level + 2]], times)
            if recipe.attention:
                self._attention(found, f"attention.{level}", heard[level + 1], times)
        if recipe.memory:
            self._lstm(found, heard[-1], self.times[-1])
        found["last.weight"] = self._listening(found["last.weight"], heard[1])
        return found

    def _block(self, found: dict[str, Tensor], name: str, heard: list[tuple[int, int]], times: int) -> None:
        for k in (0, 1):
            key = f"{name}.convolutions.{k}.weight"
            outputs = found[key].shape[0]
            # A convolution's inputs are those of three neighbouring frames.
            found[key] = self._listening(found[key], 3 * heard).repeat_interleave(times, 0)
            for part in ("weight", "bias", "running_mean", "running_var"):
                norm = f"{name}.norms.{k}.{part}"
                found[norm] = found[norm].repeat_interleave(times, 0)
            heard = [(outputs, times)]

    def _attention(
        self, found: dict[str, Tensor], name: str, heard: list[tuple[int, int]], times: int
    ) -> None:
        # Products over so many times the channels, over the root of their number: keys carry the rest.
        keys = times**-0.5
        weight = self._listening(found[f"{name}.conv.weight"], heard)
        found[f"{name}.conv.weight"] = weight.repeat_interleave(times, 0) * keys
        found[f"{name}.conv.bias"] = found[f"{name}.conv.bias"].repeat_interleave(times, 0) * keys
        found[f"{name}.share"] = found[f"{name}.share"] / keys

    def _lstm(self, found: dict[str, Tensor], heard: list[tuple[int, int]], times: int) -> None:
        for part in ("ih", "hh"):
            key = f"bottom.lstm.weight_{part}_l0"
            found[key] = self._listening(found[key], heard).repeat_interleave(times, 0)
            key = f"bottom.lstm.bias_{part}_l0"
            found[key] = found[key].repeat_interleave(times, 0)

    def _listening(self, weight: Tensor, heard: list[tuple[int, int]]) -> Tensor:
        """Weights (outputs, inputs, ...) to inputs in groups of so many channels, each so many times."""
        many = torch.tensor([times for channels, times in heard for _ in range(channels)])
        wide = weight.repeat_interleave(many, 1)
        each = many.repeat_interleave(many)
        unlike = UNLIKE * (2 * torch.rand(wide.shape, generator=self.rng) - 1)
        return wide / each.view(1, -1, *[1] * (weight.ndim - 2)) * (1 + self._levelled(unlike, many))

    @staticmethod
    def _levelled(unlike: Tensor, many: Tensor) -> Tensor:
        """Less the mean of every input's copies, so that their shares still sum to one."""
        group = torch.arange(len(many)).repeat_interleave(many)
        total = torch.zeros(unlike.shape[0], len(many), *unlike.shape[2:]).index_add(1, group, unlike)
        mean = total / many.view(1, -1, *[1] * (unlike.ndim - 2))
        return unlike - mean.index_select(1, group)
