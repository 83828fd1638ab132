"""TempReg-Net: an encoder per frame, an LSTM over the frames, one value per frame."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lvcine.systems.frames.recipe import WARM_UP, Recipe


class TempRegNet(nn.Module):
    """The net of :class:`~lvcine.systems.frames.recipe.Recipe`.

    Examples
    --------
    >>> from lvcine.systems.frames.recipe import TINY
    >>> TempRegNet(TINY)(torch.zeros(2, 7, 24, 24), closed=True).shape
    torch.Size([2, 7])
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.deviation = recipe.deviation
        layers: list[nn.Module] = []
        inputs = channels = 3 if recipe.deviation else 1
        for layer in recipe.layers:
            around = layer.kernel // 2
            layers.append(
                nn.Conv2d(inputs, layer.filters, layer.kernel, layer.stride, around, bias=not recipe.normed)
            )
            layers += [nn.BatchNorm2d(layer.filters)] if recipe.normed else []
            layers += [nn.ReLU(), nn.MaxPool2d(3, 2)] if layer.pool else [nn.ReLU()]
            inputs = layer.filters
        self.encoder = nn.Sequential(*layers, nn.Flatten())
        with torch.no_grad():
            one = torch.zeros(1, channels, recipe.size, recipe.size)
            width = self.encoder.eval()(one).shape[1]
        self.encoder.train()
        self.dense = nn.Sequential(nn.Linear(width, recipe.features), nn.ReLU())
        self.lstm = (
            nn.LSTM(recipe.features, recipe.hidden, batch_first=True, bidirectional=recipe.both_ways)
            if recipe.hidden
            else None
        )
        self.value = nn.Linear(recipe.hidden * (2 if recipe.both_ways else 1) or recipe.features, 1)

    def forward(self, x: Tensor, *, closed: bool) -> Tensor:
        """Frames in, their values out.

        Parameters
        ----------
        x : Tensor, shape (clips, frames, Y, X)
        closed : bool
            The last frame's neighbour is the first.

        Returns
        -------
        Tensor, shape (clips, frames)
            About 1 at ED, 0 at ES.
        """
        return self.over_time(self.features(x), closed=closed)

    def features(self, x: Tensor) -> Tensor:
        """(clips, frames, Y, X) -> (clips, frames, features)."""
        seen = (_moving(x) if self.deviation else x[:, :, None]).flatten(0, 1)
        return self.dense(self.encoder(seen)).unflatten(0, x.shape[:2])

    def over_time(self, features: Tensor, *, closed: bool) -> Tensor:
        """(clips, frames, features) -> (clips, frames)."""
        if self.lstm is None:
            return self.value(features)[..., 0]
        frames = features.shape[1]
        before = math.ceil(WARM_UP / frames) if closed else 0
        after = before if self.lstm.bidirectional else 0
        seen, _ = self.lstm(features.repeat(1, before + 1 + after, 1))
        return self.value(seen[:, before * frames : (before + 1) * frames])[..., 0]


def _moving(x: Tensor) -> Tensor:
    """Frames (clips, frames, Y, X) with what moves in them: (clips, frames, 3, Y, X).

    The ends of a clip are neighbours here, closed cycle or not: a clip's first and last frame count little.
    """
    after, before = torch.cat([x[:, 1:], x[:, :1]], 1), torch.cat([x[:, -1:], x[:, :-1]], 1)
    return torch.stack([x, x - x.mean(1, keepdim=True), after - before], 2)
