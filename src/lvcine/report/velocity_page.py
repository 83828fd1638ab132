"""The report's section on the velocities of the wall: figures and tables, ready for the template."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from markupsafe import Markup

from lvcine.report.diverging import colour_bar, symmetric_limit
from lvcine.report.figures import drawing
from lvcine.report.picture import Tiles
from lvcine.report.slices import apex_along_z
from lvcine.report.velocity import SIGNS
from lvcine.report.velocity_figures import (
    delay_svg,
    signed,
    slice_style,
    velocity_curve_svg,
    velocity_map_svg,
)
from lvcine.report.velocity_pictures import common_look, motion_svg, wall_motion
from lvcine.report.wording import number
from lvcine.study import Analysis
from lvcine.study.wall_velocity import COMPONENTS, PEAKS, SECTORS, VelocityPeak, WallVelocity

SOURCES = (
    "Myocardial velocity mapping: Simpson et al. 2013, J Cardiovasc Magn Reson 15:34"
    " (doi:10.1186/1532-429X-15-34)",
    "Colours: Harrower and Brewer 2003, Cartogr J 40:27 (doi:10.1179/000870403235002042)",
)
_SHOWN = PEAKS[:2]  # moments of which pictures are drawn
_DELAYED = COMPONENTS[:2]

Cell = tuple[str, str]
Row = tuple[str, list[Cell]]


def velocity_context(analysis: Analysis, wall: WallVelocity, tiles: Tiles) -> dict[str, Any]:
    """Everything the template shows of the wall's velocities; all three are of one analysis."""
    apex = apex_along_z(wall, analysis.segmentation)
    order = list(tiles.order)
    names = slice_names(order, analysis.cine.geometry.placed)
    peaks = {(p.component, p.phase, p.slice, p.sector): p for p in wall.peaks}
    found_in_sectors = any(p.sector is not None for p in wall.peaks)
    return {
        "signs": [(component, sign) for component, sign in SIGNS.items()],
        "curves": list(_curves(wall, order)),
        "legend": [(Markup(slice_style(place, len(order))), name) for place, name in enumerate(names)],
        "maps": list(_maps(wall, order, names)),
        "moments": list(_moments(analysis, wall, tiles, list(zip(order, names, strict=True)), apex)),
        "components": COMPONENTS,
        "phases": ("systolic", "early", "late"),
        "peaks": list(_peak_rows(peaks, order, names)),
        "sectors": list(_sector_rows(peaks, wall, order, names)) if found_in_sectors else [],
        "delayed": _DELAYED,
        "delays": list(_delays(wall, order)),
        "step": number(_step_ms(wall), "ms"),
        "floor": _floors(wall),
        "ring": f"outer ring {names[0]}, inner ring {names[-1]}" if len(order) > 1 else "",
    }


def slice_names(order: list[int], placed: bool) -> list[str]:
    """Names of slices that stand from base to apex.

    Examples
    --------
    >>> slice_names([2, 1, 0], True), slice_names([0, 1], False)
    (['slice 2, basal', 'slice 1, mid', 'slice 0, apical'], ['slice 0', 'slice 1'])
    """
    levels = [""] * len(order)
    if placed and len(order) > 1:
        levels[0], levels[-1] = ", basal", ", apical"
    if placed and len(order) == 3:
        levels[1] = ", mid"
    return [f"slice {z}{level}" for z, level in zip(order, levels, strict=True)]


def _curves(wall: WallVelocity, order: list[int]) -> Iterator[tuple[str, str, Markup]]:
    """Component, its sign and its curves."""
    for c, component in enumerate(COMPONENTS):
        peaks = [p for p in wall.peaks if (p.component, p.slice, p.sector) == (component, None, None)]
        name = f"{component.capitalize()} velocity over the cycle"
        floor = 0.0 if wall.floor_cm_s is None else float(wall.floor_cm_s[c])
        slices = wall.slice_cm_s[c, order]
        svg = velocity_curve_svg(wall.times_ms, wall.whole_cm_s[c], slices, peaks, name, floor)
        yield component.capitalize(), SIGNS[component], svg


def _maps(wall: WallVelocity, order: list[int], names: list[str]) -> Iterator[tuple[str, Markup]]:
    for c, component in enumerate(COMPONENTS):
        sectors = wall.sector_cm_s[c, order]
        name = f"{component.capitalize()} velocity of every sector over the cycle"
        svg = velocity_map_svg(wall.times_ms, sectors, names, symmetric_limit(sectors), name)
        yield component.capitalize(), svg


def _moments(
    analysis: Analysis, wall: WallVelocity, tiles: Tiles, slices: list[tuple[int, str]], apex: int
) -> Iterator[tuple[str, list[tuple[str, Markup]], Markup]]:
    """Moment, the pictures of all slices at it with their names, and the scale of their colours."""
    frames = {phase: frame for phase in _SHOWN if (frame := moment(wall, phase)) is not None}
    motions = {
        (phase, z): wall_motion(wall, analysis.segmentation, tiles, z, frame, apex)
        for phase, frame in frames.items()
        for z, _ in slices
    }
    if not motions:
        return
    look = common_look(list(motions.values()), tiles)
    bar = drawing(200, 36, colour_bar(20, 4, look.limit_cm_s, "cm/s"), "Scale of the colours", "plot scale")
    for phase, frame in frames.items():
        title = f"Peak {phase} velocity, frame {frame} ({wall.times_ms[frame]:.0f} ms)"
        pictures = [(name, motion_svg(tiles, z, frame, motions[phase, z], look)) for z, name in slices]
        yield title, pictures, bar


def moment(wall: WallVelocity, phase: str) -> int | None:
    """The frame nearest to a peak of the whole wall: the longitudinal one, else the radial one."""
    for component in _DELAYED:
        for p in wall.peaks:
            whole = (p.component, p.phase, p.slice, p.sector) == (component, phase, None, None)
            if whole and math.isfinite(p.time_ms):
                return int(np.abs(wall.times_ms - p.time_ms).argmin())
    return None


Peaks = dict[tuple[str, str, int | None, str | None], VelocityPeak]


def _cells(peaks: Peaks, z: int | None, sector: str | None) -> list[Cell]:
    """Value and time of the phases of each component; dashes where there is no peak."""
    found = [peaks.get((component, phase, z, sector)) for component in COMPONENTS for phase in PEAKS]
    return [(number(p.value_cm_s), _time(p)) if p is not None else (number(None), "") for p in found]


def _time(peak: VelocityPeak) -> str:
    return number(peak.time_ms, "ms") if math.isfinite(peak.time_ms) else ""


def _floors(wall: WallVelocity) -> str:
    """The noise floors of the whole wall's curves in words."""
    if wall.floor_cm_s is None:
        return ""
    return ", ".join(f"{name} {floor:.1f}" for name, floor in zip(COMPONENTS, wall.floor_cm_s, strict=True))


def _step_ms(wall: WallVelocity) -> float:
    """Time between frames."""
    return float(np.median(np.diff(wall.times_ms)))


def _peak_rows(peaks: Peaks, order: list[int], names: list[str]) -> Iterator[Row]:
    yield "whole wall", _cells(peaks, None, None)
    for z, name in zip(order, names, strict=True):
        yield name, _cells(peaks, z, None)


def _sector_rows(
    peaks: Peaks, wall: WallVelocity, order: list[int], names: list[str]
) -> Iterator[tuple[str, list[tuple[str, list[Cell], list[str]]]]]:
    """Slice, and for each of its sectors the name, the peaks, the delays."""
    for z, name in zip(order, names, strict=True):
        yield (
            name,
            [
                (
                    sector,
                    _cells(peaks, z, sector),
                    [signed(float(ms), _step_ms(wall)) for ms in wall.delay_ms[:, z, s]],
                )
                for s, sector in enumerate(SECTORS)
            ],
        )


def _delays(wall: WallVelocity, order: list[int]) -> Iterator[tuple[str, Markup]]:
    if not np.isfinite(wall.delay_ms).any():
        return
    limit = symmetric_limit(wall.delay_ms, 20.0)  # no less, so that a frame's jitter stays pale
    for component, delay in zip(_DELAYED, wall.delay_ms[:, order], strict=True):
        name = f"{component.capitalize()} (ms)"
        of = f"Delay of the {component} systolic peak of every sector"
        yield name, delay_svg(delay, limit, of, _step_ms(wall))
