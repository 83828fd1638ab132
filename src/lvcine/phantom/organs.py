"""What lies around a heart in a short-axis slice: random smooth organs, vessels, chest wall.

Not anatomy to be measured: variety to be told apart from the heart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

F32 = NDArray[np.float32]
Random = np.random.Generator


def smooth_noise(shape: tuple[int, int], scale: float, rng: Random) -> F32:
    """Unit-variance noise whose blobs are about ``scale`` pixels wide."""
    coarse = tuple(max(4, int(np.ceil(n / max(scale / 2.0, 1.0))) + 2) for n in shape)
    field = gaussian_filter(rng.standard_normal(coarse), 1.0)
    grown = zoom(
        field, [n / c for n, c in zip(shape, coarse, strict=True)], order=1, grid_mode=True, mode="nearest"
    )
    out = grown[: shape[0], : shape[1]]
    return ((out - out.mean()) / (out.std() + 1e-6)).astype(np.float32)


def soft(inside_px: F32 | NDArray[np.float64], edge: float = 0.5) -> F32:
    """Coverage 0..1 of a pixel whose centre lies ``inside_px`` pixels inside a boundary."""
    return np.clip(np.asarray(inside_px, np.float32) / (2.0 * edge) + 0.5, 0.0, 1.0)


def paint(picture: F32, cover: F32, value: F32 | float) -> F32:
    """``value`` laid over the picture where ``cover`` says, 0..1."""
    return picture + cover * (value - picture)


def background(yy: F32, xx: F32, spacing: float, level: dict[str, float], rng: Random) -> F32:
    """Thorax around (0, 0) = the LV, septum towards -x, anterior towards -y; mm grids.

    ``level`` holds the signal of lung, liver, fat, muscle, blood and stomach.
    """
    shape = yy.shape
    picture = np.full(shape, level["lung"], np.float32)
    picture += level["lung"] * 0.5 * smooth_noise(shape, 6, rng)
    specks = smooth_noise(shape, rng.uniform(2.5, 5), rng)
    picture = paint(
        picture, 0.7 * soft((specks - rng.uniform(1.6, 2.4)) * 2), level["blood"] * rng.uniform(0.4, 1.0)
    )
    wobble = smooth_noise(shape, 40, rng) * rng.uniform(2, 8)
    picture = _liver(picture, yy, xx, wobble, spacing, level, rng)
    picture = _stomach(picture, yy, xx, wobble, spacing, level, rng)
    picture = _vessels(picture, yy, xx, spacing, level, rng)
    return _chest_wall(picture, yy, xx, wobble, spacing, level, rng)


def _liver(p: F32, yy: F32, xx: F32, wobble: F32, sp: float, level: dict[str, float], rng: Random) -> F32:
    """Below the heart: the diaphragm's dome, often close to the inferior wall."""
    if rng.random() < 0.2:
        return p
    tilt, top = rng.uniform(-0.5, 0.5), rng.uniform(28, 75)
    edge = (yy - top - tilt * xx - 0.002 * rng.uniform(-1, 2) * xx**2 + wobble) / sp
    texture = 1 + 0.12 * smooth_noise(p.shape, 5, rng)
    vessels = soft((smooth_noise(p.shape, 9, rng) - 1.7) * 3)
    tissue = paint(level["liver"] * texture, 0.6 * vessels, level["liver"] * rng.uniform(0.5, 2.2))
    return paint(p, soft(edge, rng.uniform(0.5, 1.5)), tissue.astype(np.float32))


def _stomach(p: F32, yy: F32, xx: F32, wobble: F32, sp: float, level: dict[str, float], rng: Random) -> F32:
    for _ in range(rng.integers(0, 4)):
        angle, distance = rng.uniform(0, np.pi), rng.uniform(60, 105)
        cy, cx = distance * np.sin(angle), distance * np.cos(angle)
        ry, rx = rng.uniform(8, 40, 2)
        r = np.hypot((yy - cy) / ry, (xx - cx) / rx) + 0.02 * wobble
        cover = soft((1 - r) * min(ry, rx) / sp)
        inside = (
            level["stomach"]
            * rng.uniform(0.1, 1.6)
            * (1 + 0.25 * smooth_noise(p.shape, rng.uniform(3, 12), rng))
        )
        p = paint(p, cover, inside.astype(np.float32))
        rim = cover * soft((r - 1 + rng.uniform(2, 4) / min(ry, rx)) * min(ry, rx) / sp)
        p = paint(p, rim, level["muscle"])
    return p


def _vessels(p: F32, yy: F32, xx: F32, sp: float, level: dict[str, float], rng: Random) -> F32:
    """Descending aorta and others: bright discs without a thick wall, not to be taken for the LV."""
    for i in range(rng.integers(1, 5)):
        radius = rng.uniform(9, 15) if i == 0 else rng.uniform(2, 14)
        angle, distance = rng.uniform(-np.pi, np.pi), rng.uniform(58, 110)
        r = np.hypot(yy - distance * np.sin(angle), xx - distance * np.cos(angle))
        if rng.random() < 0.6:
            p = paint(p, soft((radius + rng.uniform(0.8, 3) - r) / sp), level["muscle"])
        p = paint(p, soft((radius - r) / sp), level["blood"] * rng.uniform(0.6, 1.25))
    return p


def _chest_wall(
    p: F32, yy: F32, xx: F32, wobble: F32, sp: float, level: dict[str, float], rng: Random
) -> F32:
    cy, cx = rng.uniform(5, 60), rng.uniform(-60, 0)
    ry, rx = rng.uniform(70, 125), rng.uniform(95, 170)
    turn = rng.normal(0, 0.4)
    a = (xx - cx) * np.cos(turn) + (yy - cy) * np.sin(turn)
    b = -(xx - cx) * np.sin(turn) + (yy - cy) * np.cos(turn)
    depth = (np.hypot(b / ry, a / rx) - 1) * min(ry, rx) + 0.6 * wobble
    muscle = level["muscle"] * (1 + 0.3 * smooth_noise(p.shape, 6, rng))
    p = paint(p, soft(depth / sp), muscle.astype(np.float32))
    ribs = soft((smooth_noise(p.shape, rng.uniform(6, 14), rng) - 0.7) * 3) * soft(depth / sp)
    p = paint(p, ribs, level["fat"] * rng.uniform(0.2, 1.0))
    inner, outer = rng.uniform(8, 20), rng.uniform(22, 60)
    p = paint(
        p,
        soft((depth - inner) / sp),
        level["fat"] * (1 + 0.1 * smooth_noise(p.shape, 15, rng)).astype(np.float32),
    )
    return paint(p, soft((depth - outer) / sp), 0.0)
