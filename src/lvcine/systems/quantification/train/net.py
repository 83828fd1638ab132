"""The spatio-temporal CNN: an encoder a frame, fused over time, two branches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lvcine.systems.quantification.recipe import N_INDICES, RAYS, Recipe


def build(recipe: Recipe) -> Quantifier:
    """The net of a recipe.

    Examples
    --------
    >>> from lvcine.systems.quantification.recipe import TINY
    >>> net = build(TINY)
    >>> predicted, maps = net(torch.zeros(2, 9, 80, 80))  # two neighbours on each side: five frames of nine
    >>> predicted.shape, maps.shape
    (torch.Size([2, 5, 63]), torch.Size([2, 5, 2, 40, 40]))
    """
    kinds: dict[str, type[Printed | Direct | Maps]] = {"printed": Printed, "direct": Direct, "maps": Maps}
    return Quantifier(recipe, kinds[recipe.kind](recipe))


class Quantifier(nn.Module):
    """Frames in, for each that has its neighbours: 11 indices, 2 logits of the phase, and what else it tells.

    Lengths and radii are shares of the picture's side, areas of its square; logits are of diastole, systole.
    After them may come the septum's direction (y, x) and radii of endo- and epicardium on :data:`RAYS` rays.
    """

    def __init__(self, recipe: Recipe, parts: Printed | Direct | Maps) -> None:
        super().__init__()
        self.kappa, self.parts = recipe.kappa, parts

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """(clips, T + kappa - 1, 80, 80) -> (clips, T, 13 or more), maps (clips, T, 2, 40, 40) or empty."""
        clips, count = frames.shape[:2]
        predicted = count - self.kappa + 1
        middle = self.kappa // 2
        near, fine = [], ()
        if self.parts.shared:
            deep, *skips = self.parts.encode(frames.flatten(0, 1)[:, None], 0)
            deep = deep.unflatten(0, (clips, count))
            near = [deep[:, k : k + predicted].flatten(0, 1) for k in range(self.kappa)]
            fine = tuple(
                s.unflatten(0, (clips, count))[:, middle : middle + predicted].flatten(0, 1) for s in skips
            )
        else:
            for k in range(self.kappa):
                deep, *skips = self.parts.encode(frames[:, k : k + predicted].flatten(0, 1)[:, None], k)
                near.append(deep)
                fine = tuple(skips) if k == middle else fine
        found, maps = self.parts.fuse(near, fine)
        return found.unflatten(0, (clips, predicted)), maps.unflatten(0, (clips, predicted))


class Printed(nn.Module):
    """The layers as printed, where they add up (kappa 5); padded in time for fewer frames, one more for 7."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.shared = recipe.shared
        self.encoders = nn.ModuleList(_printed_encoder() for _ in range(1 if recipe.shared else recipe.kappa))
        before = [_fused(40, 40, (3, 3, 3), (0, 1, 1))] if recipe.kappa == 7 else []
        missing = max(0, 5 - recipe.kappa) // 2
        self.fusion = nn.Sequential(
            *before,
            _fused(40, 200, (3, 5, 5), (missing, 1, 1)),
            nn.MaxPool3d((1, 2, 2), 2, (0, 1, 1)),
            _fused(200, 200, (2, 5, 5), (0, 1, 1)),
        )
        self.indices = nn.Sequential(
            _fused(200, 200, (3, 3, 3), (1, 1, 1)), nn.Conv3d(200, N_INDICES, (1, 6, 6))
        )
        self.phase = nn.Sequential(
            _fused(200, 40, (1, 5, 5), (0, 1, 1)),
            nn.Flatten(),
            nn.Linear(640, 640),
            nn.ReLU(),
            nn.Linear(640, 2),
        )

    def encode(self, frames: Tensor, position: int) -> tuple[Tensor, ...]:
        """(N, 1, 80, 80) -> (N, 40, 16, 16)."""
        return (self.encoders[position](frames),)

    def fuse(self, near: Sequence[Tensor], fine: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """kappa times (N, 40, 16, 16) -> (N, 13)."""
        seen = self.fusion(torch.stack(list(near), 2))
        return torch.cat([self.indices(seen).flatten(1), self.phase(seen)], 1), seen.new_zeros(len(seen), 0)


class Direct(nn.Module):
    """The paper's idea with smaller kernels and residual blocks: the numbers from a dense layer."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        w = recipe.width
        self.shared = recipe.shared
        self.encoders = nn.ModuleList(_Encoder(w) for _ in range(1 if recipe.shared else recipe.kappa))
        # The neighbours' features side by side and a 1 x 1 kernel: a 3-D convolution over all of the time.
        self.fusion = nn.Sequential(
            _flat(3 * w * recipe.kappa, 4 * w, 1), _flat(4 * w, 4 * w, 3), _flat(4 * w, 4 * w, 3, 2)
        )
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(100 * w, 8 * w), nn.ReLU())
        self.numbers = nn.Linear(8 * w, N_INDICES + 2)
        # What is learned has mean 0 and SD 1: a wall's share of the picture is a tenth of a cavity's.
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.zeros(N_INDICES + 2))
        self.register_buffer("spread", torch.ones(N_INDICES + 2))

    def encode(self, frames: Tensor, position: int) -> tuple[Tensor, ...]:
        """(N, 1, 80, 80) -> (N, 3 w, 10, 10)."""
        return self.encoders[position](frames)[:1]

    def fuse(self, near: Sequence[Tensor], fine: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """kappa times (N, 3 w, 10, 10) -> (N, 13)."""
        predicted = self.numbers(self.dense(self.fusion(torch.cat(list(near), 1)))).float()
        return predicted * self.spread + self.mean, predicted.new_zeros(len(predicted), 0)


class Maps(nn.Module):
    """Ours: two maps, inside endo- and inside epicardium, and the indices as their integrals.

    An area is the sum of a map, a radius its integral along a ray from the cavity's centroid. The net is
    trained on the indices through these integrals, so that partly covered pixels count as
    what they are.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        w = recipe.width
        self.shared = recipe.shared
        self.encoders = nn.ModuleList(_Encoder(w) for _ in range(1 if recipe.shared else recipe.kappa))
        self.fusion = nn.Sequential(_flat(3 * w * recipe.kappa, 4 * w, 1), _flat(4 * w, 4 * w, 3))
        self.up20, self.at20 = nn.Conv2d(4 * w, 2 * w, 1), _flat(2 * w, 2 * w, 3)
        self.up40, self.at40 = nn.Conv2d(2 * w, w, 1), _flat(w, w, 3)
        self.maps = nn.Conv2d(w, 2, 1)
        nn.init.constant_(self.maps.bias, -3.0)  # most of a picture is outside
        # Phase and the septum's direction are seen by the whole picture.
        self.whole = nn.Sequential(
            _flat(4 * w, 2 * w, 3, 2), nn.Flatten(), nn.Linear(50 * w, 4 * w), nn.ReLU(), nn.Linear(4 * w, 4)
        )

    def encode(self, frames: Tensor, position: int) -> tuple[Tensor, ...]:
        """(N, 1, 80, 80) -> (N, 3 w, 10, 10), (N, 2 w, 20, 20), (N, w, 40, 40)."""
        return self.encoders[position](frames)

    def fuse(self, near: Sequence[Tensor], fine: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Neighbours' deepest features and the frame's own finer ones -> (N, 63), logits (N, 2, 40, 40)."""
        seen = self.fusion(torch.cat(list(near), 1))
        x = self.at20(_doubled(self.up20(seen)) + fine[0])
        x = self.at40(_doubled(self.up40(x)) + fine[1])
        logits = self.maps(x).float()
        whole = self.whole(seen).float()
        # Where nothing speaks for another direction the septum lies left, as the form has it.
        septum = F.normalize(whole[:, 2:] + whole.new_tensor([0.0, -1.0]), dim=1)
        indices, radii = integrals(torch.sigmoid(logits), septum)
        return torch.cat([indices, whole[:, :2], septum, radii.flatten(1)], 1), logits


def integrals(maps: Tensor, septum: Tensor) -> tuple[Tensor, Tensor]:
    """Indices of maps of what lies inside the two borders.

    Parameters
    ----------
    maps : Tensor, shape (N, 2, M, M)
        Inside endo- and inside epicardium, 0 to 1.
    septum : Tensor, shape (N, 2)
        Direction (y, x) from the cavity's centroid to the middle of the septum.

    Returns
    -------
    indices : Tensor, shape (N, 11)
    radii : Tensor, shape (N, 2, RAYS)
        From the cavity's centroid, counted from the septum's middle towards anterior.

    Examples
    --------
    >>> line = torch.linspace(-1, 1, 41)[:-1] + 1 / 40
    >>> far = torch.hypot(line[:, None], line[None])
    >>> disc = torch.stack([(20 * (0.5 - far) + 0.5).clamp(0, 1), (20 * (0.7 - far) + 0.5).clamp(0, 1)])
    >>> indices, radii = integrals(disc[None], torch.tensor([[0.0, -1.0]]))
    >>> [round(float(v), 2) for v in indices[0, [0, 2, 5]]]
    [0.2, 0.5, 0.1]
    """
    size = maps.shape[-1]
    area = maps.mean((2, 3))
    # grid_sample's axes: -1 to 1 from the first pixel's outer edge to the last one's.
    line = (torch.arange(size, dtype=maps.dtype, device=maps.device) + 0.5) * (2.0 / size) - 1.0
    weight = maps[:, 0] / maps[:, 0].sum((1, 2), keepdim=True).clamp(min=1e-3)
    y, x = (weight.sum(2) * line).sum(1), (weight.sum(1) * line).sum(1)
    angle = torch.arange(RAYS, dtype=maps.dtype, device=maps.device) * (2 * math.pi / RAYS)
    left, up = septum[:, None], torch.stack([septum[:, 1], -septum[:, 0]], 1)[:, None]
    ways = torch.cos(angle)[None, :, None] * left + torch.sin(angle)[None, :, None] * up
    along = (torch.arange(STEPS, dtype=maps.dtype, device=maps.device) + 0.5) * (FAR / STEPS)
    points = torch.stack([y, x], 1)[:, None, None] + along[None, None, :, None] * ways[:, :, None]
    seen = F.grid_sample(maps, points.flip(-1), align_corners=False)
    radii = seen.sum(3) * (FAR / STEPS / 2.0)  # -1 to 1 is one side
    endo, wall = radii[:, 0], radii[:, 1] - radii[:, 0]
    chords = endo + endo.roll(-RAYS // 2, 1)
    # Sectors in turn from the septum's middle: AS, A, AL, IL, I, IS; each by the trapezoid rule.
    sixth = RAYS // 6
    ahead = torch.stack([wall.roll(-k, 1) for k in range(sixth + 1)], -1)[:, ::sixth]
    turn = (ahead.sum(-1) - 0.5 * (ahead[..., 0] + ahead[..., -1])) / sixth
    sectors = turn[:, [5, 4, 3, 2, 1, 0]]
    half = sixth // 2
    dimensions = torch.stack([chords[:, half + k * sixth] for k in (5, 4, 3)], 1)
    both = torch.stack([area[:, 0], area[:, 1] - area[:, 0]], 1)
    return torch.cat([both, dimensions, sectors], 1), radii


FAR, STEPS = 1.2, 48
"""How far rays reach in halves of the picture's side, and in how many steps."""


class _Encoder(nn.Module):
    """(N, 1, 80, 80) -> features at 10 x 10, 20 x 20 and 40 x 40."""

    def __init__(self, w: int) -> None:
        super().__init__()
        self.at40 = nn.Sequential(_flat(1, w, 5, 2), _flat(w, w, 3))
        self.at20 = nn.Sequential(_flat(w, 2 * w, 3, 2), _Block(2 * w))
        self.at10 = nn.Sequential(_flat(2 * w, 3 * w, 3, 2), _Block(3 * w))

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        fine = self.at40(frames)
        middle = self.at20(fine)
        return self.at10(middle), middle, fine


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _flat(channels, channels, 3)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


def _flat(inputs: int, filters: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(filters),
        nn.ReLU(),
    )


def _fused(
    inputs: int, filters: int, kernel: tuple[int, int, int], around: tuple[int, int, int]
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(inputs, filters, kernel, padding=around), nn.BatchNorm3d(filters), nn.ReLU()
    )


def _printed_encoder() -> nn.Sequential:
    # 80 -> 78 -> 37 -> 35 -> 16
    return nn.Sequential(
        nn.Conv2d(1, 20, 5, padding=1), nn.BatchNorm2d(20), nn.ReLU(), nn.MaxPool2d(5, 2),
        nn.Conv2d(20, 40, 5, padding=1), nn.BatchNorm2d(40), nn.ReLU(), nn.MaxPool2d(5, 2),
    )  # fmt: skip


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def standardise(net: Quantifier, mean: Tensor, spread: Tensor) -> None:
    """Let the direct net learn the indices (11,) by their mean and spread in a cohort."""
    if isinstance(net.parts, Direct):
        net.parts.mean[:N_INDICES], net.parts.spread[:N_INDICES] = mean[:N_INDICES], spread[:N_INDICES]
