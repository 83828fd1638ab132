"""The second reader: indices straight from the pixels, beside those of the masks.

`python -m lvcine.pipeline.second -o limits.json` measures on virtual hearts how far the two part.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lvcine.measure import measure_short_axis
from lvcine.measure.anchor import find_anchor
from lvcine.measure.eleven import INDICES
from lvcine.measure.segments import LVQUAN_SECTORS
from lvcine.phantom.study import virtual_study
from lvcine.pipeline.options import AnalyzeOptions
from lvcine.study import Cine, Finding, Measurement, Segmentation, Subject, TwoReadings
from lvcine.systems.quantification.infer import FEW, Reading, forms_of, read_indices, unit_of
from lvcine.systems.sax.infer import segment
from lvcine.training.split import phantom_seed

WHOLE = 0.8
"""Share of the frames in which the masks' ring must be whole for a slice to be read."""
FIRST = 700_000
"""Numbers of the side choosing on whose hearts the limits are measured."""
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


def limits_of(
    hearts: int, options: AnalyzeOptions | None = None, told: Callable[[int, int], None] | None = None
) -> Mapping[str, tuple[float, float]]:
    """Mean +- 1.96 SD, over virtual hearts that no net has learned from, of ``pixels - masks``."""
    chosen = options or AnalyzeOptions()
    apart: list[dict[str, float]] = []
    for number in range(hearts):
        cine, _ = virtual_study(phantom_seed("choosing", FIRST + number), step_mm=18.0)
        apart.append(_differences(cine, chosen))
        if told:
            told(number + 1, hearts)
    table = {index: np.array([a[index] for a in apart if index in a]) for index in INDICES}
    return {index: _limits(values) for index, values in table.items()}


def _differences(cine: Cine, options: AnalyzeOptions) -> dict[str, float]:
    found = segment(cine, engine=options.engine, threads=options.threads, weights=options.weights)
    measured = measure_short_axis(cine, found.segmentation, Subject())
    reading = read_second(cine, found.segmentation, measured.measurements, measured.ed_frame, options)
    if reading is None:
        return {}
    pairs, _ = compare(replace(reading, limits={}), measured.measurements, cine)
    return {p.name: p.pixels - p.masks for p in pairs}


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    middle, spread = float(values.mean()), 1.96 * float(values.std(ddof=1))
    return middle - spread, middle + spread


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hearts", type=int, default=30)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("runs/limits.json"))
    chosen = parser.parse_args()
    options = AnalyzeOptions(weights=chosen.weights) if chosen.weights else None
    found = limits_of(chosen.hearts, options)
    chosen.out.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
