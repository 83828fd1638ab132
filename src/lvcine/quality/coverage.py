"""Is the whole ventricle in the picture: in plane, from base to apex, over the cycle?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lvcine.measure.apex import find_apex
from lvcine.measure.remembered import remembered
from lvcine.quality.outline import Outline
from lvcine.study import Cine, Contour, Extent, Finding, Segmentation

# An outermost slice of the stack whose cavity is larger than this share of the largest one cuts the
# ventricle off. Ours: near the apex a slice of 8-10 mm drops from half the largest area to nothing
# within one or two slices, and a base that is covered ends in a slice of atrium, without LV.
CUT_OFF_SHARE = 0.5
# Fewer slices than this cannot follow the ventricle's length. Ours: 90 mm in slices of 8-10 mm with
# gaps of up to 10 mm gives five or more.
FEWEST_SLICES = 5
# A slice is in doubt where either answer has at least this likelihood.
DOUBT = 0.2
# SCMR asks for a temporal resolution of 45 ms or better, about 20 phases a beat
# (Kramer 2020, doi:10.1186/s12968-020-00607-1); with fewer than 15 the smallest volume is easily missed.
FEWEST_FRAMES = 15


def leaves_image(segmentation: Segmentation, size: tuple[int, ...]) -> list[Finding]:
    """``lv-at-border``: a contour reaches the edge of an image of ``size`` (rows, columns)."""
    last_row, last_column = (n - 1.5 for n in size)
    touched = [
        z
        for z, (endo, epi) in enumerate(zip(segmentation.endo, segmentation.epi, strict=True))
        if any(c is not None and _reaches(c, last_row, last_column) for c in (*endo, *epi))
    ]
    if not touched:
        return []
    text = f"left ventricle reaches the edge of the image in slice {_list(touched)}"
    return [Finding("lv-at-border", "warning", text, "expect areas and mass of these slices too small")]


@remembered
def _reaches(contour: Contour, last_row: float, last_column: float) -> bool:
    """Whether a contour lies within half a pixel of the outermost ones."""
    points = contour.points
    return bool(((points < 0.5) | (points > (last_row, last_column))).any())


def ends_cut_off(lv: Outline, ed: int) -> list[Finding]:
    """``base-missing``, ``apex-missing``: the stack ends where the ventricle does not."""
    area = lv.area_mm2[lv.order, ed]
    if len(area) < 3 or not area.max() > 0:
        return []
    ends = (0, len(area) - 1)
    towards_apex, _ = find_apex(lv.area_mm2[:, ed], lv.geometry)
    base = ends[0] if towards_apex > 0 else ends[1]
    found = []
    for end in ends:
        share = area[end] / area.max()
        if share > CUT_OFF_SHARE:
            code = "base-missing" if end == base else "apex-missing"
            text = f"outermost slice {lv.order[end]} at the {code[:4]} has {share:.0%} of the largest area"
            advice = f"expect volumes and mass too small if the {code[:4]} lies outside the stack"
            found.append(Finding(code, "warning", text, advice))
    return found


def gaps(lv: Outline, phases: Mapping[str, int]) -> list[Finding]:
    """``lv-gap``: a slice without LV between slices with LV, at ED or ES."""
    found = []
    for phase, frame in phases.items():
        present = lv.present[lv.order, frame]
        inside = np.flatnonzero(present)
        lost = [z for z in range(inside.min(), inside.max()) if not present[z]] if len(inside) else []
        if lost:
            text = (
                f"no left ventricle at {phase} in slice {_list(lv.order[lost])} between slices that have it"
            )
            advice = "look at these slices: without them the volume at this phase is too small"
            found.append(Finding("lv-gap", "warning", text, advice))
    return found


def ends_in_doubt(cine: Cine, extent: Extent | None, phases: Mapping[str, int]) -> list[Finding]:
    """``base-in-doubt``: slices at ED and ES that may or may not hold ventricle, and what hangs on them."""
    if extent is None:
        return []
    at_phases = []
    for phase, frame in phases.items():
        likely = extent.likelihood[:, frame]
        slices = [
            _in_doubt(cine, extent, int(z), frame)
            for z in np.flatnonzero((likely > DOUBT) & (likely < 1.0 - DOUBT))
        ]
        if slices:
            at_phases.append(f"at {phase} {', '.join(slices)}")
    if not at_phases:
        return []
    text = f"ventricle or atrium: {'; '.join(at_phases)}"
    return [Finding("base-in-doubt", "warning", text, "look at them; set the base with --base ED ES")]


def _in_doubt(cine: Cine, extent: Extent, z: int, frame: int) -> str:
    likely = extent.likelihood[z, frame]
    kept = "outlined" if likely >= 0.5 else "left out"
    cavity = f", {extent.cavity_mm2[z, frame]:.0f} mm2 of cavity" if cine.geometry.calibrated else ""
    return f"slice {z} {kept} (likelihood {likely:.2f}{cavity})"


def stated_without_lv(extent: Extent | None, phases: Mapping[str, int]) -> list[Finding]:
    """``stated-slice-empty``: a slice that the user says is ventricle, in which nothing could be outlined."""
    found = []
    for phase, frame in phases.items() if extent is not None and extent.stated is not None else ():
        assert extent is not None and extent.stated is not None
        outlined = extent.cavity_mm2[:, frame] + extent.wall_mm2[:, frame] > 0
        empty = np.flatnonzero(extent.stated[:, frame] & ~outlined)
        if len(empty):
            text = f"nothing to outline at {phase} in slice {_list(empty)}, stated to hold the ventricle"
            found.append(Finding("stated-slice-empty", "warning", text, "expect this volume too small"))
    return found


def few_slices(lv: Outline, ed: int) -> list[Finding]:
    """``few-slices``: too few to sum up a volume (one slice is named by the measuring itself)."""
    held = int(lv.present[:, ed].sum())
    if not 1 < held < FEWEST_SLICES or len(lv.area_mm2) == 1:
        return []
    text = f"left ventricle in only {held} slices at ED"
    advice = "expect rough volumes and mass, too small if slices are missing"
    return [Finding("few-slices", "warning", text, advice)]


def few_frames(cine: Cine) -> list[Finding]:
    """``few-frames``: a cycle that is sampled coarsely (single phases are named by the reader)."""
    if cine.phases_only or cine.frames >= FEWEST_FRAMES:
        return []
    text = f"{cine.frames} frames per heart cycle: smallest volume possibly between two of them"
    return [Finding("few-frames", "warning", text, "expect ESV too large and EF too small")]


def _list(slices: object) -> str:
    return ", ".join(str(int(z)) for z in np.sort(np.asarray(slices)))
