"""A ring of wall whose velocity is written down as a formula, on any grid in the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lvcine.study import Cine, Geometry, Mask, Segmentation, Velocity

SIZE, SPACING, FRAMES, CYCLE = 48, 2.0, 24, 800.0
CENTRE = np.array([23.0, 25.0])  # (y, x)
INNER, OUTER = 20.0, 30.0  # mm
PHASE = np.arange(FRAMES) / FRAMES
# Looking from the apex: columns to the patient's left and back, rows down, the normal to the base.
NORMAL = -np.array([1.0, -1.0, -1.0]) / np.sqrt(3)
ACROSS = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
DOWN = np.cross(NORMAL, ACROSS)


def course() -> np.ndarray:
    """A beat (T,): out in systole, back in two waves; its integral over the cycle is zero."""
    ejecting = np.where(PHASE < 0.4, np.sin(np.pi * PHASE / 0.4), 0.0)
    filling = np.where((PHASE > 0.4) & (PHASE < 0.65), np.sin(np.pi * (PHASE - 0.4) / 0.25), 0.0)
    kick = np.where(PHASE > 0.8, np.sin(np.pi * (PHASE - 0.8) / 0.2), 0.0)
    back = ejecting.sum() / (0.75 * filling.sum() + 0.25 * kick.sum() * filling.sum() / kick.sum())
    return ejecting - back * (0.75 * filling + 0.25 * kick * filling.sum() / kick.sum())


@pytest.fixture(scope="session")
def beat() -> np.ndarray:
    return course()


Motion = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


def ring_scan(
    motion: Motion, venc: float = 40.0, noise: float = 0.0, error: np.ndarray | None = None, seed: int = 0
) -> tuple[Cine, Segmentation]:
    """Two equal slices, the basal one first; ``motion(dx, dy)`` in mm gives x, y, z in cm/s at strength 1.

    The chest around stands still. ``error`` (3, Y, X) is added to the channels, wraps come last.
    """
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    dy, dx = (y - CENTRE[0]) * SPACING, (x - CENTRE[1]) * SPACING
    r = np.hypot(dx, dy)
    labels = np.where(r < INNER, 1, np.where(r < OUTER, 2, 0)).astype(np.uint8)
    full = np.stack(motion(dx, dy)) * (labels == 2)
    velocity = full[:, None] * course()[:, None, None]
    # The cavity of the mask breathes by a rim, so that systole can be told from it.
    every = np.repeat(labels[None], FRAMES, 0)
    every[FRAMES // 4 : FRAMES // 2][:, (r >= INNER - SPACING) & (r < INNER)] = 0
    velocity = velocity + (0.0 if error is None else error[:, None])
    rng = np.random.default_rng(seed)
    velocity = velocity + rng.normal(0.0, 1.0, velocity.shape) * noise
    wrapped = (velocity + venc) % (2 * venc) - venc
    geometry = Geometry(
        np.array([[0.0, 0.0, 0.0], -10.0 * NORMAL]), DOWN * SPACING, ACROSS * SPACING, thickness_mm=8.0
    )
    channels = Velocity(
        np.repeat(wrapped[:, None], 2, 1).astype(np.float32), (venc,) * 3, Velocity.along_picture(geometry)
    )
    magnitude = np.where(np.hypot(dx + 6, dy) < 500.0, 1000.0, 0.0) + rng.normal(0, 5, (FRAMES, SIZE, SIZE))
    none = tuple((None,) * FRAMES for _ in range(2))
    cine = Cine(
        np.repeat(magnitude[None], 2, 0), geometry, np.tile(PHASE * CYCLE, (2, 1)), np.full(2, CYCLE),
        velocity=channels,
    )  # fmt: skip
    septum = np.tile([[0.0, -1.0]], (2, 1))
    return cine, Segmentation(Mask(np.repeat(every[None], 2, 0)), none, none, septum)


@pytest.fixture(scope="session")
def ring() -> Callable[..., tuple[Cine, Segmentation]]:
    return ring_scan


def _flipped(cine: Cine, seg: Segmentation, axis: int) -> tuple[Cine, Segmentation]:
    """The same scan with its slices (0), rows (2) or columns (3) stored the other way."""
    g, last = cine.geometry, cine.pixels.shape[axis] - 1
    if axis == 0:
        geometry = replace(g, origins_mm=g.origins_mm[::-1].copy())
    else:
        step = "row_step_mm" if axis == 2 else "column_step_mm"
        moved = getattr(g, step)
        geometry = replace(g, origins_mm=g.origins_mm + last * moved, **{step: -moved})
    septum = seg.rv_direction[::-1] if axis == 0 else seg.rv_direction * [(-1, 1), (1, -1)][axis - 2]
    velocity = replace(cine.velocity, cm_s=np.flip(cine.velocity.cm_s, axis + 1).copy())
    flipped = replace(cine, pixels=np.flip(cine.pixels, axis).copy(), geometry=geometry, velocity=velocity)
    labels = np.flip(seg.mask.labels, axis).copy()
    return flipped, replace(seg, mask=Mask(labels), rv_direction=np.array(septum, float))


def _transposed(cine: Cine, seg: Segmentation) -> tuple[Cine, Segmentation]:
    """The same scan with rows and columns exchanged."""
    g = cine.geometry
    geometry = replace(g, row_step_mm=g.column_step_mm, column_step_mm=g.row_step_mm)
    velocity = replace(cine.velocity, cm_s=np.swapaxes(cine.velocity.cm_s, -1, -2).copy())
    turned = replace(
        cine, pixels=np.swapaxes(cine.pixels, -1, -2).copy(), geometry=geometry, velocity=velocity
    )
    labels = np.swapaxes(seg.mask.labels, -1, -2).copy()
    return turned, replace(seg, mask=Mask(labels), rv_direction=seg.rv_direction[:, ::-1].copy())


@pytest.fixture(scope="session")
def restored() -> dict[str, Callable[[Cine, Segmentation], tuple[Cine, Segmentation]]]:
    """Ways to store one scan differently: nothing in the patient changes."""

    def quarter(cine: Cine, seg: Segmentation) -> tuple[Cine, Segmentation]:
        return _flipped(*_transposed(cine, seg), 2)

    return {
        "slices": lambda c, s: _flipped(c, s, 0),
        "rows": lambda c, s: _flipped(c, s, 2),
        "columns": lambda c, s: _flipped(c, s, 3),
        "transposed": _transposed,
        "quarter turn": quarter,
    }
