"""A heart whose every number is known in closed form, on any grid in the patient.

The cavity is half an ellipsoid with its base cut off flat; the wall is as thick as a first
harmonic around the cavity says. Contours are written from these formulas, never rasterised
and never measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from lvcine.study import Cine, Contour, Geometry, Mask, Segmentation

# In the patient (LPS): where the apex, the middle of the septum and the anterior wall lie.
APEX = np.array([0.62, -0.60, -0.505]) / np.linalg.norm([0.62, -0.60, -0.505])
SEPTUM = np.cross(np.cross(APEX, [-1.0, -1.0, 0.2]), APEX)
SEPTUM /= np.linalg.norm(SEPTUM)
ANTERIOR = np.cross(SEPTUM, APEX)  # up in the patient, as it must be for this tilt
CENTRE_OF_BASE = np.array([35.0, -20.0, 60.0])


@dataclass(frozen=True)
class Heart:
    """Half an ellipsoid beating; angles from the middle of the septum towards anterior."""

    radius_ed_mm: float = 26.0
    radius_es_mm: float = 18.0
    length_mm: float = 72.0
    wall_ed_mm: float = 8.0
    wall_es_mm: float = 11.0
    towards_septum_mm: float = 1.5
    towards_anterior_mm: float = -1.0
    frames: int = 20
    systole: int = 7  # frames from ED to ES
    ed: int = 0

    @property
    def es(self) -> int:
        return (self.ed + self.systole) % self.frames

    def fullness(self, frame: int) -> float:
        """1 at ED, 0 at ES."""
        since = (frame - self.ed) % self.frames
        if since <= self.systole:
            return float(0.5 + 0.5 * np.cos(np.pi * since / self.systole))
        left = (since - self.systole) / (self.frames - self.systole)
        return float(0.5 - 0.5 * np.cos(np.pi * left))

    def radius(self, frame: int) -> float:
        """At the base, so that the volume follows the fullness exactly."""
        f = self.fullness(frame)
        return float(np.sqrt(f * self.radius_ed_mm**2 + (1 - f) * self.radius_es_mm**2))

    def cavity_radius(self, depth: float, frame: int) -> float:
        inside = 1 - (depth / self.length_mm) ** 2
        return float(self.radius(frame) * np.sqrt(max(inside, 0.0)))

    def wall(self, angle: np.ndarray, frame: int) -> np.ndarray:
        f = self.fullness(frame)
        even = f * self.wall_ed_mm + (1 - f) * self.wall_es_mm
        return even + self.towards_septum_mm * np.cos(angle) + self.towards_anterior_mm * np.sin(angle)

    def volume_ml(self, frame: int) -> float:
        """Half an ellipsoid: two thirds of the cylinder around it."""
        return 2 / 3 * np.pi * self.radius(frame) ** 2 * self.length_mm / 1000

    def wall_area_mm2(self, depth: float, frame: int) -> float:
        """Between r and r + w + p cos + q sin: the integral over the angle of half (R^2 - r^2)."""
        r, f = self.cavity_radius(depth, frame), self.fullness(frame)
        w = f * self.wall_ed_mm + (1 - f) * self.wall_es_mm
        bump = self.towards_septum_mm**2 + self.towards_anterior_mm**2
        return float(np.pi * ((r + w) ** 2 - r**2) + np.pi / 2 * bump)

    def sector_mean(self, low_deg: float, high_deg: float, frame: int) -> float:
        """Mean wall thickness between two angles, by its integral."""
        a, b = np.deg2rad([low_deg, high_deg])
        even = float(self.wall(np.array(0.0), frame)) - self.towards_septum_mm
        septal = self.towards_septum_mm * (np.sin(b) - np.sin(a)) / (b - a)
        anterior = self.towards_anterior_mm * (np.cos(a) - np.cos(b)) / (b - a)
        return float(even + septal + anterior)


@dataclass(frozen=True)
class Grid:
    """How the scanner laid its slices; the defaults are what is displayed in hospitals."""

    slices: int = 9
    step_mm: float = 8.0
    spacing_mm: tuple[float, float] = (1.4, 1.4)
    turn_deg: float = 0.0  # 0: septum at the left, anterior at the top, viewed from the apex
    flip: tuple[bool, bool, bool] = (False, False, False)  # slices, rows, columns
    swap: bool = False  # rows with columns
    size: int = 128

    def depths(self) -> np.ndarray:
        return (np.arange(self.slices) + 0.5) * self.step_mm

    def geometry(self) -> Geometry:
        turn = np.deg2rad(self.turn_deg)
        column = -np.cos(turn) * SEPTUM - np.sin(turn) * ANTERIOR
        row = np.cross(-APEX, column)
        row_step, column_step = row * self.spacing_mm[0], column * self.spacing_mm[1]
        corner = CENTRE_OF_BASE - (row_step + column_step) * (self.size - 1) / 2
        origins = corner + self.depths()[:, None] * APEX
        last = self.size - 1
        if self.flip[0]:
            origins = origins[::-1]
        if self.flip[1]:
            origins, row_step = origins + last * row_step, -row_step
        if self.flip[2]:
            origins, column_step = origins + last * column_step, -column_step
        if self.swap:
            row_step, column_step = column_step, row_step
        return Geometry(origins.copy(), row_step, column_step, self.step_mm)


@dataclass(frozen=True)
class Scan:
    """A heart on a grid, as the measuring room gets it."""

    heart: Heart
    grid: Grid
    cine: Cine
    segmentation: Segmentation

    def without(self, **fields: object) -> Scan:
        return replace(self, segmentation=replace(self.segmentation, **fields))

    def with_geometry(self, **fields: object) -> Scan:
        return replace(self, cine=replace(self.cine, geometry=replace(self.cine.geometry, **fields)))


ANGLES = np.arange(240) * (2 * np.pi / 240)
AROUND = np.cos(ANGLES)[:, None] * SEPTUM + np.sin(ANGLES)[:, None] * ANTERIOR


def _contours(heart: Heart, grid: Grid, geometry: Geometry, z: int, t: int) -> list[Contour | None]:
    depth = grid.depths()[::-1][z] if grid.flip[0] else grid.depths()[z]
    inner = heart.cavity_radius(depth, t)
    if not inner > 0:
        return [None, None]
    centre = CENTRE_OF_BASE + depth * APEX
    radii = (np.full(len(ANGLES), inner), inner + heart.wall(ANGLES, t))
    return [Contour(geometry.to_pixels(z, centre + r[:, None] * AROUND)) for r in radii]


def scan_heart(heart: Heart, grid: Grid, cycle_ms: float = 900.0) -> Scan:
    geometry, z, t = grid.geometry(), grid.slices, heart.frames
    pairs = [[_contours(heart, grid, geometry, i, j) for j in range(t)] for i in range(z)]
    endo, epi = (tuple(tuple(pair[k] for pair in row) for row in pairs) for k in (0, 1))
    shape = (z, t, grid.size, grid.size)
    axes = [s / np.linalg.norm(s) for s in (geometry.row_step_mm, geometry.column_step_mm)]
    septum = np.repeat([[SEPTUM @ axis for axis in axes]], z, axis=0)
    cine = Cine(
        np.broadcast_to(np.zeros(1, np.uint8), shape),
        geometry,
        np.tile(np.arange(t) * cycle_ms / t, (z, 1)),
        np.full(z, cycle_ms),
    )
    labels = np.broadcast_to(np.zeros(1, np.uint8), shape)
    return Scan(heart, grid, cine, Segmentation(Mask(labels), endo, epi, septum))


@pytest.fixture(scope="session")
def scan() -> Callable[..., Scan]:
    """``scan(heart fields and grid fields)`` -> a Scan."""

    def make(**fields: object) -> Scan:
        of_grid = {k: v for k, v in fields.items() if k in Grid.__dataclass_fields__}
        of_heart = {k: v for k, v in fields.items() if k in Heart.__dataclass_fields__}
        assert len(of_grid) + len(of_heart) == len(fields)
        return scan_heart(Heart(**of_heart), Grid(**of_grid))

    return make


@pytest.fixture(scope="session")
def usual(scan: Callable[..., Scan]) -> Scan:
    return scan()


@pytest.fixture(scope="session")
def circle() -> Callable[..., Contour]:
    """A circle or ellipse: radii (y, x) about a centre, counted as a polygon of many corners."""

    def make(centre: tuple[float, float], radius: float | tuple[float, float], corners: int = 720) -> Contour:
        angle = np.arange(corners) * (2 * np.pi / corners)
        unit = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        return Contour(np.array(centre) + unit * np.broadcast_to(radius, 2))

    return make


@pytest.fixture(scope="session")
def blurred_disc() -> Callable[..., np.ndarray]:
    """Share of each pixel inside an ellipse, by counting 10 x 10 points in each pixel."""

    def make(shape: tuple[int, int], centre: tuple[float, float], radius: tuple[float, float]) -> np.ndarray:
        fine = 10
        y, x = (((np.arange(n * fine) + 0.5) / fine - 0.5) for n in shape)
        inside = ((y[:, None] - centre[0]) / radius[0]) ** 2 + ((x - centre[1]) / radius[1]) ** 2 <= 1
        return inside.reshape(shape[0], fine, shape[1], fine).mean(axis=(1, 3))

    return make
