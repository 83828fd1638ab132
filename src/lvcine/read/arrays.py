"""NumPy arrays, in memory or in a file: pixels and what little goes with them."""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import NotACineError, ReadError
from lvcine.read.options import DEFAULTS, ReadOptions
from lvcine.read.packed import mapped, most_inflated, naming
from lvcine.read.user_facts import NO_SLICE_STEP, NO_SPACING, NO_TIMES, TWO_PHASES, with_user_facts
from lvcine.read.valid_pixels import valid_pixels
from lvcine.read.velocity_arrays import with_channels
from lvcine.study import Cine, Finding, Geometry, Velocity

_DEFAULT_AXES = {3: "TYX", 4: "ZTYX"}
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError,
    OSError, EOFError, ValueError, SyntaxError, RuntimeError, TypeError, OverflowError,
)  # fmt: skip
_VELOCITY = "velocity_cm_s"
_FACTS = ("spacing_mm", "step_mm", "times_ms", _VELOCITY, "venc_cm_s", "directions")


@dataclass(frozen=True, eq=False)
class _Given:
    """Pixels and the facts stored beside them."""

    pixels: NDArray[Any]
    facts: dict[str, NDArray[Any]] = field(default_factory=dict)


def read_array(source: NDArray[Any] | Path | str, options: ReadOptions = DEFAULTS) -> Cine:
    """Take an array as a cine.

    Parameters
    ----------
    source : ndarray or Path
        In memory, ``.npy``, or ``.npz`` with one array or with ``pixels`` and any of
        ``spacing_mm`` (between rows, between columns), ``step_mm`` (between slices), ``times_ms``
        (T,) or (Z, T); of a velocity-mapping scan also ``velocity_cm_s`` (3 channels, then the
        axes of ``pixels``), ``venc_cm_s`` (1 or 3) and ``directions`` (3, 3): a unit vector for each
        channel along columns (x), rows (y) and slices (z), without which they are just these three.
        Nothing that needs unpickling is read.
    options : ReadOptions
        ``axes`` names the axes; without it four are ZTYX and three are TYX. What it says of
        spacing and time comes before what the file says.

    Returns
    -------
    Cine
        Uncalibrated until pixel spacing and, of several slices, their distance are known. Gated
        unless the options say otherwise.

    Raises
    ------
    ReadError
        Axes unclear, colour, complex, not numbers, damaged, larger than ``options.max_pixels``.
    NotACineError
        One frame.

    Examples
    --------
    >>> noise = np.random.default_rng(0).random((20, 64, 64))
    >>> cine = read_array(noise, ReadOptions(spacing_mm=(1.4, 1.4), frame_ms=40.0))
    >>> cine.pixels.shape, cine.geometry.calibrated, cine.heart_rate_bpm
    ((1, 20, 64, 64), True, 75.0)
    """
    if isinstance(source, np.ndarray):
        return with_user_facts(_cine(_Given(source), options), options)
    path = Path(source)
    with naming(path):
        return with_user_facts(_cine(_load(path, options.max_pixels), options), options)


def _cine(given: _Given, options: ReadOptions) -> Cine:
    pixels = _ztyx(given.pixels, options)
    slices, frames = pixels.shape[:2]
    if frames < 2:
        raise NotACineError("a single frame", advice="give the frames of a whole cycle, or ED and ES")
    facts = _unsaid(given.facts, options)
    geometry, findings = _geometry(facts, slices)
    pixels, doubts = valid_pixels(pixels)
    cine = Cine(
        pixels,
        geometry,
        gated=options.gated is not False,
        phases_only=frames == 2,
        modality="UNKNOWN",
        label="array",
        findings=(*findings, *doubts),
    )
    cine = cine.with_findings(TWO_PHASES) if cine.phases_only else _timed(cine, facts)
    return _with_velocity(cine, given, options) if _VELOCITY in given.facts else cine


def _unsaid(facts: dict[str, NDArray[Any]], options: ReadOptions) -> dict[str, NDArray[Any]]:
    """The facts that the user does not give: what her word replaces need not even make sense."""
    said = {
        "spacing_mm": options.spacing_mm,
        "step_mm": options.slice_step_mm,
        "times_ms": options.frame_ms,
        "venc_cm_s": options.venc_cm_s,
    }
    return {name: value for name, value in facts.items() if said.get(name) is None}


def _with_velocity(cine: Cine, given: _Given, options: ReadOptions) -> Cine:
    values, facts = given.facts[_VELOCITY], given.facts
    if values.shape != (3, *given.pixels.shape):
        raise ReadError(
            f"{_VELOCITY} of shape {values.shape} beside pixels of {given.pixels.shape}",
            advice="give three channels first, then the axes of the pixels",
        )
    channels = np.stack([_ztyx(channel, options) for channel in values])
    directions = facts.get("directions", Velocity.along_picture(cine.geometry))
    return with_channels(cine, channels, facts.get("venc_cm_s"), directions, options)


def _ztyx(pixels: NDArray[Any], options: ReadOptions) -> NDArray[Any]:
    """Real numbers along (Z, T, Y, X)."""
    _check_kind(pixels, options.axes)
    axes = options.axes or _DEFAULT_AXES.get(pixels.ndim, "")
    if len(axes) != pixels.ndim or len(set(axes)) != len(axes) or not set("TYX") <= set(axes) <= set("ZTYX"):
        raise ReadError(
            f"an array of shape {pixels.shape} with axes {axes or 'unknown'}",
            advice='name each axis by a letter of Z (slice), T (frame), Y, X, e.g. axes="TYX" or "YXZT"',
        )
    _check_size(pixels.shape, options.max_pixels)
    if options.axes is None and pixels.ndim == 3 and 2 * pixels.shape[2] <= min(pixels.shape[:2]):
        t, y, x = pixels.shape
        raise ReadError(
            f"an array of shape {pixels.shape}: {t} frames of {y} x {x} pixels by its default axes TYX",
            advice='name each axis by a letter of T (frame), Y, X, e.g. axes="YXT" or "TYX"',
        )
    if options.axes is None and pixels.ndim == 4 and max(pixels.shape[2:]) < min(pixels.shape[:2]):
        z, t, y, x = pixels.shape
        raise ReadError(
            f"an array of shape {pixels.shape}: {z} slices of {t} frames of {y} x {x} pixels by its default "
            "axes ZTYX",
            advice='name each axis by a letter of Z (slice), T (frame), Y, X, e.g. axes="YXZT"',
        )
    ordered = pixels.transpose([axes.index(letter) for letter in "ZTYX" if letter in axes])
    return np.ascontiguousarray(ordered if "Z" in axes else ordered[None])


def _check_kind(pixels: NDArray[Any], axes: str | None) -> None:
    if pixels.dtype.kind == "c":
        raise ReadError("complex pixels", advice="give the magnitude: numpy.abs(pixels)")
    if pixels.dtype.kind not in "uif":
        raise ReadError(f"pixels of type {pixels.dtype}", advice="give numbers (integer or float)")
    if axes is None and pixels.ndim > 3 and pixels.shape[-1] in (3, 4):
        raise ReadError(
            f"an array of shape {pixels.shape}, colour by its last axis", advice="give grey pixels"
        )


def _check_size(shape: tuple[int, ...], max_pixels: int) -> None:
    if 0 in shape or math.prod(shape) > max_pixels:
        raise ReadError(f"an array of shape {shape}", advice=f"give 1 to {max_pixels:,} pixels")


def _geometry(facts: dict[str, NDArray[Any]], slices: int) -> tuple[Geometry, tuple[Finding, ...]]:
    spacing, step = _positive(facts, "spacing_mm", (1, 2)), _positive(facts, "step_mm", (1,))
    findings: tuple[Finding, ...] = () if spacing else (NO_SPACING,)
    if slices > 1 and not step:
        findings += (NO_SLICE_STEP,)
    rows, columns = (spacing[0], spacing[-1]) if spacing else (1.0, 1.0)
    known_step = step[0] if step else None
    geometry = Geometry.stack(
        slices, (rows, columns), known_step or 1.0, thickness_mm=known_step, calibrated=not findings
    )
    return geometry, findings


def _positive(facts: dict[str, NDArray[Any]], name: str, lengths: tuple[int, ...]) -> list[float] | None:
    if name not in facts:
        return None
    values = facts[name].ravel()
    if (
        values.dtype.kind not in "uif"
        or len(values) not in lengths
        or not (np.isfinite(values) & (values > 0)).all()
    ):
        raise ReadError(
            f"{name} is {values.tolist()}", advice=f"give {' or '.join(map(str, lengths))} lengths in mm"
        )
    return [float(v) for v in values]


def _timed(cine: Cine, facts: dict[str, NDArray[Any]]) -> Cine:
    """The cine with stored times; a gated one's cycle ends one mean step after the last frame."""
    if "times_ms" not in facts:
        return cine.with_findings(NO_TIMES)
    times = facts["times_ms"]
    shape = (cine.slices, cine.frames)
    if times.shape not in (shape, shape[1:]) or times.dtype.kind not in "uif":
        raise ReadError(
            f"times_ms of shape {times.shape}", advice=f"give shape {shape} or {shape[1:]}, in ms"
        )
    times = np.broadcast_to(times.astype(np.float64), shape)
    if not (np.isfinite(times).all() and (np.diff(times, axis=1) > 0).all()):
        raise ReadError("times_ms do not increase", advice="order the frames by time")
    span = times[:, -1] - times[:, 0]
    cycle = span * cine.frames / (cine.frames - 1) if cine.gated else None
    return replace(cine, times_ms=times.copy(), cycle_ms=cycle)


def _load(path: Path, max_pixels: int) -> _Given:
    """An array from a file; sizes are judged by the header before memory is taken."""
    try:
        with open(path, "rb") as raw:
            packed = raw.read(4) == b"PK\x03\x04"
        return _load_npz(path, max_pixels) if packed else _Given(_load_npy(path, max_pixels))
    except _DAMAGE as error:
        raise ReadError(
            "not a NumPy file, damaged, or with objects that would run code when read",
            where=path.name,
            advice="save it again with numpy.save",
        ) from error


def _load_npy(path: Path, max_pixels: int) -> NDArray[Any]:
    with mapped(path) as content:
        shape, _ = _header(content)
    _check_size(shape, max_pixels)
    return np.array(np.load(path, mmap_mode="r", allow_pickle=False))


def _load_npz(path: Path, max_pixels: int) -> _Given:
    with zipfile.ZipFile(path) as archive:
        shapes = {name.removesuffix(".npy"): _shape_in(archive, name) for name in archive.namelist()}
        declared = sum(entry.file_size for entry in archive.infolist())
    for shape in shapes.values():
        _check_size(shape, max_pixels)
    if declared > most_inflated(path.stat().st_size):
        raise ReadError("it inflates to an absurd size", advice="save it with numpy.savez")
    names = [name for name in shapes if name not in _FACTS]
    if "pixels" not in shapes and len(names) != 1:
        raise ReadError(
            f"arrays {', '.join(sorted(shapes)) or 'none'}",
            where=path.name,
            advice='name the pixels "pixels"',
        )
    with np.load(path, allow_pickle=False) as file:
        facts = {name: file[name] for name in _FACTS if name in shapes}
        return _Given(file["pixels" if "pixels" in shapes else names[0]], facts)


def _shape_in(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ReadError("an unusual compression", advice="save it with numpy.savez_compressed")
    with archive.open(name) as member:
        shape, dtype = _header(member)
    if math.prod(shape) * dtype.itemsize > archive.getinfo(name).file_size:
        raise EOFError(name)
    return shape


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array in a ``.npy``, at whose start the file is."""
    if np.lib.format.read_magic(file) == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    return shape, dtype
