"""Is the wall a wall: closed, and as thick as muscle can be?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lvcine.quality.outline import Outline
from lvcine.study import BACKGROUND, CAVITY, U8, Finding, Measurement, Segmentation

# Ours: an old scar thins the wall to some 3 mm; 30 mm at ED is called massive hypertrophy, and ES adds
# to it.
THINNEST_MM, THICKEST_MM = 3.0, 35.0
# Share of the cavity's outline that may lie bare. Ours: half a pixel of doubt at single spots.
BARE_SHARE = 0.05


def implausible_thickness(measurements: tuple[Measurement, ...], phases: Mapping[str, int]) -> list[Finding]:
    """``wall-implausible``: an AHA segment thinner than 3 mm or thicker than 35 mm at ED or ES."""
    found = []
    for phase, frame in phases.items():
        walls = {
            m.segment: m.value
            for m in measurements
            if m.name == "wall_thickness_mm" and m.slice is None and m.frame == frame
        }
        wild = {s: v for s, v in walls.items() if v < THINNEST_MM or v > THICKEST_MM}
        if wild:
            listed = ", ".join(f"{s} ({v:.1f} mm)" for s, v in wild.items())
            limits = f"{THINNEST_MM:g} to {THICKEST_MM:g} mm"
            text = f"wall thickness at {phase} outside of {limits} in AHA segment {listed}"
            found.append(Finding("wall-implausible", "warning", text, "look at endo- and epicardium there"))
    return found


def broken_ring(segmentation: Segmentation, lv: Outline, phases: Mapping[str, int]) -> list[Finding]:
    """``ring-broken``: cavity without muscle beside it, in a slice between the outermost ones with LV."""
    found = []
    for phase, frame in phases.items():
        inside = lv.order[lv.present[lv.order, frame]][1:-1]
        bare = [
            int(z) for z in np.sort(inside) if _bare_share(segmentation.mask.labels[z, frame]) > BARE_SHARE
        ]
        if bare:
            text = f"ring of myocardium open at {phase} in slice {', '.join(map(str, bare))}"
            advice = "do not rely on mass and wall thickness in these slices"
            found.append(Finding("ring-broken", "warning", text, advice))
    return found


def _bare_share(labels: U8) -> float:
    """Share of the cavity's outer pixel edges (4 neighbours) that meet background, of labels (Y, X)."""
    padded = np.pad(labels, 1, constant_values=BACKGROUND)
    edges = bare = 0
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = np.roll(padded, step, axis)[padded == CAVITY]
        edges += int((beside != CAVITY).sum())
        bare += int((beside == BACKGROUND).sum())
    return bare / edges if edges else 0.0
