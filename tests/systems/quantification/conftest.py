"""Small slices of rings that beat, drawn here, with outlines that are circles."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.systems.quantification.train.data import POINTS, STORED, OutlinedClip

TURN = np.arange(POINTS) * (2 * np.pi / POINTS)
WAYS = np.stack([-np.sin(TURN), -np.cos(TURN)], 1)


def ring(seed: int, frames: int = 10) -> OutlinedClip:
    """A bright disc in a darker ring, a crescent on its left; ED is frame 0."""
    rng = np.random.default_rng(seed)
    middle = (STORED - 1) / 2 + rng.normal(0, 1.5, 2)
    time = np.arange(frames) / frames
    inner = rng.uniform(10, 19) * (1 - rng.uniform(0.1, 0.35) * np.sin(np.pi * time) ** 2)
    outer = np.sqrt(inner**2 + rng.uniform(200, 420))
    y, x = np.indices((STORED, STORED))
    far = np.hypot(y - middle[0], x - middle[1])
    right = np.hypot(y - middle[0], x - middle[1] + outer[0])
    cover = lambda depth: np.clip(depth + 0.5, 0, 1)  # noqa: E731
    pixels = []
    for a, b in zip(inner, outer, strict=True):
        picture = 40 + 140 * cover(18 - right)
        picture = picture + cover(b - far) * (60 - picture)
        pixels.append(picture + cover(a - far) * (200 - picture))
    endo, epi = (middle + r[:, None, None] * WAYS for r in (inner, outer))
    phase = np.array([0 < t <= frames // 2 for t in range(frames)], np.int8)
    name = f"training-{seed:06d}~z0"
    grey = np.stack(pixels).astype(np.uint8)
    return OutlinedClip(name, grey, endo, epi, epi[:, POINTS // 6], phase, 1.25)


@pytest.fixture(scope="session")
def rings():
    return [ring(seed) for seed in range(24)]
