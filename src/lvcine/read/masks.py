"""Masks that somebody drew, from files to the grid of the cine they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from lvcine.errors import ReadError, UsageError
from lvcine.output import MaskMark, read_mask_mark
from lvcine.read.mask_contours import MaskContours, contours_of_preamble
from lvcine.read.names import natural
from lvcine.read.opening import in_child
from lvcine.study import Array, Cine, Finding
from lvcine.study.geometry import LPS_TO_RAS

Whole32 = NDArray[np.int32]
MaskSource = str | Path | NDArray[Any] | Sequence[str | Path] | Mapping[int, str | Path]
"""A file, a folder of one file a frame, an array (Z, T, Y, X), files in the order of frames, or by frame."""

SAME_PLACE = 0.25
"""Voxels by which the corners of two grids may lie apart and still be one grid: headers are rounded."""
_MOST_LABEL = 2**31 - 1
_LOST = 0.02  # share of the masks that may lie beside the scan without a word


@dataclass(frozen=True, eq=False)
class MaskFile:
    """One file.

    Attributes
    ----------
    voxels : ndarray of int32, shape (i, j, k, T)
        In the file's own axes.
    affine : ndarray (4, 4) or None
        Voxel to RAS mm, where the file states one.
    name : str
        Without folders, for messages alone.
    sha256 : str
        Of the file's voxels.
    mark : MaskMark or None
        Of masks that an analysis of lvcine wrote and nobody changed since; of a clip with ``contours``.
    """

    voxels: Whole32
    affine: Array | None
    name: str
    sha256: str
    mark: MaskMark | None = None
    contours: MaskContours | None = None


@dataclass(frozen=True, eq=False)
class Masks:
    """Labels of a cine as somebody wrote them.

    Attributes
    ----------
    labels : ndarray of int32, shape (Z, T, Y, X)
        On the cine's grid; numbers as in the files.
    frames : tuple of int
        Frames for which there was a mask.
    sha256 : str
        Of all files together.
    files : int
    findings : tuple of Finding
    mark, contours
        Of one file on the cine's own grid, as :class:`MaskFile`'s.
    """

    labels: Whole32
    frames: tuple[int, ...]
    sha256: str
    files: int
    findings: tuple[Finding, ...] = ()
    mark: MaskMark | None = None
    contours: MaskContours | None = None


def read_masks(
    source: MaskSource, cine: Cine, *, max_pixels: int, ed: int | None = None, es: int | None = None
) -> Masks:
    """Masks on a cine's grid.

    Parameters
    ----------
    source : path, folder, sequence or mapping of paths, or ndarray
        NIfTI: one 4-D file with the cine's frames; a folder with one 3-D file for each frame, in the order of
        the numbers in their names; files in the order of the frames; a mapping of frames to files. Two
        frames or files are those of ``ed`` and ``es``. An array has the cine's axes (Z, T, Y, X).
    cine : Cine
    max_pixels : int
        Largest file.
    ed, es : int, optional
        Frames of the cine that two masks belong to.

    Returns
    -------
    Masks

    Raises
    ------
    UsageError
        Nothing there; another number of frames than the cine has; a grid that cannot be matched.
    ReadError
        No NIfTI, damaged, values that are no labels.

    Notes
    -----
    Masks of another grid are resampled to the scan's: the share of each structure is interpolated linearly
    between the voxels and the largest share wins (``mask-resampled``).
    """
    if isinstance(source, np.ndarray):
        labels = _whole(source, "array")
        if labels.shape != cine.pixels.shape:
            raise UsageError(
                f"masks of shape {labels.shape} for a cine of {cine.pixels.shape} (slice, frame, row, column)"
            )
        digest = hashlib.sha256(labels.tobytes()).hexdigest()
        return Masks(labels, tuple(range(cine.frames)), digest, 1)
    placed, findings = _placed(source, cine, max_pixels, ed, es)
    labels = np.zeros(cine.pixels.shape, np.int32)
    seen: dict[int, MaskFile] = {id(file): file for file, _, _ in placed}
    for file in seen.values():
        where = [(index, frame) for other, index, frame in placed if other is file]
        on_grid, more = _on_grid(file, [index for index, _ in where], cine)
        labels[:, [frame for _, frame in where]] = on_grid
        findings += more
    digest = "".join(file.sha256 for file in seen.values())
    digest = digest if len(seen) == 1 else hashlib.sha256(digest.encode()).hexdigest()
    frames = tuple(sorted({frame for _, _, frame in placed}))
    # Of one file on the cine's own grid, what it says of frames it says of these.
    alone = len(seen) == 1 and not findings and len(frames) == cine.frames
    told = (placed[0][0].mark, placed[0][0].contours) if alone else (None, None)
    return Masks(labels, frames, digest, len(seen), tuple(dict.fromkeys(findings)), *told)


def read_mask_file(path: Path, max_pixels: int) -> MaskFile:
    """One NIfTI file of labels; called in the process that reads files.

    Raises
    ------
    ReadError
        Not NIfTI, damaged, values that are no whole numbers.
    """
    from lvcine.read.nifti.file import read_file

    file = read_file(path, max_pixels)
    voxels = _whole(file.voxels, path.name)
    if voxels.ndim not in (3, 4):
        raise ReadError(f"masks of shape {voxels.shape}", where=path.name, advice="give (x, y, slice, frame)")
    voxels = voxels if voxels.ndim == 4 else voxels[..., None]
    header = file.header
    stated = int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    affine = np.asarray(header.get_best_affine(), float) if stated else None
    if affine is not None and not (np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) > 1e-9):
        affine = None
    digest = hashlib.sha256(voxels.tobytes()).hexdigest()
    own = voxels.max(initial=0) < 256  # as lvcine writes them, in 8 bits
    text = bytes(header["aux_file"].tobytes())
    mark = read_mask_mark(text, voxels.astype(np.uint8).tobytes()) if own else None
    contours = contours_of_preamble(file.preamble, header.endianness) if mark else None
    return MaskFile(voxels, affine, path.name, digest, mark, contours)


def _whole(values: NDArray[Any], where: str) -> Whole32:
    if values.dtype.kind not in "fiub":
        raise ReadError(f"masks of type {values.dtype}", where=where, advice="give whole numbers")
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.round(values)).all()):
        raise ReadError(
            "values that are no labels: numbers between whole ones",
            where=where, advice="give the mask, not likelihoods or the picture",
        )  # fmt: skip
    if values.size and (values.min() < 0 or values.max() > _MOST_LABEL):
        raise ReadError("labels below 0 or beyond reason", where=where, advice="give whole numbers from 0")
    return values.astype(np.int32)


def _placed(
    source: str | Path | Sequence[str | Path] | Mapping[int, str | Path],
    cine: Cine,
    max_pixels: int,
    ed: int | None,
    es: int | None,
) -> tuple[list[tuple[MaskFile, int, int]], list[Finding]]:
    """(file, its frame, the cine's frame) of every mask."""
    findings: list[Finding] = []
    if isinstance(source, Mapping):
        files = {frame: _read(path, max_pixels) for frame, path in source.items()}
        for frame, file in files.items():
            if not 0 <= frame < cine.frames:
                raise UsageError(f"a mask for frame {frame} of a cine with frames 0 to {cine.frames - 1}")
            _single(file)
        return [(file, 0, frame) for frame, file in files.items()], findings
    paths = [Path(source)] if isinstance(source, str | Path) else [Path(path) for path in source]
    if len(paths) == 1 and paths[0].is_dir():
        paths = _of_folder(paths[0])
        text = "masks of a folder assigned to frames in the order of the numbers in their names"
        findings += [Finding("ordered-by-name", "info", text, "look at the contours over the frames")]
    elif _as_text([path.name for path in paths]):
        raise UsageError(
            "the mask files are in the order of their names as text (1, 10, 11, ..., 2)",
            where=paths[0].name, advice="give them in the order of the frames, or the folder they lie in",
        )  # fmt: skip
    opened = [_read(path, max_pixels) for path in paths]
    if len(opened) == 1:
        (file,) = opened
        parts = [(file, index) for index in range(file.voxels.shape[3])]
    else:
        parts = [(_single(file), 0) for file in opened]
    frames = _frames(len(parts), cine, ed, es, opened[0].name)
    return [(file, index, frame) for (file, index), frame in zip(parts, frames, strict=True)], findings


def _as_text(names: list[str]) -> bool:
    """Whether files are sorted by name, not by the numbers in it: as ``sorted(glob(...))`` does."""
    return names == sorted(names) != sorted(names, key=natural)


def _frames(masks: int, cine: Cine, ed: int | None, es: int | None, name: str) -> list[int]:
    """The cine's frames that so many masks belong to."""
    if masks == cine.frames:
        return list(range(masks))
    if masks == 2 and ed is not None and es is not None:
        for frame in (ed, es):
            if not 0 <= frame < cine.frames:
                raise UsageError(f"frame {frame} of a cine with frames 0 to {cine.frames - 1}")
        return [ed, es]
    advice = "give one mask for each frame"
    advice += ", or two with --ed N --es N" if masks == 2 else ", or those of ED and ES with --ed N --es N"
    raise UsageError(
        f"masks of {masks} frame{'s' * (masks != 1)} for a cine of {cine.frames}", where=name, advice=advice
    )


def _single(file: MaskFile) -> MaskFile:
    if file.voxels.shape[3] == 1:
        return file
    raise UsageError(
        f"{file.voxels.shape[3]} frames in one of several mask files", where=file.name,
        advice="give one 4-D file, or one 3-D file for each frame",
    )  # fmt: skip


def _of_folder(folder: Path) -> list[Path]:
    found = [p for p in folder.iterdir() if p.name.lower().endswith((".nii", ".nii.gz"))]
    if not found:
        raise UsageError("no NIfTI file in the folder of masks", where=folder.name)
    return sorted(found, key=lambda path: natural(path.name))


def _read(path: str | Path, max_pixels: int) -> MaskFile:
    place = Path(path)
    if not place.exists():
        raise UsageError("no mask there", where=place.name, advice="give a NIfTI file (.nii, .nii.gz)")
    if place.is_dir():
        raise UsageError("a folder among mask files", where=place.name, advice="give files, or one folder")
    if not place.name.lower().endswith((".nii", ".nii.gz")):
        raise UsageError(
            "no NIfTI file of masks", where=place.name,
            advice="save the mask as NIfTI (.nii.gz); 3D Slicer: export to files, ITK-SNAP: save as",
        )  # fmt: skip
    file: MaskFile = in_child("lvcine.read.masks:read_mask_file", place, max_pixels=max_pixels)
    return file


def _on_grid(file: MaskFile, indices: list[int], cine: Cine) -> tuple[Whole32, list[Finding]]:
    """Some frames of a file on the cine's grid, (Z, T, Y, X)."""
    voxels = file.voxels[..., indices]
    shape = _file_shape(cine)
    if voxels.shape[:3] == shape and _same_place(file.affine, cine, shape):
        return cine.file_grid.from_file_axes(voxels), []
    if file.affine is None or not (cine.geometry.placed or cine.file_grid.ras_affine is not None):
        raise UsageError(
            f"masks of {_size(voxels.shape)} voxels for a scan of {_size(shape)}, without a place",
            where=file.name, advice="give masks on the scan's own grid, such as segmentation.nii.gz has",
        )  # fmt: skip
    found = _resampled(voxels, file.affine, cine)
    kept = _volume_on(found, cine.geometry.pixel_area_mm2 * _step(cine))
    had = _volume_on(voxels, abs(float(np.linalg.det(file.affine[:3, :3]))))
    if not kept > 0 and had > 0:
        raise UsageError(
            "the masks lie elsewhere than the scan", where=file.name,
            advice="give the masks of this scan; check that the program kept their position",
        )  # fmt: skip
    grids = f"{_size(voxels.shape)} voxels, the scan {_size(shape)}"
    text = f"masks on another grid ({grids}): resampled to the scan's"
    findings = [Finding("mask-resampled", "info", text, "look at the contours in the report")]
    if had > 0 and kept < (1 - _LOST) * had:
        text = f"{1 - kept / had:.0%} of the masks' volume lies beside the scan's slices"
        findings.append(Finding("mask-cut-off", "warning", text, "expect volumes too small; check the masks"))
    return found, findings


def _file_shape(cine: Cine) -> tuple[int, ...]:
    """Voxels along the three axes of the cine's file."""
    sizes = (cine.slices, *cine.pixels.shape[2:])
    return tuple(sizes[cine.file_grid.axes.index(axis)] for axis in range(3))


def _same_place(affine: Array | None, cine: Cine, shape: tuple[int, ...]) -> bool:
    """Whether voxels of one shape lie at one place; where either does not know its own, they do."""
    if affine is None or not (cine.geometry.calibrated or cine.file_grid.ras_affine is not None):
        return True
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    own = cine.file_affine
    apart = (affine[:3, :3] - own[:3, :3]) @ corners + (affine[:3, 3:] - own[:3, 3:])
    sizes = np.linalg.norm(own[:3, :3], axis=0)
    in_voxels = np.abs(np.linalg.solve(own[:3, :3] / sizes, apart)) / sizes[:, None]
    return bool((in_voxels <= SAME_PLACE).all())


def _resampled(voxels: Whole32, affine: Array, cine: Cine) -> Whole32:
    """The largest share of each label at every pixel of the cine, between voxels linearly."""
    rows, columns = cine.pixels.shape[2:]
    pixels = np.stack(
        np.meshgrid(np.arange(rows, dtype=float), np.arange(columns, dtype=float), indexing="ij"), -1
    ).reshape(-1, 2)
    to_voxel = np.linalg.inv(affine) @ LPS_TO_RAS
    numbers = [int(n) for n in np.unique(voxels) if n != 0]
    out = np.zeros((cine.slices, voxels.shape[3], rows, columns), np.int32)
    for z in range(cine.slices):
        lps = cine.geometry.to_patient(z, pixels)
        at = to_voxel[:3, :3] @ lps.T + to_voxel[:3, 3:]
        for t in range(voxels.shape[3]):
            parts = [(voxels[..., t] == n).astype(np.float32) for n in numbers]
            shares = [map_coordinates(p, at, order=1, mode="grid-constant", cval=0.0) for p in parts]
            rest = 1.0 - np.sum(shares, axis=0) if shares else np.ones(len(pixels))
            largest = np.argmax([rest, *shares], axis=0)
            out[z, t] = np.array([0, *numbers], np.int32)[largest].reshape(rows, columns)
    return out


def _volume_on(labels: Whole32, voxel_mm3: float) -> float:
    return float((labels != 0).sum()) * voxel_mm3


def _step(cine: Cine) -> float:
    step = cine.geometry.slice_step_mm
    return step if np.isfinite(step) and step > 0 else 1.0


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape[:3]))
