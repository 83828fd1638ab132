"""A cine as a 4-D NIfTI file, stored along any order and direction of its axes."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from lvcine.study import Cine, FileGrid


def write_nifti(
    cine: Cine,
    path: Path | str,
    *,
    axes: tuple[int, int, int] = (2, 1, 0),
    flips: tuple[bool, bool, bool] = (False, False, False),
) -> Path:
    """Write ``.nii`` or ``.nii.gz`` with the affine that keeps every voxel where it is.

    Parameters
    ----------
    cine : Cine
        Slices are put at their best even distance, which is all that an affine can say; times at
        their mean step, in seconds (none without ``times_ms``).
    path : Path
    axes : tuple of int
        File axis of the cine's (Z, Y, X).
    flips : tuple of bool
        Whether the cine's (Z, Y, X) runs against its file axis.

    Examples
    --------
    >>> import tempfile
    >>> from lvcine.study import Geometry
    >>> cine = Cine(np.zeros((2, 3, 4, 5), np.int16), Geometry.stack(2, (1.5, 1.25), 8.0))
    >>> image = nib.load(write_nifti(cine, Path(tempfile.mkdtemp()) / "cine.nii.gz", axes=(0, 1, 2)))
    >>> image.shape, [float(zoom) for zoom in image.header.get_zooms()[:3]]
    ((2, 4, 5, 3), [8.0, 1.5, 1.25])
    """
    voxels = FileGrid(axes, None, flips).to_file_axes(_storable(cine.pixels))
    image = nib.Nifti1Image(voxels, _affine(cine, axes, flips))
    image.set_qform(image.affine, code=1)
    image.set_sform(image.affine, code=1)
    step_s = _step_s(cine)
    image.header.set_zooms((*image.header.get_zooms()[:3], step_s))
    image.header.set_xyzt_units("mm", "sec" if step_s else "unknown")
    nib.save(image, path)
    return Path(path)


def _storable(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Types that every NIfTI reader knows."""
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32)
    return pixels.astype(np.int32) if pixels.dtype.itemsize > 4 else pixels


def _affine(cine: Cine, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> NDArray[np.float64]:
    """Voxel of the file -> RAS mm: the cine's own affine with columns moved and turned."""
    straight = cine.geometry.ras_affine()  # columns: x, y, z
    z, _, y, x = cine.pixels.shape
    affine = np.eye(4)
    affine[:3, 3] = straight[:3, 3]
    for column, axis, flipped, samples in zip((2, 1, 0), axes, flips, (z, y, x), strict=True):
        affine[:3, axis] = -straight[:3, column] if flipped else straight[:3, column]
        affine[:3, 3] += straight[:3, column] * (samples - 1 if flipped else 0)
    return affine


def _step_s(cine: Cine) -> float:
    if cine.times_ms is None or cine.frames < 2:
        return 0.0
    return float(np.diff(cine.times_ms, axis=1).mean()) / 1000.0
