"""Is the wall a wall: closed, and as thick as muscle can be?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lvcine.quality.outline import Outline
from lvcine.study import BACKGROUND, CAVITY, U8, Finding, Measurement, Segmentation, listed

# Ours: an old scar thins the wall to some 3 mm; 30 mm at ED is called massive hypertrophy, and ES adds
# to it.
THINNEST_MM, THICKEST_MM = 3.0, 35.0
# Ours: a healthy wall thickens by 40 to 80 % (SD some 30), an infarcted one not at all; beyond these the wall
# bulges as in an aneurysm, or its outlines at ED and ES are not of the same tissue.
LEAST_THICKENING, MOST_THICKENING = -10.0, 150.0
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


def thickening_outside(name: str, value: float) -> bool:
    """Whether a segment's thickening is beyond what muscle does; of other measurements never."""
    return name == "wall_thickening_percent" and not LEAST_THICKENING <= value <= MOST_THICKENING


def implausible_thickening(measurements: tuple[Measurement, ...]) -> list[Finding]:
    """``thickening-implausible``: an AHA segment that thins or thickens more than muscle does."""
    wild = [m for m in measurements if thickening_outside(m.name, m.value)]
    if not wild:
        return []
    places = listed(f"{m.segment} ({m.value:.0f} %)" for m in wild)
    limits = f"{LEAST_THICKENING:g} to {MOST_THICKENING:g} %"
    text = f"wall thickening outside of {limits} in AHA segment {places}"
    advice = "look at the contours there at ED and ES: an aneurysm, or a wall outlined in two ways"
    return [Finding("thickening-implausible", "warning", text, advice)]


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
