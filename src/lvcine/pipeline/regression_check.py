"""Indices by direct regression, compared with those measured on the contours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lvcine.engine import Runtime
from lvcine.measure.anchor import find_anchor
from lvcine.measure.lvquan_indices import INDICES
from lvcine.measure.segments import LVQUAN_SECTORS
from lvcine.study import Cine, Finding, IndexComparison, Measurement, Segmentation
from lvcine.systems.quantification.infer import FEW, Reading, forms_of, read_indices, unit_of

WHOLE = 0.8
"""Share of the frames in which the wall must be a whole ring for a slice to be regressed."""
METHOD = "direct regression from the pixels, no contours"
_WALL = "wall_thickness"

Places = dict[tuple[str, int, int], float]
"""(index, slice, frame) -> value."""


def regress_indices(
    cine: Cine,
    segmentation: Segmentation,
    measurements: Sequence[Measurement],
    ed: int,
    runtime: Runtime,
    progress: Callable[[int, int], None] | None = None,
) -> Reading | None:
    """Indices of the slices whose ring is whole; None where there are none, or no cycle."""
    if cine.frames < FEW or cine.phases_only:
        return None
    slices = whole_slices(measurements, cine)
    if not slices:
        return None
    anchor = find_anchor(segmentation, cine.geometry, ed)
    forms = forms_of(cine, segmentation, anchor, slices)
    return read_indices(cine, forms, runtime.supplemented("quantification"), progress=progress)


def whole_slices(measurements: Sequence[Measurement], cine: Cine) -> list[int]:
    """Slices with a wall thickness, which asks for a whole ring, in at least :data:`WHOLE` of the frames."""
    seen: dict[int, set[int]] = {}
    for m in measurements:
        if m.name.startswith(_WALL) and m.slice is not None and m.frame is not None:
            seen.setdefault(m.slice, set()).add(m.frame)
    return sorted(z for z, frames in seen.items() if len(frames) >= WHOLE * cine.frames)


def as_measurements(reading: Reading, cine: Cine) -> list[Measurement]:
    """Every index of every slice and frame, ``..._by_pixels``, and the likelihood of systole."""
    found = []
    for one in reading.slices:
        for t, values in enumerate(one.indices):
            for index, value in zip(INDICES, values, strict=True):
                name, segment_number = _named(index)
                unit = unit_of(index, cine.geometry.calibrated)
                name = f"{name}_by_pixels_{unit}"
                found.append(Measurement(name, float(value), unit, METHOD, one.slice, t, segment_number))
            likely = float(one.systole[t])
            found.append(Measurement("systole_by_pixels", likely, "1", METHOD, one.slice, t))
    return found


def compare(
    reading: Reading, measurements: Sequence[Measurement], cine: Cine
) -> tuple[tuple[IndexComparison, ...], tuple[Finding, ...]]:
    """Both kinds of indices, mean over the places that both have, and what to say where they differ."""
    contours = _places(measurements)
    pairs: list[IndexComparison] = []
    exceeding: list[str] = []
    for k, index in enumerate(INDICES):
        both = [
            (one.slice, contours[index, one.slice, t], one.indices[t, k])
            for one in reading.slices
            for t in range(cine.frames)
            if (index, one.slice, t) in contours
        ]
        if not both:
            continue
        masks, pixels = (float(np.mean([b[n] for b in both])) for n in (1, 2))
        low, high = reading.limits.get(index, (None, None))
        if not cine.geometry.calibrated:
            low = high = None  # the limits are millimetres
        pair = IndexComparison(index, unit_of(index, cine.geometry.calibrated), masks, pixels, low, high)
        pairs.append(pair)
        if pair.exceeds_limits:
            exceeding.append(_in_words(pair, _worst_slice(both)))
    if not exceeding:
        return tuple(pairs), ()
    text = (
        "contours and direct regression differ beyond the 95 % limits of agreement (virtual hearts): "
        + ", ".join(exceeding)
    )
    advice = "look at the contours of that slice before using areas and lengths"
    return tuple(pairs), (Finding("readers-disagree", "warning", text, advice),)


def _in_words(pair: IndexComparison, worst: int) -> str:
    digits = 0 if pair.unit.endswith("2") else 1
    difference, low, high = (
        f"{value:+.{digits}f}" for value in (pair.pixels - pair.masks, pair.low or 0.0, pair.high or 0.0)
    )
    limits = f"limits {low} to {high}, most in slice {worst}"
    return f"{_spoken(pair.name)} {difference} {pair.unit} ({limits})"


def _worst_slice(both: Sequence[tuple[int, float, float]]) -> int:
    by_slice = {z: float(np.mean([p - m for s, m, p in both if s == z])) for z in {b[0] for b in both}}
    return max(by_slice, key=lambda z: abs(by_slice[z]))


def _places(measurements: Sequence[Measurement]) -> Places:
    """The indices of the contours by place."""
    sectors = {number: name.lower() for name, number in LVQUAN_SECTORS.items()}
    found: Places = {}
    for m in measurements:
        if m.slice is None or m.frame is None or "by_pixels" in m.name:
            continue
        index = m.name.rsplit("_", 1)[0]
        if index == _WALL and m.segment in sectors:
            index = f"{_WALL}_{sectors[m.segment]}"
        if index in INDICES:
            found[index, m.slice, m.frame] = m.value
    return found


def _named(index: str) -> tuple[str, int | None]:
    """Name of the measurement and AHA number of an index."""
    if not index.startswith(_WALL):
        return index, None
    return _WALL, LVQUAN_SECTORS[index.rsplit("_", 1)[1].upper()]


def _spoken(index: str) -> str:
    """``cavity area``, ``dimension IS-AL``, ``wall thickness AS``."""
    for start in ("dimension_", "wall_thickness_"):
        if index.startswith(start):
            sectors = index.removeprefix(start).upper().replace("_", "-")
            return f"{start[:-1].replace('_', ' ')} {sectors}"
    return index.replace("_", " ")
