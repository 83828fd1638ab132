"""Virtual short-axis clips made where they are used: batches of many hearts at once (torch, any device).

The same closed forms as :mod:`lvcine.phantom.mr` draws one study with; here every heart of a
batch is one row of the parameters' arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lvcine.phantom.anatomy import waves
from lvcine.phantom.arrays import together
from lvcine.phantom.labels import reader_labels
from lvcine.phantom.mr import Bands, Protocol, acquire, bands, bent, signal
from lvcine.phantom.scene import Scene
from lvcine.phantom.seeds import phantom_seed
from lvcine.phantom.surroundings import chest_picture
from lvcine.phantom.truth import volume_ml
from lvcine.training.virtual_hearts import OUTWARD_MM, virtual_subject


@dataclass(frozen=True)
class Batch:
    """Clips of one slice each, with its neighbours.

    Attributes
    ----------
    images : Tensor, shape (hearts, frames, 3, Y, X)
        Blood about 1; the slice between its neighbours towards base and apex.
    labels : Tensor of uint8, shape (hearts, frames, Y, X)
        0 background, 1 cavity, 2 myocardium, 3 RV cavity.
    phases : Tensor, shape (hearts, frames)
        0 at ED, in the cycle's order.
    areas_mm2 : Tensor, shape (hearts, frames, 2)
        Cavity and wall in the slice, from the closed form; 0 beyond base and apex.
    volumes_ml : Tensor, shape (hearts, frames)
        Of the whole cavity.
    numbers : tuple of int
        Which virtual subjects.
    """

    images: Tensor
    labels: Tensor
    phases: Tensor
    areas_mm2: Tensor
    volumes_ml: Tensor
    numbers: tuple[int, ...]


def stream(
    side: str = "training",
    *,
    first: int = 0,
    hearts: int = 8,
    frames: int = 4,
    size: int = 112,
    device: str = "cpu",
    plain: bool = False,
    again: int = 8,
) -> Iterator[Batch]:
    """Endless batches; the same arguments give the same batches on the same kind of machine.

    Parameters
    ----------
    side : {"training", "choosing", "reporting"}
        Whose seeds are used; see :mod:`lvcine.training.split`.
    first : int
        Number of the first virtual subject.
    hearts, frames, size : int
        Of a batch.
    device : str
        Of torch.
    plain : bool
        No deformation, no trabecular layer, the endocardium on the wall's own border: the areas
        are then those of the labels wherever the whole ring is cut (a reader draws a whole ring
        from half of one on). Otherwise they are those of the heart before it was deformed.
    again : int
        How many batches look at the same subjects, elsewhere and at other times: drawing a
        subject is the processor's work and slower than drawing its pictures on a GPU.

    Raises
    ------
    SplitError
        A number beyond the side's seeds.

    Examples
    --------
    >>> batch = next(stream(hearts=2, frames=2, size=32))
    >>> batch.images.shape, int(batch.labels.max()) <= 3
    (torch.Size([2, 2, 3, 32, 32]), True)
    """
    number = first
    while True:
        numbers = tuple(range(number, number + hearts))
        subjects = [virtual_subject(phantom_seed(side, n)) for n in numbers]
        scenes = [_plain(s) if plain else s for s, _, _ in subjects]
        protocols = [p for _, p, _ in subjects]
        rng = np.random.default_rng(phantom_seed(side, number))
        noise = torch.Generator(device).manual_seed(phantom_seed(side, number))
        for _ in range(again):
            yield _draw(scenes, protocols, frames, size, rng, noise, numbers, 0.0 if plain else OUTWARD_MM)
        number += hearts


def _plain(scene: Scene) -> Scene:
    return replace(scene, bend_mm=0.0, anatomy=replace(scene.anatomy, trabeculae_mm=0.0))


@dataclass(frozen=True)
class _Slices:
    """Where each heart's three slices lie and how they are taken; arrays (H,)."""

    height: np.ndarray
    step: np.ndarray
    shift: np.ndarray
    turn: np.ndarray


def _draw(
    scenes: list[Scene], protocols: list[Protocol], frames: int, size: int,
    rng: np.random.Generator, noise: torch.Generator, numbers: tuple[int, ...], outward_mm: float,
) -> Batch:  # fmt: skip
    count = len(scenes)
    like = torch.zeros(1, device=noise.device)
    lengths = np.array([float(s.anatomy.heart.length_mm) for s in scenes])
    steps = np.array([p.step_mm for p in protocols])
    slices = _Slices(
        height=rng.uniform(-1.5 * steps, lengths + 10.0 + steps),
        step=steps,
        shift=rng.normal(0, 6.0, (count, 2)),
        turn=rng.uniform(-np.pi, np.pi, count),
    )
    systole = np.array([float(s.anatomy.heart.beat.systole) for s in scenes])
    others = np.sort(rng.uniform(0.02, 0.98, (count, max(frames - 2, 0))), axis=1)
    phases = np.concatenate([np.zeros((count, 1)), systole[:, None], others], axis=1)[:, :frames]
    phases = np.sort(phases, axis=1)
    still = together(scenes, like, axes=2)  # (H, 1, 1)
    moving = together([s for s in scenes for _ in range(frames)], like, axes=2)  # (H * F, 1, 1)
    phase = like.new_tensor(phases.reshape(-1, 1, 1))
    images = torch.stack(
        [_slice(still, moving, protocols, slices, d, phase, frames, size, noise) for d in (-1, 0, 1)], 1
    )  # (H * F, 3, Y, X)
    x, y, z = (_repeat(v, frames) for v in _points(slices, protocols, 0.0, size, like))
    x, y = bent(moving, x, y, z)
    state = moving.anatomy.heart.beat.at(phase)
    labels = reader_labels(moving.anatomy, x, y, z, state, outward_mm=outward_mm)
    volumes = [
        volume_ml(s.anatomy.heart, s.anatomy.heart.beat.at(p)) for s, p in zip(scenes, phases, strict=True)
    ]
    return Batch(
        images.reshape(count, frames, 3, size, size),
        labels.to(torch.uint8).reshape(count, frames, size, size),
        phase.reshape(count, frames),
        _areas(moving, like.new_tensor(slices.height), phase, frames).reshape(count, frames, 2),
        like.new_tensor(np.stack(volumes)),
        numbers,
    )


def _slice(
    still: Scene, moving: Scene, protocols: list[Protocol], slices: _Slices, neighbour: int, phase: Tensor,
    frames: int, size: int, noise: torch.Generator,
) -> Tensor:  # fmt: skip
    """Pictures (H * F, Y, X) of the slice, or of its neighbour towards base (-1) or apex (1)."""
    edge = float(protocols[0].spacing_mm)
    through = protocols[0].through
    column = lambda values: phase.new_tensor(np.repeat(values, frames).reshape(-1, 1, 1))  # noqa: E731
    window = column([p.window for p in protocols])
    total: Tensor | None = None
    for k in range(through):
        share = (k + 0.5) / through - 0.5
        thickness = np.array([p.thickness_mm for p in protocols])
        x, y, z = _points(slices, protocols, neighbour * slices.step + share * thickness, size, phase)
        chest = chest_picture(still.around, still.levels, x, y, z, edge)
        factor = bands(still, x, y, z)
        bx, by = bent(still, x, y, z)
        # Each sub-slice belongs to another part of the frame's window, in no order.
        state = moving.anatomy.heart.beat.at(
            (phase + window * (((k * 5 + 2) % through + 0.5) / through - 0.5)) % 1.0
        )
        inside = Bands(_repeat(factor.blood, frames), _repeat(factor.solid, frames))
        thin = signal(
            moving, _repeat(chest, frames), inside, _repeat(bx, frames), _repeat(by, frames),
            _repeat(z, frames), state, edge,
        )  # fmt: skip
        total = thin if total is None else total + thin
    assert total is not None
    x, y, z = _points(slices, protocols, neighbour * slices.step, size, phase)
    turned = _repeat(still.magnet.phase_rad * waves(still.magnet.phase_waves, x, y, z), frames)
    grain = torch.randn((2, *total.shape), generator=noise, device=total.device)
    kept = column([p.kept[0] for p in protocols]), column([p.kept[1] for p in protocols])
    return acquire(total / through, turned, kept, grain * column([p.noise for p in protocols]))


def _points(
    slices: _Slices, protocols: list[Protocol], higher: np.ndarray | float, size: int, like: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Pixel centres (H, Y, X) in the hearts' frames, mm."""
    line = (np.arange(size) - (size - 1) / 2.0) * protocols[0].spacing_mm
    v, h = np.meshgrid(line, line, indexing="ij")
    c, s = (f(slices.turn)[:, None, None] for f in (np.cos, np.sin))
    offset = np.array([p.offset_mm for p in protocols]) + slices.shift
    x = c * h - s * v + offset[:, 0, None, None]
    y = s * h + c * v + offset[:, 1, None, None]
    z = np.broadcast_to((slices.height + higher)[:, None, None], x.shape)
    return like.new_tensor(x), like.new_tensor(y), like.new_tensor(np.ascontiguousarray(z))


def _repeat(x: Tensor, frames: int) -> Tensor:
    return x.repeat_interleave(frames, 0)


def _areas(moving: Scene, height: Tensor, phase: Tensor, frames: int) -> Tensor:
    """Cavity and wall in mm^2 of the slices (H * F, 2) where they cut the ventricle, by quadrature."""
    heart = moving.anatomy.heart
    angles = torch.linspace(-np.pi, np.pi, 97, device=phase.device)[:-1].reshape(1, 1, -1)
    cos, sin = torch.cos(angles), torch.sin(angles)
    state = heart.beat.at(phase)
    u = heart.level(height.repeat_interleave(frames).reshape(-1, 1, 1), state)
    endo, epi = heart.outline(u, cos, sin, state)
    below = (u > heart.base_level(cos, sin, torch.ones_like(cos))) & (u < heart.end)
    cavity = (np.pi * endo**2 * below).mean(-1)
    return torch.cat([cavity, (np.pi * epi**2 * below).mean(-1) - cavity], 1)
