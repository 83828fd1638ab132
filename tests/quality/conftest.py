"""A left ventricle of circles: what is wrong with it is known, because we did it."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.study import CAVITY, MYOCARDIUM, Cine, Contour, Geometry, Mask, Segmentation, View

SIZE = 96
SPACING_MM = 1.5
ANGLES = np.linspace(0, 2 * np.pi, 90, endpoint=False)
PHASE = np.cos(2 * np.pi * np.arange(20) / 20)


def circle(centre, radius_mm):
    ring = np.stack([np.sin(ANGLES), np.cos(ANGLES)], axis=1)
    return Contour(np.asarray(centre) + ring * radius_mm / SPACING_MM)


class Heart:
    """Radius and centre per slice and frame; 9 mm of wall; change them, then ask for the contours."""

    def __init__(self, slices=8, frames=20):
        taper = np.array([0, *np.linspace(1, 0.5, slices - 2), 0])  # atrium, base to apex, beyond the apex
        beat = 1 + 0.15 * np.cos(2 * np.pi * np.arange(frames) / frames)
        self.radius_mm = 22 * taper[:, None] * beat
        self.centre = np.full((slices, frames, 2), SIZE / 2.0)
        self.wall_mm = 9.0
        self.step_mm = 10.0

    @property
    def cine(self):
        slices, frames = self.radius_mm.shape
        geometry = Geometry.stack(slices, (SPACING_MM, SPACING_MM), self.step_mm)
        pixels = np.zeros((slices, frames, SIZE, SIZE), np.float32)
        return Cine(pixels, geometry, view=View.SAX)

    @property
    def segmentation(self):
        y, x = np.mgrid[:SIZE, :SIZE]
        labels = np.zeros(self.cine.pixels.shape, np.uint8)
        endo, epi = ([[None] * labels.shape[1] for _ in labels] for _ in range(2))
        for z, t in np.argwhere(self.radius_mm > 0):
            inner, outer = self.radius_mm[z, t], self.radius_mm[z, t] + self.wall_mm
            endo[z][t], epi[z][t] = (circle(self.centre[z, t], r) for r in (inner, outer))
            r_mm = SPACING_MM * np.hypot(*(np.stack([y, x]) - self.centre[z, t][:, None, None]))
            labels[z, t][r_mm < outer] = MYOCARDIUM
            labels[z, t][r_mm < inner] = CAVITY
        return Segmentation(Mask(labels), tuple(map(tuple, endo)), tuple(map(tuple, epi)))


@pytest.fixture
def heart():
    return Heart()
