"""The scan and its masks as other programs take them: 4-D for viewers, 3-D pairs for nets and Slicer."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lvcine.measure.timing import mean_frame_step_ms
from lvcine.study import Analysis, Cine

Viewer = Literal["none", "pairs", "frames", "slices"]
"""What is written beside ``segmentation.nii.gz``: nothing; ED and ES in pairs; also every frame, or slice."""

# NIfTI-1 xform codes: 1 scanner coordinates, 2 aligned to something else (nifti1.h).
_SCANNER, _ALIGNED = 1, 2
_WHEN = (1980, 1, 1, 0, 0, 0)
"""The earliest time of a zip entry: the same masks give the same bytes, and no date of an examination."""


def viewer_files(analysis: Analysis, what: Viewer) -> dict[str, bytes]:
    """File name -> bytes.

    ``cine.nii.gz`` is the scan in grey on the grid of ``segmentation.nii.gz``, voxel for voxel; ``ed.nii.gz``
    and ``es.nii.gz`` are its two phases in 3-D, each with its ``_labels``. ``frames`` adds ``frames.zip``:
    every frame as a 3-D pair, ``images/frame_000.nii.gz`` and ``labels/frame_000.nii.gz``. ``slices`` adds
    ``slices.zip``: every slice over time, (x, y, frame).
    """
    if what == "none":
        return {}
    cine = analysis.cine
    grey = cine.file_grid.to_file_axes(as_written(cine.pixels))
    labels = cine.file_grid.to_file_axes(analysis.segmentation.mask.labels)
    made = {"cine.nii.gz": nifti(grey, cine, "lvcine grey")}
    for name, frame in (("ed", analysis.ed_frame), ("es", analysis.es_frame)):
        made[f"{name}.nii.gz"] = nifti(grey[..., frame], cine, f"{name} frame {frame}")
        made[f"{name}_labels.nii.gz"] = nifti(labels[..., frame], cine, f"{name} labels")
    if what == "frames":
        made["frames.zip"] = _zipped(
            {
                f"{folder}/frame_{t:03d}.nii.gz": nifti(part[..., t], cine, f"frame {t}")
                for folder, part in (("images", grey), ("labels", labels))
                for t in range(cine.frames)
            }
        )
    if what == "slices":
        axis = cine.file_grid.axes[0]
        made["slices.zip"] = _zipped(
            {
                f"{folder}/slice_{z:03d}.nii.gz": _over_time(part, cine, axis, z)
                for folder, part in (("images", grey), ("labels", labels))
                for z in range(cine.slices)
            }
        )
    return made


def as_written(pixels: NDArray[Any]) -> NDArray[Any]:
    """Pixels in a type that every viewer reads: whole numbers of 16 bits where they fit, else float32."""
    if pixels.dtype == np.uint8 or pixels.dtype == np.int16:
        return pixels
    if pixels.dtype.kind in "iub" and pixels.size and pixels.min() >= -(2**15) and pixels.max() < 2**15:
        return pixels.astype(np.int16)
    return pixels.astype(np.float32)


def nifti(voxels: NDArray[Any], cine: Cine, what: str) -> bytes:
    """Voxels in the file's axes, (i, j, k) or (i, j, k, T), as gzipped NIfTI-1 on the cine's grid."""
    import nibabel

    affine = cine.file_affine
    image: Any = nibabel.Nifti1Image(np.ascontiguousarray(voxels), affine)
    code = _SCANNER if cine.geometry.placed and cine.geometry.calibrated else _ALIGNED
    image.set_sform(affine, code=code)
    image.set_qform(affine, code=code)
    header = image.header
    step_ms = mean_frame_step_ms(cine) if voxels.ndim == 4 else None
    if voxels.ndim == 4:
        header.set_zooms((*header.get_zooms()[:3], step_ms / 1000.0 if step_ms else 1.0))
    header.set_xyzt_units("mm" if cine.geometry.calibrated else "unknown", "sec" if step_ms else "unknown")
    header["descrip"] = what.encode()[:79]
    return gzip.compress(image.to_bytes(), compresslevel=1, mtime=0)


def _over_time(part: NDArray[Any], cine: Cine, axis: int, z: int) -> bytes:
    """One slice as (x, y, frame): third axis time, so that a 2-D viewer scrolls through the beat."""
    import nibabel

    number = cine.slices - 1 - z if cine.file_grid.flips[0] else z
    flat = np.ascontiguousarray(np.take(part, number, axis=axis))
    sizes = [s for a, s in enumerate(np.linalg.norm(cine.file_affine[:3, :3], axis=0)) if a != axis]
    step_ms = mean_frame_step_ms(cine)
    image: Any = nibabel.Nifti1Image(flat, np.diag([*sizes, step_ms or 1.0, 1.0]))
    image.header["descrip"] = f"slice {z} over time, third axis in ms".encode()
    return gzip.compress(image.to_bytes(), compresslevel=1, mtime=0)


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), content)
    return stream.getvalue()
