"""A ring of wall whose velocities point to its middle: what is true of it is known from geometry."""

import numpy as np
from numpy.typing import NDArray

from lvcine.systems.velocity.train.data import LabelledSlice, heart_of


def contracting(size=16, frames=4, shift=0.0, name="ring~z0"):
    """Blood of radius ``size`` / 6 in wall to ``size`` / 3.2, ``shift`` columns beside the middle."""
    line = np.arange(size) - (size - 1) / 2.0
    y, x = np.meshgrid(line, line - shift, indexing="ij")
    r = np.hypot(x, y)
    labels = np.where(r < size / 6, 1, np.where(r < size / 3.2, 2, 0)).astype(np.uint8)
    wall = labels == 2
    velocity = np.stack([-x / np.maximum(r, 1e-6), -y / np.maximum(r, 1e-6), np.ones_like(r)]) * wall
    magnitude = np.where(wall, 200, 20).astype(np.uint8)
    repeat = lambda a: np.repeat(a[..., None, :, :], frames, -3)  # noqa: E731
    stored, labels = np.rint(repeat(velocity) * 60).astype(np.int8), repeat(labels)
    heart = heart_of(labels[None] > 0)
    return LabelledSlice(name, repeat(magnitude), stored, labels, np.array([20.0, 20.0, 20.0]), heart)


def inwards(x: NDArray[np.generic], labels: NDArray[np.generic]) -> float:
    """Mean of the in-plane velocity towards the ring's middle, over the wall; x (T, 4, Y, X)."""
    t, rows, columns = np.nonzero(labels == 2)
    dy, dx = rows - rows.mean(), columns - columns.mean()
    r = np.maximum(np.hypot(dy, dx), 1e-6)
    vx, vy = x[:, 1][t, rows, columns], x[:, 2][t, rows, columns]
    return float(np.mean(-(vx * dx + vy * dy) / r))
