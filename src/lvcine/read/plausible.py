"""A file's numbers held against what a scan of a heart can have (:mod:`lvcine.read.ranges`).

What cannot be is not used, and a finding says so. :func:`plausible` judges every reader's cine, after the
user's word has replaced the file's; the smaller functions are for readers that must not sort by a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.read.blank_frames import without_blank_frames
from lvcine.read.ranges import (
    CYCLE_MS,
    FIELD_MM,
    FRAME_MS,
    GREY,
    MOST_OBLONG,
    MOST_PAUSE_MS,
    PIXEL_MM,
    POSITION_MM,
    SLICE_MM,
    SLOPE,
    VENC_CM_S,
)
from lvcine.read.valid_pixels import valid_pixels
from lvcine.study import Array, Cine, Finding, Geometry

_STACK, _LEAST_REACH_MM, _FILLED_IN_MM = 6, 30.0, 1.0
"""So many slices hold a ventricle: where 1 mm apart they reach less far, the 1 is what a tool filled in."""
_OF_MAN_MM = 0.5
"""Pixels of a mouse's heart, which does reach less far, are smaller."""

UNCALIBRATED = frozenset(
    {"no-pixel-spacing", "no-slice-step", "spacing-implausible", "slice-step-implausible"}
)
"""Codes of findings with which a cine has no millimetres, until the user gives what is missing."""


def why_no_spacing(spacing_mm: Sequence[float], samples: Sequence[int] = ()) -> str:
    """Why pixels cannot be of this size, empty if they can.

    Parameters
    ----------
    spacing_mm : (float, float)
        Between rows, between columns.
    samples : (int, int), optional
        Rows and columns of the picture.

    Examples
    --------
    >>> why_no_spacing((300.0, 300.0)), why_no_spacing((1.4, 1.4), (256, 256))
    ('a pixel measures 0.02 to 10 mm', '')
    """
    if not all(size in PIXEL_MM for size in spacing_mm):
        return f"a pixel measures {PIXEL_MM}"
    if max(spacing_mm) > MOST_OBLONG * min(spacing_mm):
        return f"a pixel is at most {MOST_OBLONG:g} times as long as wide"
    if not all(size * count in FIELD_MM for size, count in zip(spacing_mm, samples, strict=False)):
        return f"a picture measures {FIELD_MM}"
    return ""


def spacing_doubt(spacing_mm: Sequence[float], why: str) -> Finding:
    """The finding for a pixel spacing that cannot be."""
    stated = " x ".join(f"{size:.4g}" for size in spacing_mm)
    return Finding(
        "spacing-implausible", "error",
        f"a pixel spacing of {stated} mm cannot be a heart scan's ({why}): not used, areas are in pixels, "
        "volumes are not given",
        "pass the true pixel spacing in mm (--spacing)",
    )  # fmt: skip


def pixel_size(stated: Sequence[float] | None) -> tuple[tuple[float, float] | None, tuple[Finding, ...]]:
    """A header's pixel spacing if it can be one; else None, with the doubt if there was one stated.

    Examples
    --------
    >>> pixel_size((1.4, 1.3)), pixel_size(None), pixel_size((0.0, 1.3))[1][0].code
    (((1.4, 1.3), ()), (None, ()), 'spacing-implausible')
    """
    if stated is None or len(stated) != 2:
        return None, ()
    why = why_no_spacing(stated)
    return (None, (spacing_doubt(stated, why),)) if why else ((stated[0], stated[1]), ())


def slice_size(stated: float | None) -> tuple[float | None, tuple[Finding, ...]]:
    """A header's slice thickness if it can be one; 0 is what writers put who do not know it.

    Examples
    --------
    >>> slice_size(8.0), slice_size(0.0), slice_size(1e9)[1][0].code
    ((8.0, ()), (None, ()), 'thickness-implausible')
    """
    if stated is None or stated == 0.0:
        return None, ()
    return (stated, ()) if stated in SLICE_MM else (None, (_thickness_doubt(stated, "warning"),))


def rescale(slope: float | None, intercept: float | None) -> tuple[float, float]:
    """Slope and intercept of grey values; those stored stay as they are where it is none or cannot be.

    Examples
    --------
    >>> rescale(2.0, -4096.0), rescale(None, None), rescale(1e300, 5.0)
    ((2.0, -4096.0), (1.0, 0.0), (1.0, 0.0))
    """
    slope, intercept = slope or 1.0, intercept or 0.0
    return (slope, intercept) if abs(slope) in SLOPE and abs(intercept) <= SLOPE.most else (1.0, 0.0)


def steady(times_ms: Array) -> bool:
    """Whether times along the last axis can be those of a cine's frames; NaN is not known.

    Examples
    --------
    >>> steady(np.array([0.0, 40.0, 80.0])), steady(np.array([0.0, 0.0])), steady(np.array([0.0, 1e9]))
    (True, False, False)
    """
    with np.errstate(all="ignore"):  # what overflows is no time
        steps = np.diff(times_ms, axis=-1)
        known = steps[~np.isnan(steps)]
    if not len(known):
        return True
    return bool(known.min() > 0 and known.max() <= MOST_PAUSE_MS and float(np.median(known)) in FRAME_MS)


def times_doubt(stated: str) -> Finding:
    """The finding for times between frames that cannot be."""
    return Finding(
        "frame-times-implausible", "warning",
        f"{stated} cannot be the time between a heart's frames ({FRAME_MS}): not used, no heart rate, "
        "no rates of filling or ejection",
        "pass the time between frames in ms (--frame-ms)",
    )  # fmt: skip


def plausible(cine: Cine) -> Cine:
    """The cine without what cannot be, each with a finding.

    Parameters
    ----------
    cine : Cine
        Of whatever reader, with what the user said in place already.

    Returns
    -------
    Cine
        Uncalibrated where spacing or slice distance cannot be, and then with pixels of size 1; without
        times, cycle length or velocities where these cannot be. The same cine if nothing was found,
        also when it comes a second time.

    Examples
    --------
    >>> wide = Geometry.stack(1, (300.0, 300.0), 8.0, thickness_mm=8.0)
    >>> judged = plausible(Cine(np.zeros((1, 20, 64, 64)), wide))
    >>> judged.geometry.calibrated, judged.geometry.pixel_spacing_mm, judged.findings[0].code
    (False, (1.0, 1.0), 'spacing-implausible')
    """
    cine = without_blank_frames(cine)
    geometry, doubts = _judged(cine.geometry, cine.pixels.shape[2:])
    pixels, more = _grey_values(cine.pixels)
    changes: dict[str, Any] = {"geometry": geometry, "pixels": pixels}
    doubts = (*doubts, *more)
    if cine.times_ms is not None and not steady(cine.times_ms):
        changes["times_ms"] = None
        steps = np.diff(cine.times_ms, axis=1)
        doubts += (times_doubt(f"{np.nanmin(steps):.4g} to {np.nanmax(steps):.4g} ms"),)
    cycles = np.zeros(0) if cine.cycle_ms is None else cine.cycle_ms[~np.isnan(cine.cycle_ms)]
    if impossible := [float(cycle) for cycle in cycles if cycle not in CYCLE_MS]:
        changes["cycle_ms"] = None
        doubts += (_cycle_doubt(impossible[0]),)
    if cine.velocity is not None and not all(v in VENC_CM_S for v in cine.velocity.venc_cm_s):
        changes["velocity"] = None
        doubts += (_venc_doubt(cine.velocity.venc_cm_s),)
    if not doubts and geometry is cine.geometry and pixels is cine.pixels:
        return cine
    return replace(cine, **changes, findings=(*cine.findings, *doubts))


def _judged(geometry: Geometry, samples: Sequence[int]) -> tuple[Geometry, tuple[Finding, ...]]:
    """The geometry, uncalibrated and of pixels of size 1 where it is not known or cannot be."""
    doubts = tuple(_place_doubts(geometry, samples))
    if geometry.thickness_mm is not None and geometry.thickness_mm not in SLICE_MM:
        geometry = replace(geometry, thickness_mm=None)
    if geometry.calibrated and not {doubt.code for doubt in doubts} & UNCALIBRATED:
        return geometry, doubts
    rows, columns = geometry.pixel_spacing_mm
    if (rows, columns) != (1.0, 1.0):
        geometry = replace(
            geometry,
            row_step_mm=geometry.row_step_mm / rows,
            column_step_mm=geometry.column_step_mm / columns,
        )
    if _why_no_steps(geometry):
        geometry = replace(geometry, origins_mm=_in_order(geometry))
    return replace(geometry, calibrated=False) if geometry.calibrated else geometry, doubts


def _place_doubts(geometry: Geometry, samples: Sequence[int]) -> Iterator[Finding]:
    if geometry.calibrated:
        if why := why_no_spacing(geometry.pixel_spacing_mm, samples):
            yield spacing_doubt(geometry.pixel_spacing_mm, why)
        if why := _why_no_steps(geometry):
            yield Finding(
                "slice-step-implausible", "error", f"{why}: not used, volumes are not given",
                "pass the distance between slices in mm (--slice-step)",
            )  # fmt: skip
    thick = geometry.thickness_mm
    if thick is not None and thick not in SLICE_MM:
        yield _thickness_doubt(thick, "error" if geometry.slices == 1 else "warning")


def _why_no_steps(geometry: Geometry) -> str:
    """Why the slices cannot lie where they are said to, empty if they can."""
    if geometry.slices < 2:
        return ""
    gaps = np.diff(np.sort(geometry.slice_positions_mm))
    typical, whole = float(np.median(gaps)), float(gaps.sum())
    if typical not in SLICE_MM:
        return f"slices {typical:.4g} mm apart cannot be ({SLICE_MM})"
    filled_in = abs(typical - _FILLED_IN_MM) < 1e-3 and min(geometry.pixel_spacing_mm) > _OF_MAN_MM
    if filled_in and geometry.slices >= _STACK and whole < _LEAST_REACH_MM:
        return f"{geometry.slices} slices {typical:.4g} mm apart reach {whole:.4g} mm, less than a ventricle"
    if whole > FIELD_MM.most or np.abs(geometry.origins_mm).max() > POSITION_MM.most:
        return f"slices over {whole:.4g} mm, up to {np.abs(geometry.origins_mm).max():.4g} mm away, cannot be"
    return ""


def _in_order(geometry: Geometry) -> Array:
    """Origins of slices one step apart in the order and the direction of those given."""
    positions = geometry.slice_positions_mm
    way = np.sign(positions[-1] - positions[0]) or 1.0
    return np.arange(geometry.slices)[:, None] * (way * geometry.normal)


def _thickness_doubt(stated: float, severity: Any) -> Finding:
    return Finding(
        "thickness-implausible", severity, f"slices {stated:.4g} mm thick cannot be ({SLICE_MM}): not used",
        "pass the distance between slices in mm (--slice-step)",
    )  # fmt: skip


def _cycle_doubt(cycle_ms: float) -> Finding:
    return Finding(
        "cycle-implausible", "warning",
        f"a heart cycle of {cycle_ms:.4g} ms cannot be ({CYCLE_MS}): no heart rate",
        "pass the time between frames in ms (--frame-ms)",
    )  # fmt: skip


def _venc_doubt(venc_cm_s: Sequence[float]) -> Finding:
    stated = ", ".join(f"{venc:.4g}" for venc in venc_cm_s)
    return Finding(
        "venc-implausible", "error",
        f"a VENC of {stated} cm/s cannot be ({VENC_CM_S}): the velocities are left out",
        "pass the true VENC (--venc)",
    )  # fmt: skip


def _grey_values(pixels: NDArray[Any]) -> tuple[NDArray[Any], tuple[Finding, ...]]:
    """Pixels with which arithmetic in 32 bits does not overflow; grey values have no unit to lose."""
    if pixels.dtype.kind != "f" or not pixels.size:
        return pixels, ()
    doubts: tuple[Finding, ...] = ()
    if not (np.isfinite(pixels.min()) and np.isfinite(pixels.max())):
        pixels, doubts = valid_pixels(pixels)
    most = max(abs(float(pixels.min())), abs(float(pixels.max())))
    if most == 0.0 or most in GREY:
        return pixels, doubts
    return (pixels / most * 1024.0).astype(np.float32), doubts
