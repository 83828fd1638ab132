"""From pictures to the net's input: the one preprocessing of training and use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lvcine.localise import Orientation, Window
from lvcine.study import F32

UNIT_CM_S, FASTEST = 20.0, 2.0
"""Velocities are seen in this unit, and clipped: fast blood and noise are alike then."""


def as_input(magnitude: NDArray[np.generic], velocity_cm_s: NDArray[np.generic]) -> F32:
    """Channels (T, 4, Y, X) of a slice.

    Parameters
    ----------
    magnitude : ndarray, shape (T, Y, X)
        Its percentiles 1 and 99 become 0 and 1.
    velocity_cm_s : ndarray, shape (3, T, Y, X)
        Along x, y and z of the picture, as encoded (wraps stay).

    Examples
    --------
    >>> as_input(np.arange(8).reshape(2, 2, 2), np.full((3, 2, 2, 2), 10.0))[0, 1:, 0, 0].tolist()
    [0.5, 0.5, 0.5]
    """
    seen = lit(np.asarray(magnitude, np.float32))
    speed = np.nan_to_num(np.asarray(velocity_cm_s, np.float32)) / np.float32(UNIT_CM_S)
    return np.concatenate([seen[:, None], np.moveaxis(np.clip(speed, -FASTEST, FASTEST), 0, 1)], 1)


def lit(grey: F32) -> F32:
    """Pictures of which percentiles 1 and 99 become 0 and 1."""
    low, high = np.percentile(grey.ravel()[:: max(1, grey.size // 20000)], [1.0, 99.0])
    return np.clip((grey - np.float32(low)) / np.float32(max(high - low, 1e-6)), -0.2, 2.0)


def fitting(
    heart: tuple[float, float, float], reach: float, size: int, step: tuple[float, float] = (1.0, 1.0)
) -> Window:
    """The window of ``size`` rows and columns, ``reach`` radii to each side, that fits a heart.

    Parameters
    ----------
    heart : (float, float, float)
        Row and column of its middle, in pixels of the scan; radius in pixels of ``step``.
    reach : float
    size : int
    step : (float, float)
        Pixels of the scan in those of the radius, (y, x).

    Examples
    --------
    >>> fitting((50.0, 40.0, 20.0), 1.6, 32).step
    (2.0, 2.0)
    """
    y, x, radius = heart
    zoom = 2.0 * reach * radius / size
    return Window((y, x), (size, size), (zoom * step[0], zoom * step[1]))


def turned(turn: Orientation, velocity_cm_s: NDArray[np.floating]) -> NDArray[np.floating]:
    """Velocities (3, Z, T, Y, X) along x, y, z of the scan's pictures -> of the turned stack's pictures.

    Pictures and vectors turn together: an axis that is flipped changes the sign of what moves along it,
    and z stays across the picture, x cross y.

    Examples
    --------
    >>> v = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1, 1)
    >>> turned(Orientation(transpose=True, flip_y=True), v).ravel().tolist()
    [2.0, -1.0, 3.0]
    """
    x, y, z = (np.asarray(turn.apply(component), velocity_cm_s.dtype) for component in velocity_cm_s)
    if turn.transpose:
        x, y = y, x
    mirrored = turn.transpose ^ turn.flip_x ^ turn.flip_y
    return np.stack([-x if turn.flip_x else x, -y if turn.flip_y else y, -z if mirrored else z])


def augment(pictures: F32, quarters: int, mirrored: bool) -> F32:
    """Input pictures (T, 4, Y, X) mirrored, then turned by quarter turns; their vectors with them.

    Examples
    --------
    >>> x = np.zeros((1, 4, 2, 2), np.float32); x[:, 1] = 1.0  # all moves to the right
    >>> augment(x, 1, False)[0, 1:3, 0, 0].tolist(), augment(x, 0, True)[0, 1:3, 0, 0].tolist()
    ([0.0, -1.0], [-1.0, 0.0])
    """
    grey, x, y, z = np.moveaxis(pictures, 1, 0)
    if mirrored:
        grey, x, y, z = (v[..., ::-1] for v in (grey, -x, y, -z))
    for _ in range(quarters):
        grey, x, y, z = (np.rot90(v, 1, (-2, -1)) for v in (grey, y, -x, z))
    return np.ascontiguousarray(np.stack([grey, x, y, z], 1))


def undo_augment(likelihood: F32, quarters: int, mirrored: bool) -> F32:
    """Likelihoods (T, classes, Y, X) of :func:`augment` as they lie in the pictures."""
    back = np.rot90(likelihood, -quarters, (-2, -1))
    return back[..., ::-1] if mirrored else back
