"""The net that says which view a picture shows and which way up it is: built, fed and judged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lvcine.phantom.ultrasound.other import OTHERS
from lvcine.systems.echo.recipe import FIVE_CHAMBER, VIEWS, ViewRecipe
from lvcine.systems.echo.train.augment import vary
from lvcine.systems.echo.train.data import LabelledClip
from lvcine.systems.echo.view import ONE_SIDED
from lvcine.training.items import names_of

NAMES = (*VIEWS, *OTHERS)
"""In the order of the view's logits."""
UPRIGHT = (*VIEWS, FIVE_CHAMBER)
"""Views of which it can be told whether they are upside down."""
SIDED = (*ONE_SIDED, FIVE_CHAMBER)
TURNED = 2
"""Logits of how a picture is turned: upside down, mirrored."""


class Seen(NamedTuple):
    """What a step learns from.

    Attributes
    ----------
    pictures : Tensor, shape (N, 1, Y, X)
    views : Tensor of int64, shape (N,)
        Index in :data:`NAMES`.
    turned : Tensor, shape (N, 2)
        1 where the picture is upside down, or mirrored; -1 where that cannot be told.
    """

    pictures: Tensor
    views: Tensor
    turned: Tensor


class ViewNet(nn.Module):
    """Convolutions of stride 2, then one layer over all that is left.

    Examples
    --------
    >>> view, turned = ViewNet(ViewRecipe()).eval()(torch.zeros(2, 1, 96, 96))
    >>> view.shape, turned.shape
    (torch.Size([2, 12]), torch.Size([2, 2]))
    """

    def __init__(self, recipe: ViewRecipe) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, filters in pairwise((1, *recipe.filters)):
            layers += [
                nn.Conv2d(inputs, filters, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(filters),
                nn.ReLU(), nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters),
                nn.ReLU(),
            ]  # fmt: skip
        self.body = nn.Sequential(*layers)
        left = recipe.size >> len(recipe.filters)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(recipe.filters[-1] * left * left, len(NAMES) + TURNED)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, Y, X), 0 to 1 -> logits of :data:`NAMES` and of :data:`TURNED`."""
        out = self.head(self.drop(self.body(pictures).flatten(1)))
        return out[:, : len(NAMES)], out[:, len(NAMES) :]


class ViewSampler:
    """Pictures of all views, varied, and turned half of the time; every second one is apical."""

    def __init__(self, clips: Sequence[LabelledClip], recipe: ViewRecipe, seed: int) -> None:
        self.clips, self.recipe = clips, recipe
        self.rng = torch.Generator().manual_seed(seed)

    def __call__(self, step: int) -> Seen:
        places = self._by_view()
        seen = [self._one(places, apical=k % 2 == 0) for k in range(self.recipe.batch)]
        return Seen(
            torch.stack([x for x, _, _ in seen])[:, None],
            torch.tensor([NAMES.index(view) for _, view, _ in seen]),
            torch.stack([turned for _, _, turned in seen]),
        )

    def _by_view(self) -> dict[str, list[int]]:
        """Places of the clips of each view; a pool grows while it is learned from."""
        found: dict[str, list[int]] = {}
        for k, name in enumerate(names_of(self.clips)):
            found.setdefault(name.rpartition("~")[2], []).append(k)
        return found

    def _one(self, places: dict[str, list[int]], apical: bool) -> tuple[Tensor, str, Tensor]:
        views = [view for view in places if (view in VIEWS) == apical] or list(places)
        view = views[self._pick(len(views))]
        clip = self.clips[places[view][self._pick(len(places[view]))]]
        picture = torch.from_numpy(clip.pixels[self._pick(len(clip.pixels))]).float()[None] / 255
        unknown = torch.full_like(picture, -1, dtype=torch.int64)
        x = vary(picture, unknown, self.recipe.size, self.rng, mirrored=0.0)[0][0]
        down, aside = (torch.rand(2, generator=self.rng) < torch.tensor([0.3, 0.5])).tolist()
        x = x.flip([axis for axis, turn in ((0, down), (1, aside)) if turn])
        turned = torch.tensor([float(down), float(aside) if view in SIDED else -1.0])
        return x, view, turned if view in UPRIGHT else torch.full((TURNED,), -1.0)

    def _pick(self, count: int) -> int:
        return int(torch.randint(count, (), generator=self.rng))


def view_loss(net: nn.Module, batch: Seen, recipe: ViewRecipe) -> Tensor:
    """Cross-entropy of the view, and of how the picture is turned where that can be told."""
    view, turned = net(batch.pictures)
    known = batch.turned >= 0
    off = nn.functional.binary_cross_entropy_with_logits(
        turned.float(), batch.turned.clamp(min=0), reduction="none"
    )
    return nn.functional.cross_entropy(view.float(), batch.views) + (off * known).sum() / known.sum().clamp(
        min=1
    )


@torch.no_grad()
def view_check(net: nn.Module, clips: Sequence[LabelledClip], recipe: ViewRecipe) -> dict[str, float]:
    """Share of pictures, as they are, that are taken rightly for apical or for none; and of right turns."""
    right, upright, total = 0.0, 0.0, 0
    for clip in clips:
        picture = torch.from_numpy(clip.pixels[len(clip.pixels) // 2]).float()[None, None] / 255
        small = nn.functional.interpolate(picture, (recipe.size,) * 2, mode="area")
        view, turned = net(small)
        apical = float(view.softmax(1)[0, : len(VIEWS)].sum()) > 0.5
        right += float(apical == (clip.view in VIEWS))
        upright += float((turned[0] < 0).all())
        total += 1
    return {"apical_or_not": right / max(total, 1), "upright": upright / max(total, 1)}
