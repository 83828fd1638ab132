"""A velocity-mapping scan as NIfTI files: the magnitude, three channels, and a small JSON that joins them.

::

    {
      "magnitude": "mag.nii.gz",
      "velocity": ["x.nii.gz", "y.nii.gz", "z.nii.gz"],
      "venc_cm_s": [20, 20, 30],
      "unit": "cm/s",
      "directions": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    }

``venc_cm_s`` is one number or three. ``unit`` is ``cm/s`` (if left out), ``m/s``, ``mm/s``, or ``phase``,
radians from -pi to pi.
``directions`` are unit vectors in LPS along which the channels are positive; without them the channels are
along the files' own axes as stored: x the first axis in the plane of the slices, y the second, z the axis
of the slices, each positive as its index grows.
"""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.read.nifti.file import read_file
from lvcine.read.nifti.grid import read_space
from lvcine.read.nifti.reader import read_nifti, with_time_last
from lvcine.read.options import ReadOptions
from lvcine.read.packed import naming
from lvcine.read.velocity_arrays import with_channels
from lvcine.study import Array, Cine, Velocity

_MOST_BYTES = 1 << 16
_CM_S = {"cm/s": 1.0, "m/s": 100.0, "mm/s": 0.1}
_UNITS = (*_CM_S, "phase")
_FORM = 'give {"magnitude": FILE, "velocity": [FILE, FILE, FILE], "venc_cm_s": [X, Y, Z]}'
_PARTS = ("the magnitude", "velocity channel 1", "velocity channel 2", "velocity channel 3")
_SAME_AFFINE_MM = 0.01


def read_velocity_nifti(path: Path, options: ReadOptions) -> tuple[Cine, tuple[Path, ...]]:
    """Read a scan by its sidecar.

    Parameters
    ----------
    path : Path
        The JSON. The files it names lie in its own folder or below; links do not lead out of that.
    options : ReadOptions

    Returns
    -------
    cine : Cine
        With velocities.
    files : tuple of Path
        The sidecar and the files that it names.

    Raises
    ------
    ReadError
        Not such a JSON, files that are missing or lead out of the folder, channels on another grid than the
        magnitude's, no VENC.
    """
    with naming(path):
        facts = _facts(path)
        names = [facts["magnitude"], *facts["velocity"]]
        magnitude, *channels = (_inside(path, name, which) for name, which in zip(names, _PARTS, strict=True))
        cine = read_nifti(magnitude, options)
        values = np.stack([_channel(file, cine, options) for file in channels])
        if facts["unit"] != "phase":
            values = values.astype(np.float32) * np.float32(_CM_S[facts["unit"]])
        directions = facts.get("directions")
        cine = with_channels(
            cine,
            values,
            facts.get("venc_cm_s"),
            along_file(cine) if directions is None else directions,
            options,
            phase=facts["unit"] == "phase",
        )
    return cine, (path, magnitude, *channels)


def named_by(sidecar: Path) -> set[Path]:
    """The files that a sidecar names, as far as it can be understood and they are there."""
    try:
        facts = _facts(sidecar)
    except ReadError:
        return set()
    found = set()
    for name in (facts["magnitude"], *facts["velocity"]):
        with contextlib.suppress(ReadError):
            found.add(_inside(sidecar, name, "a file").resolve())
    return found


def _facts(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        text = file.read(_MOST_BYTES + 1)
    try:
        facts = json.loads(text) if len(text) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise ReadError("not the JSON of a velocity scan", advice=_FORM)
    names = [facts.get("magnitude"), *_listed(facts.get("velocity"))]
    if len(names) != 4 or not all(isinstance(name, str) and name for name in names):
        raise ReadError(f"a velocity scan {_what_is_missing(names)}", advice=_FORM)
    unit = facts.get("unit", _UNITS[0])
    if unit not in _UNITS:
        raise ReadError(
            f"velocities in {str(unit)[:20]!r}", advice=f"give one of {', '.join(_UNITS)} as unit"
        )
    return {**facts, "unit": unit}


def _what_is_missing(names: list[Any]) -> str:
    magnitude, *channels = (isinstance(name, str) and bool(name) for name in names)
    if not magnitude:
        return "without its magnitude"
    return f"with {sum(channels)} of its three channels"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _inside(sidecar: Path, name: str, which: str) -> Path:
    """The file of that name in the sidecar's folder or below."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name or "\0" in name:
        raise ReadError("a file outside of the sidecar's folder", advice="name files beside the sidecar")
    folder = sidecar.parent
    path = next((p for p in (folder / name, *_unpacked(sidecar, parts[-1])) if _is_file(p)), None)
    if path is None:
        raise ReadError(f"{which} of the velocity scan is missing", advice="put it beside the sidecar")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ReadError("a link that leads out of the sidecar's folder", advice="copy the file there")
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _unpacked(sidecar: Path, name: str) -> list[Path]:
    """A file under the name that unpacking an archive gave it (:func:`lvcine.read.archive.unpacked`)."""
    if not re.match(r"\d{6}_", sidecar.name):
        return []
    safe = re.escape(re.sub(r"[^A-Za-z0-9._-]+", "_", re.sub(r"\.(gz|bz2|xz)$", "", name))[-80:])
    return [p for p in sorted(sidecar.parent.iterdir()) if re.fullmatch(rf"\d{{6}}_{safe}", p.name)]


def _channel(path: Path, cine: Cine, options: ReadOptions) -> NDArray[Any]:
    """Values (Z, T, Y, X) of a file on the grid of the magnitude."""
    file = read_file(path, options.max_pixels)
    voxels, flat, _ = with_time_last(file, options)
    z, t, y, x = cine.pixels.shape
    shape = [0, 0, 0, t]
    for axis, samples in zip(cine.file_grid.axes, (z, y, x), strict=True):
        shape[axis] = samples
    affine = read_space(file.header, flat=flat).affine
    grid = cine.file_grid.ras_affine
    if voxels.shape != tuple(shape) or grid is None or not np.allclose(affine, grid, atol=_SAME_AFFINE_MM):
        raise ReadError(
            f"a channel of shape {voxels.shape} beside a magnitude of {tuple(shape)}, or placed elsewhere",
            where=path.name, advice="store the channels on the grid of the magnitude",
        )  # fmt: skip
    return np.ascontiguousarray(cine.file_grid.from_file_axes(voxels))


def along_file(cine: Cine) -> Array:
    """Directions (3, 3) of channels along the file's own axes: the two in plane, then that of the slices.

    Parameters
    ----------
    cine : Cine
        From a NIfTI file; its ``file_grid`` leads back to the file's axes.

    Examples
    --------
    >>> from lvcine.study import FileGrid, Geometry
    >>> g = Geometry.stack(1, (1.5, 1.5), 8.0)
    >>> turned = FileGrid(axes=(2, 0, 1), flips=(False, True, False))  # rows first, and upside down
    >>> along_file(Cine(np.zeros((1, 2, 4, 4)), g, file_grid=turned)).tolist()
    [[-0.0, -1.0, -0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    x, y, z = Velocity.along_picture(cine.geometry)
    grid = cine.file_grid
    of_axis = {
        axis: -vector if flipped else vector
        for axis, vector, flipped in zip(grid.axes, (z, y, x), grid.flips, strict=True)
    }
    slices, *in_plane = grid.axes
    return np.stack([of_axis[axis] for axis in (*sorted(in_plane), slices)])
