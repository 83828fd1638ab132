"""The velocities of the wall as files: a block of ``measurements.json``, a table of curves, the field."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.output import csv_text
from lvcine.report.picture import Box
from lvcine.study import Analysis, Array
from lvcine.study.velocity import Velocity
from lvcine.study.wall_velocity import COMPONENTS, SECTORS, WallVelocity

CURVE_COLUMNS = ("slice", "sector", "component", "frame", "time_ms", "value_cm_s")
FIELD_AXES = ("direction", "slice", "frame", "row", "column")
SIGNS = {
    "longitudinal": "from base to apex",
    "radial": "inwards",
    "circumferential": "clockwise seen from the apex",
}
"""Where each component is positive."""


def velocity_block(wall: WallVelocity) -> dict[str, Any]:
    """Curves, peaks and delays as plain JSON types, NaN as None.

    Axes are named by the lists beside them: ``whole_cm_s`` [component][frame], ``slice_cm_s``
    [component][slice][frame], ``sector_cm_s`` [component][slice][sector][frame], ``delay_ms`` by
    component, [slice][sector].
    """
    return {
        "components": list(COMPONENTS),
        "positive": dict(SIGNS),
        "sectors": list(SECTORS),
        "times_ms": _listed(wall.times_ms),
        "whole_cm_s": _listed(wall.whole_cm_s),
        "noise_floor_cm_s": None if wall.floor_cm_s is None else _listed(wall.floor_cm_s),
        "slice_cm_s": _listed(wall.slice_cm_s),
        "sector_cm_s": _listed(wall.sector_cm_s),
        "peaks": [
            vars(p) | {"value_cm_s": _number(p.value_cm_s), "time_ms": _number(p.time_ms)} for p in wall.peaks
        ],
        "delay_ms": {name: _listed(delay) for name, delay in zip(COMPONENTS, wall.delay_ms, strict=False)},
    }


def velocity_csv(wall: WallVelocity) -> str:
    """Every curve as a long table with a row for each frame.

    ``slice`` is empty for the whole wall, ``sector`` for all around, the value where the wall was
    not seen.
    """
    times = _listed(wall.times_ms)
    rows = (
        (z, sector, component, frame, time, value)
        for z, sector, component, values in _curves(wall)
        for frame, (time, value) in enumerate(zip(times, _listed(values), strict=True))
    )
    return csv_text((CURVE_COLUMNS, *rows))


def velocity_npz(analysis: Analysis, wall: WallVelocity, box: Box) -> bytes:
    """The corrected field around the ventricle, for NumPy, compressed; no pickled object in it.

    Of every slice ``box`` is cut out: the chest around it holds noise, and most of the bytes.

    Returns
    -------
    bytes
        ``field_cm_s`` float16 (:data:`FIELD_AXES`), ``axes``, ``directions`` x, y, z of the picture,
        ``bulk_cm_s`` float32 (x and y, slice, frame), ``times_ms``, ``labels`` uint8 of the same
        pixels, ``corner`` (row, column) of the cut in the scan, ``pixel_spacing_mm``, and where the
        scan lies in the patient, ``directions_lps`` and ``origins_mm`` of the cut.

    Notes
    -----
    float16 keeps 11 bits: at 30 cm/s steps of 0.02 cm/s, far below the noise of any scan.
    """
    cut = np.s_[..., box.top : box.bottom, box.left : box.right]
    geometry = analysis.cine.geometry
    arrays: dict[str, NDArray[Any]] = {
        "field_cm_s": wall.field_cm_s[cut].astype(np.float16),
        "axes": np.array(FIELD_AXES),
        "directions": np.array(("x", "y", "z")),
        "bulk_cm_s": wall.bulk_cm_s.astype(np.float32),
        "times_ms": wall.times_ms,
        "labels": analysis.segmentation.mask.labels[cut],
        "corner": np.array((box.top, box.left)),
        "pixel_spacing_mm": np.array(geometry.pixel_spacing_mm),
    }
    if geometry.placed:
        offset = box.top * geometry.row_step_mm + box.left * geometry.column_step_mm
        arrays |= {
            "directions_lps": Velocity.along_picture(geometry),
            "origins_mm": geometry.origins_mm + offset,
        }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _curves(wall: WallVelocity) -> Iterator[tuple[int | None, str | None, str, Array]]:
    """Slice, sector, component and values (T,): the whole, then every slice and its sectors."""
    for c, component in enumerate(COMPONENTS):
        yield None, None, component, wall.whole_cm_s[c]
        for z in range(wall.slice_cm_s.shape[1]):
            yield z, None, component, wall.slice_cm_s[c, z]
            for s, sector in enumerate(SECTORS):
                yield z, sector, component, wall.sector_cm_s[c, z, s]


def _listed(values: NDArray[np.floating]) -> Any:
    """An array as nested lists."""
    return [_listed(v) for v in values] if values.ndim else _number(float(values))


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
