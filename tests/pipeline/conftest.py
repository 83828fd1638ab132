"""A study in memory and a segmenter that answers at once: a cylinder in every slice."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.study import CAVITY, MYOCARDIUM, Cine, Contour, Finding, Geometry, Mask, Segmentation, View
from lvcine.systems.sax.infer import SaxResult

SIZE = 48
ANGLES = np.linspace(0, 2 * np.pi, 72, endpoint=False)


def make_cine(slices=6, frames=20, view=View.SAX, **facts):
    geometry = Geometry.stack(slices, (1.5, 1.5), 10.0)
    pixels = np.zeros((slices, frames, SIZE, SIZE), np.uint16)
    return Cine(pixels, geometry, view=view, **facts)


def cylinder(cine, runtime, *, stated=None, progress=None):
    """12 mm radius at frame 0, 8 mm half a cycle later, in slices 1 to Z - 2."""
    ring = np.stack([np.sin(ANGLES), np.cos(ANGLES)], axis=1)
    endo, epi = ([[None] * cine.frames for _ in range(cine.slices)] for _ in range(2))
    labels = np.zeros(cine.pixels.shape, np.uint8)
    middle = np.array(cine.pixels.shape[2:]) // 2
    y, x = np.mgrid[: labels.shape[2], : labels.shape[3]] - middle[:, None, None]
    for z in range(1, cine.slices - 1):
        for t in range(cine.frames):
            radius = 10 + 2 * np.cos(2 * np.pi * t / cine.frames)
            endo[z][t], epi[z][t] = (Contour(middle + ring * r / 1.5) for r in (radius, radius + 8))
            labels[z, t][np.hypot(y, x) * 1.5 < radius + 8] = MYOCARDIUM
            labels[z, t][np.hypot(y, x) * 1.5 < radius] = CAVITY
        if progress:
            progress(z, cine.slices)
    found = Segmentation(Mask(labels), tuple(map(tuple, endo)), tuple(map(tuple, epi)))
    noted = Finding("lv-hard-to-find", "warning", "found by a stand-in", "do not trust it")
    return SaxResult(found, (noted,), {"name": "cylinder", "sha256": "0" * 64, "engine": runtime.engine})


@pytest.fixture
def net(monkeypatch):
    monkeypatch.setattr("lvcine.pipeline.short_axis.segment", cylinder)


@pytest.fixture
def no_net(monkeypatch):
    """Whoever gets as far as the net has not been stopped in time."""
    monkeypatch.setattr(
        "lvcine.pipeline.short_axis.segment", lambda *a, **k: pytest.fail("the work was begun")
    )
