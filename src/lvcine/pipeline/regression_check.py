"""The second reader: indices straight from the pixels, beside those of the masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lvcine.measure.anchor import find_anchor
from lvcine.measure.lvquan_indices import INDICES
from lvcine.measure.segments import LVQUAN_SECTORS
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study import Cine, Finding, Measurement, Segmentation, TwoReadings
from lvcine.systems.quantification.infer import FEW, Reading, forms_of, read_indices, unit_of

WHOLE = 0.8
"""Share of the frames in which the masks' ring must be whole for a slice to be read."""
METHOD = "regression from the pixels, no masks"
_WALL = "wall_thickness"

Places = dict[tuple[str, int, int], float]
"""(index, slice, frame) -> value."""


def read_second(
    cine: Cine,
    segmentation: Segmentation,
    measurements: Sequence[Measurement],
    ed: int,
    options: AnalyzeOptions,
    progress: Callable[[int, int], None] | None = None,
) -> Reading | None:
    """Indices from the pixels of the slices whose ring is whole; None where there are none, or no cycle."""
    if cine.frames < FEW or cine.phases_only:
        return None
    slices = whole_slices(measurements, cine)
    if not slices:
        return None
    anchor = find_anchor(segmentation, cine.geometry, ed)
    own = options.weights is not None and (options.weights / "quantification.toml").is_file()
    return read_indices(
        cine, forms_of(cine, segmentation, anchor, slices), engine=options.engine, threads=options.threads,
        weights=options.weights if own else None, progress=progress,
    )  # fmt: skip


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
                told = f"{name}_by_pixels_{unit}"
                found.append(Measurement(told, float(value), unit, METHOD, one.slice, t, segment_number))
            likely = float(one.systole[t])
            found.append(Measurement("systole_by_pixels", likely, "1", METHOD, one.slice, t))
    return found


def compare(
    reading: Reading, measurements: Sequence[Measurement], cine: Cine
) -> tuple[tuple[TwoReadings, ...], tuple[Finding, ...]]:
    """Both readers' indices, mean over what both read, and what to say where they part."""
    masks = _places(measurements)
    pairs: list[TwoReadings] = []
    worst: dict[str, tuple[int, float]] = {}
    for k, index in enumerate(INDICES):
        both = [
            (one.slice, masks[index, one.slice, t], one.indices[t, k])
            for one in reading.slices
            for t in range(cine.frames)
            if (index, one.slice, t) in masks
        ]
        if not both:
            continue
        ours, theirs = (float(np.mean([b[n] for b in both])) for n in (1, 2))
        low, high = reading.limits.get(index, (None, None))
        if not cine.geometry.calibrated:
            low = high = None  # the limits are millimetres
        pairs.append(TwoReadings(index, unit_of(index, cine.geometry.calibrated), ours, theirs, low, high))
        worst[index] = _worst(both)
    apart = [p for p in pairs if p.apart]
    if not apart:
        return tuple(pairs), ()
    told = ", ".join(
        f"{_spoken(p.name)} {p.pixels - p.masks:+.0f} {p.unit} (limits {p.low:+.0f} to {p.high:+.0f}, "
        f"most in slice {worst[p.name][0]})"
        if p.unit.endswith("2")
        else f"{_spoken(p.name)} {p.pixels - p.masks:+.1f} {p.unit} (limits {p.low:+.1f} to {p.high:+.1f}, "
        f"most in slice {worst[p.name][0]})"
        for p in apart
    )
    text = f"the reading from the pixels and the masks part by more than on virtual hearts: {told}"
    advice = "look at the contours of that slice before using areas and lengths"
    return tuple(pairs), (Finding("readers-disagree", "warning", text, advice),)


def _worst(both: Sequence[tuple[int, float, float]]) -> tuple[int, float]:
    by_slice = {z: np.mean([p - m for s, m, p in both if s == z]) for z in {b[0] for b in both}}
    z = max(by_slice, key=lambda s: abs(float(by_slice[s])))
    return z, float(by_slice[z])


def _places(measurements: Sequence[Measurement]) -> Places:
    """The masks' indices by place."""
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
