"""4-D NIfTI files: one stack of slices over the heart cycle, stored any way round."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import NotACineError, ReadError
from lvcine.read.nifti.file import NiftiFile, read_file
from lvcine.read.nifti.grid import orient, read_space, slice_axis
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.packed import naming
from lvcine.read.plausible import UNCALIBRATED
from lvcine.read.sector import SECTOR_ASSUMED, is_volume, shows_sector
from lvcine.read.user_facts import NO_TIMES, TWO_PHASES, even_times, with_user_facts
from lvcine.read.valid_pixels import valid_pixels
from lvcine.study import Cine, FileGrid, Finding, Geometry

_MS = {8: 1000.0, 16: 1.0, 24: 0.001}  # xyzt_units: second, millisecond, microsecond
_FRAME_MS = (4.0, 200.0)  # shortest and longest time between frames of a heart cine
_CYCLE_MS = (300.0, 2000.0)  # 200 to 30 beats per minute
_SLICE_STEP_MM = (2.0, 25.0)
_FEWEST_FRAMES = 8  # that a third axis must have to be taken for time


def read_nifti(path: Path | str, options: ReadOptions = DEFAULTS) -> Cine:
    """Read a NIfTI-1 or NIfTI-2 file as a cine.

    Parameters
    ----------
    path : Path
        ``.nii``, alone or compressed: three spatial axes in any order and direction, then time.
        Axes of one sample beyond the third are dropped.
    options : ReadOptions
        ``axes`` names the file's axes (``XYZT``, ``ZXYT``, ``XYTZ``, ``XYT``) where they cannot be inferred.

    Returns
    -------
    Cine
        ``file_grid`` leads back to the file's own axes. All 48 ways of storing one stack with a
        true affine give the same cine.

    Raises
    ------
    ReadError
        Not NIfTI, truncated, not grey, larger than ``options.max_pixels``.
    NotACineError
        One moment only, a label map, or nothing but one value.

    Examples
    --------
    >>> import nibabel, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "cine.nii.gz"
    >>> noise = np.random.default_rng(0).integers(0, 1000, (24, 20, 3, 15)).astype(np.int16)
    >>> image = nibabel.Nifti1Image(noise, np.diag([1.5, 1.5, 8.0, 1.0]))
    >>> image.header.set_zooms((1.5, 1.5, 8.0, 0.05))
    >>> image.header.set_xyzt_units("mm", "sec")
    >>> nibabel.save(image, path)
    >>> cine = read_nifti(path)
    >>> cine.pixels.shape, cine.geometry.slice_step_mm, round(cine.heart_rate_bpm)
    ((3, 15, 20, 24), 8.0, 80)
    """
    path = Path(path)
    file = read_file(path, options.max_pixels)
    with naming(path):
        return with_user_facts(cine_of(file, options), options)


def is_one_moment(file: NiftiFile, options: ReadOptions) -> bool:
    """Whether a file holds slices without time, so that others like it may be its other moments."""
    if options.axes is not None and options.axes.endswith("T"):
        return False
    if file.voxels.ndim != 3:
        return False
    return not (_third_axis_is_time(file.header, file.voxels.shape) or _is_clip(file.voxels))


def _is_clip(voxels: NDArray[Any]) -> bool:
    """Whether the third axis of ultrasound is time: the fan is as wide in every frame."""
    if voxels.shape[2] < 3 or min(voxels.shape[:2]) < 16:
        return False
    order = _fan_axes(voxels[:, :, None], 2)
    return order is not None and not is_volume(voxels.transpose(2, 0, 1))


def cine_of(file: NiftiFile, options: ReadOptions) -> Cine:
    """The cine of a file in memory, without what the user knows better.

    Raises
    ------
    ReadError, NotACineError
        As :func:`read_nifti`.
    """
    voxels, flat, findings = with_time_last(file, options)
    if voxels.shape[3] < 2:
        raise _one_moment()
    voxels, more = valid_pixels(voxels)
    if _is_signed(voxels):
        raise NotACineError(
            "signed values about zero: a velocity channel or a phase, without the JSON that names it",
            advice="give the magnitude, or a JSON that joins magnitude and channels (docs, inputs)",
        )
    shape = voxels.shape[:3]
    space = read_space(_header_of(file.header, options), flat=flat)
    along, doubt = _told_slice_axis(options, flat) or slice_axis(shape, space.sizes)
    if shape[along] == 1 and (order := _fan_axes(voxels, along)):
        return _clip(voxels, space, order, file.header, options, findings + more)
    grid, geometry = orient(space, shape, along)
    findings += more + space.findings + ((doubt,) if doubt else ())
    cine = Cine(
        np.ascontiguousarray(grid.from_file_axes(voxels)),
        replace(geometry, thickness_mm=None) if flat else geometry,
        gated=options.gated is not False,
        label="NIfTI",
        file_grid=grid,
        findings=findings,
    )
    if cine.frames == 2:
        return replace(cine, phases_only=True).with_findings(TWO_PHASES)
    return _timed(cine, _header_of(file.header, options))


def _is_signed(voxels: NDArray[Any]) -> bool:
    """Whether values lie as far below zero as above, as no magnitude's do, resampled or normalised."""
    if voxels.dtype.kind == "u":
        return False
    low, high = (float(v) for v in np.percentile(voxels.ravel()[:: max(1, voxels.size // 200_000)], (1, 99)))
    return low < 0 < high and -low > 0.7 * high


def _fan_axes(voxels: NDArray[Any], along: int) -> tuple[int, int, int] | None:
    """File axes of (Z, Y, X) if one slice shows ultrasound: those of an upright fan; None if it does not."""
    x, y = (axis for axis in range(3) if axis != along)
    return next(
        (
            order
            for order in ((along, y, x), (along, x, y))
            if shows_sector(voxels.transpose(*order, 3)[0].transpose(2, 0, 1))
        ),
        None,
    )


def _clip(
    voxels: NDArray[Any], space: Any, order: tuple[int, int, int], header: Any, options: ReadOptions,
    findings: tuple[Finding, ...],
) -> Cine:  # fmt: skip
    """An ultrasound clip, as it is stored: a probe has no axes of the patient to be turned to."""
    grid = FileGrid(order, space.affine)
    _, y, x = order
    calibrated = not {finding.code for finding in space.findings} & UNCALIBRATED
    geometry = Geometry.stack(1, (space.sizes[y], space.sizes[x]), 1.0, calibrated=calibrated)
    pixels = np.ascontiguousarray(grid.from_file_axes(voxels))
    if is_volume(pixels[0]):
        raise NotACineError(
            "a three-dimensional ultrasound volume: slices, not frames", advice="give a clip of one plane"
        )
    cine = Cine(
        pixels, geometry, gated=options.gated is True, modality="US", label="NIfTI", file_grid=grid,
        findings=(*findings, *space.findings, SECTOR_ASSUMED),
    )  # fmt: skip
    if cine.frames == 2:
        return replace(cine, phases_only=True).with_findings(TWO_PHASES)
    return _timed(cine, header)


def with_time_last(file: NiftiFile, options: ReadOptions) -> tuple[NDArray[Any], bool, tuple[Finding, ...]]:
    """Voxels (i, j, k, T); whether the file's third axis turned out to be time."""
    voxels = file.voxels
    if options.axes is not None:
        _check_axes(options.axes, voxels.ndim)
        flat = voxels.ndim == 3
        return (voxels[:, :, None] if flat else np.moveaxis(voxels, options.axes.index("T"), 3)), flat, ()
    if voxels.ndim == 4:
        return voxels, False, ()
    if voxels.ndim > 4:
        raise ReadError(
            f"{voxels.ndim} axes longer than one sample: {voxels.shape}", advice="give (x, y, slice, time)"
        )
    if not (_third_axis_is_time(file.header, voxels.shape) or _is_clip(voxels)):
        raise _one_moment()
    text = f"three axes, and no slice distance that could be one: the {voxels.shape[2]} samples of the third "
    doubt = Finding("third-axis-taken-as-time", "warning", text + "were taken as frames", "store it as 4-D")
    return voxels[:, :, None], True, (doubt,)


def _check_axes(axes: str, ndim: int) -> None:
    wanted = "XYZT" if ndim == 4 else "XYT"
    early = axes.find("T") < 2 or (ndim == 3 and axes[-1] != "T")
    if sorted(axes) != sorted(wanted) or ndim not in (3, 4) or early:
        raise ReadError(
            f"axes {axes} for a NIfTI file with {ndim} axes",
            advice=f"name each axis once, time last or before the slices, e.g. {wanted}",
        )


def _header_of(header: Any, options: ReadOptions) -> Any:
    """The header with time last: where it lies among the axes of space, their sizes move up.

    A direction is known of three axes; that of the slices is then at right angles to the picture.
    """
    if options.axes is None or options.axes.endswith("T") or len(options.axes) < 4:
        return header
    moved = header.copy()
    order = [axis for axis, letter in enumerate(options.axes) if letter != "T"]
    for place, axis in enumerate(order):
        moved["dim"][place + 1], moved["pixdim"][place + 1] = (
            header["dim"][axis + 1],
            header["pixdim"][axis + 1],
        )
    time = options.axes.index("T")
    moved["dim"][4], moved["pixdim"][4] = header["dim"][time + 1], header["pixdim"][time + 1]
    moved["sform_code"] = moved["qform_code"] = 0  # of other axes
    return moved


def _told_slice_axis(options: ReadOptions, flat: bool) -> tuple[int, None] | None:
    if flat:
        return 2, None
    return (options.axes.replace("T", "").index("Z"), None) if options.axes else None


def _one_moment() -> NotACineError:
    return NotACineError(
        "one moment only: the file has no time axis",
        advice="give the cine as (x, y, slice, time); if the third axis is time, pass the axes XYT",
    )


def _third_axis_is_time(header: Any, shape: tuple[int, ...]) -> bool:
    """Whether a 3-D file must be one slice over time: its third step can be no distance of slices."""
    step, wide = float(header["pixdim"][3]), float(header["pixdim"][1])
    if shape[2] < _FEWEST_FRAMES or float(header["toffset"]) != 0.0:
        return False  # few samples are slices; an offset in time says that this is one moment of many
    if not math.isfinite(step) or step <= 0:
        return True
    a_distance = _SLICE_STEP_MM[0] <= step <= _SLICE_STEP_MM[1] or abs(step - wide) <= 0.05 * wide
    return not a_distance and (step < 0.3 or step == 1.0 or step > _SLICE_STEP_MM[1])


def _timed(cine: Cine, header: Any) -> Cine:
    """The cine with its clock, if the header's step can be one."""
    step_ms, doubt = _frame_ms(header)
    if step_ms is None:
        return cine.with_findings(NO_TIMES)
    timed = even_times(cine, step_ms)
    if doubt is not None:
        timed = timed.with_findings(doubt)
    return _with_cycle_doubt(timed, step_ms)


def _with_cycle_doubt(cine: Cine, step_ms: float) -> Cine:
    """NIfTI has no field for the heart cycle: what the frames span is all there is."""
    if cine.cycle_ms is None:
        return cine
    cycle = cine.frames * step_ms
    if _CYCLE_MS[0] <= cycle <= _CYCLE_MS[1]:
        text = f"cycle length taken as {cine.frames} frames of {step_ms:.4g} ms: {cycle:.0f} ms"
        return cine.with_findings(
            Finding("cycle-from-frames", "info", text, "pass the frame time if it is not so")
        )
    text = f"{cine.frames} frames of {step_ms:.4g} ms make {cycle:.0f} ms, no heart cycle: no heart rate"
    doubt = Finding("cycle-implausible", "warning", text, "pass the time between frames in ms")
    return replace(cine, cycle_ms=None).with_findings(doubt)


def _frame_ms(header: Any) -> tuple[float | None, Finding | None]:
    """Time between frames by the header; by the only unit that makes sense of it; or None."""
    step = float(header["pixdim"][_time_axis(header) + 1])
    if not math.isfinite(step) or step <= 0:
        return None, None
    declared = _MS.get(int(header["xyzt_units"]) & 0x38)
    if declared is not None and _plausible(step * declared):
        return step * declared, None
    for factor, unit in ((1000.0, "seconds"), (1.0, "milliseconds")):
        if _plausible(step * factor):
            text = f"time step {step:.4g} taken as {unit}; the file's unit makes no sense of it"
            return step * factor, Finding(
                "time-unit-guessed", "warning", text, "pass the time between frames in ms"
            )
    return None, None


def _time_axis(header: Any) -> int:
    """The first axis beyond the third that has samples; the third in a 3-D file."""
    shape = [int(n) for n in header["dim"][1 : int(header["dim"][0]) + 1]]
    return next((a for a in range(3, len(shape)) if shape[a] > 1), 2)


def _plausible(frame_ms: float) -> bool:
    return _FRAME_MS[0] <= frame_ms <= _FRAME_MS[1]
