"""Hearts drawn from a seed: normal, dilated, thick-walled, infarcted, small and large."""

from __future__ import annotations

import numpy as np

from lvcine.phantom.heart import Beat, Heart, Scar

Random = np.random.Generator


def draw_heart(rng: Random) -> Heart:
    """One heart of the population.

    EDV about 40-380 mL, EF 8-82 %, wall 5-22 mm at ED: the clinical ranges of the module
    docstring of :mod:`lvcine.phantom.heart`, widened on purpose.
    """
    kind = rng.choice(["normal", "dilated", "thick", "infarct", "wide"], p=[0.28, 0.18, 0.22, 0.14, 0.18])
    length, radius, wall, ef = _dimensions(kind, rng)
    return Heart(
        length_mm=length,
        radius_mm=radius,
        wall_mm=wall,
        ejection_fraction=ef,
        shortening=float(np.clip(ef * rng.uniform(0.14, 0.32), 0.02, 0.22)),
        taper=float(rng.uniform(1.7, 3.4)),
        bulge=_harmonics(rng, 0.045),
        wall_bulge=_harmonics(rng, 0.30 if kind == "thick" and rng.random() < 0.5 else 0.10),
        apex_wall_mm=float(rng.uniform(2.5, 0.9 * wall + 2.0)),
        basal_tilt_mm=float(rng.uniform(1.0, 11.0)),
        basal_tilt_angle=float(rng.normal(2.4, 0.5)),
        scar=_scar(rng) if kind == "infarct" or rng.random() < 0.06 else None,
        beat=draw_beat(rng),
    )


def draw_beat(rng: Random) -> Beat:
    """Time course of one beat, from brisk to slow."""
    systole = float(rng.uniform(0.26, 0.46))
    rapid = float(rng.uniform(0.12, 0.26))
    kick = float(rng.uniform(max(0.76, systole + rapid), 0.92))
    return Beat(systole, rapid, float(rng.uniform(0.45, 0.9)), kick)


def _dimensions(kind: str, rng: Random) -> tuple[float, float, float, float]:
    """(length, basal radius, wall in mm at ED, EF of the healthy wall)."""
    ranges = {
        "normal": ((78, 100), (21, 28), (6.0, 10.0), (0.52, 0.74)),
        "dilated": ((88, 118), (27, 40), (5.0, 9.0), (0.08, 0.42)),
        "thick": ((72, 98), (17, 26), (10.0, 20.0), (0.50, 0.82)),
        "infarct": ((82, 110), (23, 34), (6.0, 10.0), (0.30, 0.60)),
        "wide": ((60, 115), (14, 38), (4.5, 16.0), (0.10, 0.82)),
    }[kind]
    length, radius, wall, ef = (float(rng.uniform(*r)) for r in ranges)
    return length, radius, wall, ef


def _harmonics(rng: Random, size: float) -> tuple[tuple[int, float, float], ...]:
    return tuple(
        (k, float(rng.normal(0, size / k**0.5)), float(rng.uniform(0, 2 * np.pi))) for k in (1, 2, 3)
    )


def _scar(rng: Random) -> Scar:
    return Scar(
        theta=float(rng.uniform(-np.pi, np.pi)),
        half_width=float(rng.uniform(0.4, 1.3)),
        u=float(rng.uniform(0.3, 1.0)),
        half_length=float(rng.uniform(0.15, 0.5)),
        akinesia=float(rng.uniform(0.5, 1.15)),
        thinning=float(rng.uniform(0.0, 0.6)),
    )
