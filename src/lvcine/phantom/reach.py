"""How far a heart can reach: a box outside of which a scanner need not look for it."""

from __future__ import annotations

import numpy as np

from lvcine.phantom.anatomy import Anatomy

Box = tuple[float, float, float, float]


def bounds_mm(anatomy: Anatomy, above_mm: float) -> tuple[float, float, float, float]:
    """(x low, x high, y low, y high) of a box around everything of the heart up to a height above the base.

    Generous: it spares a scanner the points that the heart cannot reach (plain numbers only).
    """
    a, heart = anatomy, anatomy.heart
    crooked = 1.0 + sum(abs(v) for v in heart.bulge)
    thick = heart.wall_mm * (1.0 + sum(abs(v) for v in heart.wall_bulge)) * (1.0 + heart.thickening)
    epi = heart.radius_mm * crooked * 1.05 + max(thick, heart.apex_wall_mm)
    wall = a.atrial_wall_mm
    boxes = [
        (-epi, epi, -epi, epi),
        _disc(0.0, 0.0, epi + a.rv_reach_mm + a.rv_wall_mm, a.rv_direction, a.rv_span),
        *(
            (x - 1.1 * rx - wall, x + 1.1 * rx + wall, y - 1.1 * ry - wall, y + 1.1 * ry + wall)
            for x, y, _, rx, ry, _ in (a.la_mm, a.ra_mm)
        ),
        _tube(a.aorta_mm, a.aorta_lean, above_mm),
        _tube(a.outflow_mm, (0.3, 0.1), 45.0),
    ]
    rim = 2.0 * a.fat_mm + a.pericardium_mm + 6.0
    rim_x = rim + abs(heart.bend_mm[0]) + abs(heart.swing_mm[0])
    rim_y = rim + abs(heart.bend_mm[1]) + abs(heart.swing_mm[1])
    low_x, high_x, low_y, high_y = zip(*boxes, strict=True)
    return min(low_x) - rim_x, max(high_x) + rim_x, min(low_y) - rim_y, max(high_y) + rim_y


def _disc(x: float, y: float, radius: float, direction: tuple[float, float], span: float) -> Box:
    """Box of a sector of a disc; the twist may turn it by up to 20 degrees."""
    middle = float(np.arctan2(direction[1], direction[0]))
    angles = middle + np.linspace(-1.0, 1.0, 33) * (span + 0.35)
    px, py = x + radius * np.cos(angles), y + radius * np.sin(angles)
    return float(min(px.min(), x)), float(max(px.max(), x)), float(min(py.min(), y)), float(max(py.max(), y))


def _tube(mm: tuple[float, float, float], lean: tuple[float, float], top: float) -> Box:
    x, y, radius = mm
    xs, ys = (x - 20.0 * lean[0], x + top * lean[0]), (y - 20.0 * lean[1], y + top * lean[1])
    r = radius + 5.0
    return min(xs) - r, max(xs) + r, min(ys) - r, max(ys) + r
