"""A beating ring whose every number is known in closed form, dressed as an Analysis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lvcine.study import (
    Analysis,
    Cine,
    Contour,
    Curve,
    Finding,
    Geometry,
    Identity,
    Mask,
    Measurement,
    Segmentation,
    Study,
    Subject,
    View,
)

SPACING_MM, STEP_MM, CYCLE_MS = (1.5, 1.2), 8.0, 800.0
METHOD = "slice summation"


def circle(centre_yx: tuple[float, float], radius_mm: float, points: int = 90) -> Contour:
    """A circle in mm, as pixels of a grid with unequal spacing."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    unit = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return Contour(np.array(centre_yx) + radius_mm * unit / np.array(SPACING_MM))


def radii_mm(frame: int, frames: int, z: int) -> tuple[float, float]:
    """Endo- and epicardial radius: the wall keeps its cross-section while the cavity shrinks."""
    contraction = 0.5 - 0.5 * np.cos(2 * np.pi * frame / frames)
    endo_ed, wall_ed = 24.0 - 2.0 * z, 9.0
    endo = endo_ed * (1.0 - 0.38 * contraction)
    return float(endo), float(np.sqrt(endo**2 + (endo_ed + wall_ed) ** 2 - endo_ed**2))


def _painted(slices: int, frames: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance (mm) of every pixel from the ring's centre, pixels and labels."""
    y, x = np.mgrid[:size, :size]
    centre = size / 2.0
    distance = np.hypot((y - centre) * SPACING_MM[0], (x - centre) * SPACING_MM[1])
    right = np.hypot((y - centre) * SPACING_MM[0], (x - centre) * SPACING_MM[1] + 42.0)
    pixels = np.full((slices, frames, size, size), 60.0, np.float32)
    labels = np.zeros((slices, frames, size, size), np.uint8)
    noise = np.random.default_rng(0).normal(0, 12, (size, size))
    for z in range(slices):
        for t in range(frames):
            endo, epi = radii_mm(t, frames, z)
            labels[z, t] = np.where(distance <= endo, 1, np.where(distance <= epi, 2, 0))
            blood = np.where(right < 30, 360.0, pixels[z, t])
            pixels[z, t] = np.where(distance <= endo, 400.0, np.where(distance <= epi, 110.0, blood)) + noise
    return distance, pixels, labels


def _measured(slices: int, frames: int) -> tuple[list[Measurement], np.ndarray]:
    r = np.array([[radii_mm(t, frames, z) for t in range(frames)] for z in range(slices)])
    cavity, wall = np.pi * r[..., 0] ** 2, np.pi * (r[..., 1] ** 2 - r[..., 0] ** 2)
    volume = cavity.sum(0) * STEP_MM / 1000.0
    edv, esv = float(volume.max()), float(volume.min())
    mass = float(wall[:, 0].sum() * STEP_MM / 1000.0 * 1.05)
    rows = [
        Measurement("edv_ml", edv, "mL", METHOD, low=edv - 9, high=edv + 9),
        Measurement("esv_ml", esv, "mL", METHOD),
        Measurement("sv_ml", edv - esv, "mL", METHOD),
        Measurement("ef_percent", 100 * (edv - esv) / edv, "%", METHOD),
        Measurement("lv_mass_g", mass, "g", "slice summation at end-diastole, 1.05 g/mL"),
        Measurement("cardiac_output_l_min", (edv - esv) * 60 / CYCLE_MS, "L/min", METHOD),
        Measurement("strangeness_1", float("nan"), "1", "never defined"),
    ]
    for z in range(slices):
        for t in range(frames):
            rows.append(Measurement("cavity_area_mm2", float(cavity[z, t]), "mm2", "polygon", z, t))
            rows.append(Measurement("myocardium_area_mm2", float(wall[z, t]), "mm2", "polygon", z, t))
    thickness = r[..., 1] - r[..., 0]
    for segment in range(1, 17):
        z = min((segment - 1) // 6, slices - 1)
        at_ed, at_es = thickness[z, 0] + 0.1 * segment, thickness[z, frames // 2]
        rows.append(Measurement("wall_thickness_mm", at_ed, "mm", "centreline", None, 0, segment))
        rows.append(Measurement("wall_thickness_mm", at_es, "mm", "centreline", None, frames // 2, segment))
        gain = float(100 * (at_es / at_ed - 1))
        rows.append(Measurement("wall_thickening_percent", gain, "%", "ED to ES", None, None, segment))
    return rows, volume


def beating_ring(slices: int = 4, frames: int = 8, size: int = 96, **changes: Any) -> Analysis:
    """The analysis of a beating ring; ``changes`` replace fields of the Analysis."""
    distance, pixels, labels = _painted(slices, frames, size)
    centre = (size / 2.0, size / 2.0)
    sides = [
        tuple(tuple(circle(centre, radii_mm(t, frames, z)[k]) for t in range(frames)) for z in range(slices))
        for k in (0, 1)
    ]
    origins = np.array([[-40.0, -60.0, 100.0 - STEP_MM * z] for z in range(slices)])
    row, column = np.array([0.0, SPACING_MM[0], 0.0]), np.array([SPACING_MM[1], 0.0, 0.0])
    geometry = Geometry(origins, row, column, STEP_MM)
    times = np.tile(np.arange(frames) * CYCLE_MS / frames, (slices, 1))
    cine = Cine(pixels, geometry, times, np.full(slices, CYCLE_MS), view=View.SAX, label="series 3")
    measurements, volume = _measured(slices, frames)
    analysis = Analysis(
        study=Study(
            (cine,),
            Subject(1.74, 71.0, "F", 58.0),
            findings=(Finding("two-beats", "info", "One slice was scanned twice.", "Nothing."),),
            digest="ab" * 32,
            identity=Identity("Quillfeather^Ambrosia", "PID-88731", "19671104", "20240229"),
        ),
        cine=cine,
        segmentation=Segmentation(Mask(labels), sides[0], sides[1], np.tile((0.0, -1.0), (slices, 1))),
        ed_frame=0,
        es_frame=frames // 2,
        papillary="include",
        measurements=tuple(measurements),
        curves=(Curve("volume_ml", "mL", times[0], volume),),
        findings=(Finding("missing-slice", "warning", "A slice is missing.", "Look at the stack."),),
        nets=(
            {"name": "sax-unet", "sha256": "0123456789abcdef" * 4, "engine": "onnxruntime 1.20"},
            {"name": "frames", "file": "a.onnx b.onnx", "sha256": f"{'9' * 64} {'8' * 64}"},
        ),
        seconds={"read": 0.8, "segment": 6.2, "measure": 0.4},
    )
    return replace(analysis, **changes)


@pytest.fixture(scope="session")
def ring() -> Analysis:
    return beating_ring()


@pytest.fixture(scope="session")
def make_ring() -> Callable[..., Analysis]:
    return beating_ring
