"""Which axis of a NIfTI file is which, and where its voxels lie in the patient.

A study may be stored along any of the 48 orders and directions of its three axes. With a true
affine they all describe the same picture, so they all become the same cine: slices ascend from
apex to base, and every slice is seen from the apex with the patient's left on the right, as on
the scanner's screen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lvcine.errors import NotACineError
from lvcine.read.plausible import UNCALIBRATED, spacing_doubt
from lvcine.read.ranges import PIXEL_MM
from lvcine.read.user_facts import NO_SPACING
from lvcine.study import Array, FileGrid, Finding, Geometry

_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # xyzt_units: unknown (taken as mm), metre, mm, micron
# Directions in LPS that settle which way round a picture is put. The small parts keep exact
# 45 and 90 degrees from being a toss-up.
_LEFT = np.array([1.0, 0.07, -0.03])
_TO_BASE = np.array([-0.72, 0.55, 0.42])  # a usual LV axis, from apex to base
_CLEARLY_THICKER = 1.5
_SAME = 0.01
_SIZES_MM = (1e-9, 1e9)
"""Voxel sizes beyond are not even calculated with; which of the others are a heart's is asked later."""


@dataclass(frozen=True, eq=False)
class Space:
    """What the header says about the three spatial axes.

    Attributes
    ----------
    affine : ndarray (4, 4)
        Voxel of the file's axes -> RAS mm.
    placed : bool
        Whether the affine knows the patient, or only sizes.
    findings : tuple of Finding
        With :data:`NO_SPACING` or another of :data:`UNCALIBRATED` where sizes are not to be trusted.
    """

    affine: Array
    placed: bool
    findings: tuple[Finding, ...] = ()

    @property
    def sizes(self) -> Array:
        """Voxel size along the file's axes, shape (3,), mm."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)


def read_space(header: Any, *, flat: bool = False) -> Space:
    """The sform if its code says so, else qform, else voxel sizes alone (nifti1.h, methods 3, 2, 1).

    Parameters
    ----------
    header : nibabel header
    flat : bool
        The third axis is time, not space: what the header says about it is passed over.
    """
    header = _flattened(header) if flat else header
    unit = _MM.get(int(header["xyzt_units"]) & 0x07, 1.0)
    sizes = np.abs(np.asarray(header["pixdim"][1:4], float)) * unit
    affine, placed = _affine(header, unit)
    if affine is None:
        return _from_sizes(sizes)
    space = Space(affine, placed)
    if _usable(sizes) and not np.allclose(space.sizes, sizes, rtol=_SAME):
        return replace(space, findings=(_disagreement(space.sizes, sizes), NO_SPACING))
    return _known(space)


def _affine(header: Any, unit: float) -> tuple[Array | None, bool]:
    """The first affine that can be inverted, in mm, and whether it knows the patient."""
    for code, get in (("sform_code", header.get_sform), ("qform_code", header.get_qform)):
        if int(header[code]) <= 0:
            continue
        try:
            affine = np.asarray(get(), float)
        except (ValueError, np.linalg.LinAlgError):  # a quaternion that is none
            continue
        affine[:3] *= unit
        finite = np.isfinite(affine).all() and _usable(np.abs(affine[:3, :3]).max(axis=0))
        if finite and abs(np.linalg.det(affine[:3, :3])) > 1e-9:
            return affine, not _made_up(affine, tuple(int(n) for n in header["dim"][1:4]))
    return None, False


def _flattened(header: Any) -> Any:
    """The header of one slice, as thick as its pixels are wide."""
    flat = header.copy()
    flat["dim"][3], flat["pixdim"][3] = 1, flat["pixdim"][1]
    rows = np.array([flat[f"srow_{axis}"] for axis in "xyz"], float)
    normal = np.cross(rows[:, 0], rows[:, 1])
    length = np.linalg.norm(normal)
    if length > 0:
        for axis, part in zip("xyz", normal / length * np.linalg.norm(rows[:, 0]), strict=True):
            flat[f"srow_{axis}"][2] = part
    return flat


def _made_up(affine: Array, shape: tuple[int, ...]) -> bool:
    """Exactly along the scanner's axes with a corner at its centre: written by software that knew sizes only.

    The heart's axis is oblique, so no short-axis stack lies like that.
    """
    used = np.abs(affine[:3, :3]) > 1e-6 * np.abs(affine[:3, :3]).max()
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    at_centre = np.linalg.norm(affine[:3, :3] @ corners + affine[:3, 3:], axis=0).min() < 1e-3
    return bool(used.sum() == 3 and at_centre)


def _usable(sizes: Array) -> bool:
    return bool(((sizes > _SIZES_MM[0]) & (sizes < _SIZES_MM[1])).all())


def _from_sizes(sizes: Array) -> Space:
    if _usable(sizes):
        return _known(Space(np.diag([*sizes, 1.0]), False))
    stated = bool((sizes[:2] > 0).all())  # 0 is what writers put who do not know it
    doubt = spacing_doubt(sizes[:2].tolist(), f"a pixel measures {PIXEL_MM}") if stated else NO_SPACING
    return Space(np.eye(4), False, (doubt,))


def _disagreement(of_affine: Array, of_zooms: Array) -> Finding:
    text = "the file gives two voxel sizes: {} mm by its affine, {} mm by its zooms".format(
        *(" x ".join(f"{v:.3g}" for v in sizes) for sizes in (of_affine, of_zooms))
    )
    return Finding("spacing-disagrees", "warning", text, "pass the true pixel spacing and slice distance")


def _known(space: Space) -> Space:
    if np.allclose(space.sizes, 1.0, atol=1e-6):
        # What software writes when it knows nothing; no cine of the heart is 1 x 1 x 1 mm.
        return replace(space, findings=(NO_SPACING,))
    return space


def slice_axis(shape: tuple[int, ...], sizes: Array) -> tuple[int, Finding | None]:
    """The file axis along which slices are stacked, and a doubt if there is one.

    Parameters
    ----------
    shape : tuple of int
        Samples along the three spatial axes.
    sizes : ndarray, shape (3,)
        Voxel size, mm.

    Examples
    --------
    >>> slice_axis((10, 256, 216), np.array([8.0, 1.4, 1.4]))
    (0, None)
    """
    single = [a for a in range(3) if shape[a] == 1]
    if len(single) > 1:
        raise NotACineError(f"lines of {max(shape)} voxels, not pictures")
    if single:
        return single[0], None
    by_size, by_count = np.argsort(sizes), np.argsort(shape)
    thick, few = int(by_size[-1]), int(by_count[0])
    if sizes[thick] >= _CLEARLY_THICKER * sizes[by_size[-2]]:
        return thick, None
    fewer = shape[few] * 2 <= shape[int(by_count[1])]
    text = f"no axis is clearly the thickest ({' x '.join(f'{v:.3g}' for v in sizes)} mm): "
    text += f"the one of {shape[few]} samples was taken for the slices"
    severity = "info" if fewer else "warning"
    return few, Finding("slice-axis-guessed", severity, text, "pass the axis order, e.g. XYZT")  # type: ignore[arg-type]


def orient(space: Space, shape: tuple[int, ...], along: int) -> tuple[FileGrid, Geometry]:
    """The one orientation that all 48 ways of storing a stack share.

    Parameters
    ----------
    space : Space
    shape : tuple of int
        Samples along the file's three axes.
    along : int
        File axis of the slices.

    Returns
    -------
    FileGrid
        Way from the file's axes to the cine's and back.
    Geometry
        Of the cine's slices, rows and columns.
    """
    directions = space.affine[:3, :3] / space.sizes  # columns of length 1
    if space.placed:
        directions = np.diag([-1.0, -1.0, 1.0]) @ directions  # LPS
    # else there is no patient to turn to, and the picture stays as its axes run
    a, b = (axis for axis in range(3) if axis != along)
    leftwards = directions[:, [a, b]].T @ _LEFT
    x, y = (a, b) if abs(leftwards[0]) >= abs(leftwards[1]) else (b, a)
    x_flip = bool(directions[:, x] @ _LEFT < 0)
    right = directions[:, x] * (-1.0 if x_flip else 1.0)
    y_flip = bool(np.cross(right, directions[:, y]) @ _TO_BASE < 0)
    down = directions[:, y] * (-1.0 if y_flip else 1.0)
    z_flip = bool(directions[:, along] @ np.cross(right, down) < 0)
    grid = FileGrid((along, y, x), space.affine, (z_flip, y_flip, x_flip))
    # A size of exactly 1 along an axis of one sample is what writers fill in, not a thickness.
    thickness = float(space.sizes[along]) if shape[along] == 1 and space.sizes[along] != 1.0 else None
    geometry = Geometry.from_ras_affine(
        space.affine @ _back_to_file(grid, shape),
        shape[along],
        thickness_mm=thickness,
        calibrated=not {finding.code for finding in space.findings} & UNCALIBRATED,
        placed=space.placed,
    )
    return grid, geometry


def _back_to_file(grid: FileGrid, shape: tuple[int, ...]) -> Array:
    """Voxel (x, y, z, 1) of the cine -> voxel (i, j, k, 1) of the file."""
    matrix = np.eye(4) * [0.0, 0.0, 0.0, 1.0]
    for column, axis, flipped in zip((2, 1, 0), grid.axes, grid.flips, strict=True):
        matrix[axis, column] = -1.0 if flipped else 1.0
        matrix[axis, 3] = shape[axis] - 1.0 if flipped else 0.0
    return matrix
