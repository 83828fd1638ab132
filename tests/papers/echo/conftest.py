"""A beating heart of discs, whose every number is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lvcine.papers.echo.recordings import Recording, recordings, seven

FRAMES, SIZE = 25, 96
Y, X = np.mgrid[:SIZE, :SIZE].astype(float)
LABELLED = seven(0, 9, 24)


def heart(squeeze: float, shift: float = 0.0) -> np.ndarray:
    """A round cavity of 14 to 20 pixels with a wall of 8, and an atrium below it that stands still."""
    r = np.hypot(Y - 38 - shift, X - 48)
    radius = 20 - 6 * squeeze
    out = np.where(r < radius, 1, np.where(r < radius + 8, 2, 0))
    return np.where((out == 0) & (np.hypot(Y - 78, X - 48) < 12), 3, out).astype(np.uint8)


def squeeze(t: float) -> float:
    return t / 9 if t <= 9 else (24 - t) / 15


@pytest.fixture(scope="session")
def cohort_folder(tmp_path_factory) -> Path:
    """Two recordings of the preset ``tiny``, made once for all tests."""
    folder = tmp_path_factory.mktemp("cohort")
    recordings(folder, "reporting", 2, frames=40, size=32)
    return folder


@pytest.fixture
def recording():
    def made(**changes) -> Recording:
        labels = np.stack([heart(squeeze(t)) for t in range(FRAMES)])
        known = {
            "name": "one~A4C", "view": "A4C", "pixels": (labels * 60).astype(np.uint8), "labels": labels,
            "labelled": np.array(LABELLED), "pixel_mm": 0.5, "sector": np.ones((SIZE, SIZE), bool),
        }  # fmt: skip
        return Recording(**(known | changes))

    return made
