"""Several NIfTI files of one exam: moments become frames, slices become a stack.

Converters write one file per slice (dcm2niix, for a scanner that makes a series of each), data sets one per
moment of the cycle. What belongs together is known by place and by the pictures; names give the order in
time only where the files hold no time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lvcine.isolated import working_on
from lvcine.read.names import in_order_of_names
from lvcine.read.nifti.file import NiftiFile, read_file
from lvcine.read.nifti.reader import cine_of, is_one_moment
from lvcine.read.options import ReadOptions
from lvcine.read.packed import naming
from lvcine.read.places import step_findings
from lvcine.read.user_facts import even_times, with_user_facts
from lvcine.read.valid_pixels import valid_pixels
from lvcine.study import Array, Cine, FileGrid, Finding, Geometry

_ALIKE = 0.8
"""Correlation of two moments of one stack. Ours: ED and ES of ACDC and M&Ms 0.9 and more, two people 0.3."""
_PARALLEL = 0.998  # cosine between directions of rows, and of columns
_SAME_SLICE = 0.25  # of the typical distance: closer planes are one slice acquired twice
_MS = {8: 1000.0, 16: 1.0, 24: 0.001}  # xyzt_units: second, millisecond, microsecond


@dataclass(frozen=True)
class Joined:
    """A cine and the files that it is of."""

    cine: Cine
    paths: tuple[Path, ...]


def read_several(paths: Sequence[Path], options: ReadOptions) -> tuple[list[Joined], dict[Path, Exception]]:
    """Cines of several NIfTI files.

    Parameters
    ----------
    paths : sequence of Path
    options : ReadOptions

    Returns
    -------
    cines : list of Joined
    failed : dict of Path -> error
        Files that are no cine and no part of one.
    """
    cines: list[Joined] = []
    moments: dict[Hashable, list[tuple[Path, NiftiFile]]] = defaultdict(list)
    failed: dict[Path, Exception] = {}
    for path in paths:
        working_on(path)
        try:
            with naming(path):
                file = read_file(path, options.max_pixels)
                if is_one_moment(file, options):
                    valid_pixels(file.voxels)
                    moments[_kind(path, file)].append((path, file))
                else:
                    cines.append(Joined(cine_of(file, options), (path,)))
        except MemoryError:
            raise
        except Exception as error:
            failed[path] = error
    for group in moments.values():
        for part in _alike(group):
            try:
                cines.append(_over_time(part, options))
            except Exception as error:
                failed.update({path: error for path, _ in part})
    return [replace(joined, cine=with_user_facts(joined.cine, options)) for joined in _stacked(cines)], failed


def _kind(path: Path, file: NiftiFile) -> Hashable:
    """Equal for moments of one stack: folder, name without numbers and phases, samples, affine."""
    name = re.sub(r"\.nii(\.gz|\.bz2|\.xz)?$", "", re.sub(r"^\d{6}_", "", path.name), flags=re.I)
    name = re.sub(r"(?<![a-z])(end)?-?(ed|es|diastol\w*|systol\w*)(?![a-z])|\d+", "#", name, flags=re.I)
    header = file.header
    space = [*header["pixdim"][:4], header["sform_code"], header["qform_code"]]
    space += [header[f"quatern_{part}"] for part in "bcd"] + [header[f"qoffset_{axis}"] for axis in "xyz"]
    space += [value for axis in "xyz" for value in header[f"srow_{axis}"]]
    return str(path.parent), name, file.voxels.shape, tuple(np.round(np.array(space, float), 3).tolist())


def _alike(group: list[tuple[Path, NiftiFile]]) -> list[list[tuple[Path, NiftiFile]]]:
    """Moments whose pictures are of one heart: an affine that knows no patient does not say so."""
    parts: list[list[tuple[Path, NiftiFile]]] = []
    for pair in group:
        home = next((part for part in parts if _correlation(part[0][1], pair[1]) > _ALIKE), None)
        if home is None:
            parts.append([pair])
        else:
            home.append(pair)
    return parts


def _correlation(one: NiftiFile, other: NiftiFile) -> float:
    every = max(1, one.voxels.size // 200_000)
    a, b = (np.asarray(file.voxels, np.float64).ravel()[::every] for file in (one, other))
    if not (a.std() > 0 and b.std() > 0):
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _over_time(moments: list[tuple[Path, NiftiFile]], options: ReadOptions) -> Joined:
    """Moments of one stack as a cine."""
    if len(moments) == 1:
        return Joined(cine_of(moments[0][1], options), (moments[0][0],))  # says why it is none
    starts = [float(file.header["toffset"]) for _, file in moments]
    timed = len(set(starts)) == len(starts) and bool(np.isfinite(starts).all())
    if timed:
        ordered = [pair for _, pair in sorted(zip(starts, moments, strict=True), key=lambda both: both[0])]
    else:
        rank = {path: k for k, path in enumerate(in_order_of_names([path for path, _ in moments]))}
        ordered = sorted(moments, key=lambda pair: rank[pair[0]])
    first = ordered[0][1]
    header = first.header.copy()
    shape = first.voxels.shape
    header["dim"][:5] = (4, *shape, len(ordered))
    header["pixdim"][4] = _step(sorted(starts)) if timed else 0.0
    file = NiftiFile(header, np.stack([file.voxels for _, file in ordered], axis=-1))
    order = "their times" if timed else "the numbers in their names"
    text = f"{len(ordered)} files of one moment each, joined as frames in the order of {order}"
    cine = cine_of(file, replace(options, axes=f"{options.axes}T" if options.axes else None))
    joined = Finding("files-joined", "info", text, "look whether the cine beats smoothly")
    return Joined(cine.with_findings(joined), tuple(path for path, _ in ordered))


def _step(starts: Sequence[float]) -> float:
    return float(np.median(np.diff(starts)))


def _stacked(cines: list[Joined]) -> list[Joined]:
    """Cines of parallel slices of one size, spacing and direction as one stack each; others as they are."""
    stacks: list[list[Joined]] = []
    for joined in cines:
        home = next((s for s in stacks if _parallel(s[0].cine, joined.cine)), None)
        if home is None:
            stacks.append([joined])
        else:
            home.append(joined)
    return [part for stack in stacks for part in _one_stack(stack)]


def _parallel(one: Cine, other: Cine) -> bool:
    a, b = one.geometry, other.geometry
    if not (a.placed and b.placed) or one.pixels.shape[2:] != other.pixels.shape[2:]:
        return False
    if one.file_grid.axes != other.file_grid.axes or one.phases_only != other.phases_only:
        return False
    if not 0.5 <= one.frames / other.frames <= 2.0:
        return False
    same = np.allclose(a.pixel_spacing_mm, b.pixel_spacing_mm, rtol=0.01)
    rows, columns = _cosine(a.row_step_mm, b.row_step_mm), _cosine(a.column_step_mm, b.column_step_mm)
    return same and min(rows, columns) > _PARALLEL


def _cosine(one: Array, other: Array) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def _one_stack(parts: list[Joined]) -> list[Joined]:
    """Slices put together by position; whole stacks of one place stay apart."""
    if len(parts) == 1 or sum(part.cine.slices > 2 for part in parts) > 1 and not _apart(parts):
        return parts
    normal = parts[0].cine.geometry.normal
    slices = [
        (float(part.cine.geometry.origins_mm[z] @ normal), k, z)
        for k, part in enumerate(parts)
        for z in range(part.cine.slices)
    ]
    slices.sort()
    kept, repeated = _once(slices)
    if len(kept) < 2:
        return parts
    return [_put_together(parts, kept, repeated)]


def _apart(parts: Sequence[Joined]) -> bool:
    """Whether pieces of a stack lie beside each other."""
    normal = parts[0].cine.geometry.normal
    reach = sorted(
        (float(heights.min()), float(heights.max()))
        for heights in (part.cine.geometry.origins_mm @ normal for part in parts)
    )
    return all(one[1] < other[0] for one, other in zip(reach, reach[1:], strict=False))


Slice = tuple[float, int, int]


def _once(slices: list[Slice]) -> tuple[list[Slice], int]:
    """Every place once, of equal ones the later file; and how many were left."""
    gaps = np.diff([height for height, _, _ in slices])
    wide = gaps[gaps > 0.15]
    room = _SAME_SLICE * float(np.median(wide)) if len(wide) else np.inf
    kept: list[Slice] = []
    for one in slices:
        if kept and one[0] - kept[-1][0] <= room:
            kept[-1] = max(kept[-1], one, key=lambda piece: piece[1])
        else:
            kept.append(one)
    return kept, len(slices) - len(kept)


def _put_together(parts: list[Joined], kept: list[Slice], repeated: int) -> Joined:
    frames = int(np.median([parts[k].cine.frames for _, k, _ in kept]))
    chosen = [_frames(parts[k].cine, frames) for _, k, _ in kept]
    first = parts[kept[0][1]].cine
    g = first.geometry
    geometry = Geometry(
        origins_mm=np.stack([parts[k].cine.geometry.origins_mm[z] for _, k, z in kept]),
        row_step_mm=g.row_step_mm,
        column_step_mm=g.column_step_mm,
        calibrated=all(parts[k].cine.geometry.calibrated for _, k, _ in kept),
    )
    pixels = np.stack([cine.pixels[z][at] for (cine, at), (_, _, z) in zip(chosen, kept, strict=True)])
    joined = Cine(
        pixels, geometry, gated=all(cine.gated for cine, _ in chosen), phases_only=first.phases_only,
        label="NIfTI", file_grid=FileGrid(),
        findings=(*_doubts(cine for cine, _ in chosen), *_about(len(parts), len(kept), repeated)),
    )  # fmt: skip
    steps = [float(np.median(np.diff(cine.times_ms))) for cine, _ in chosen if cine.times_ms is not None]
    if len(steps) == len(chosen):
        joined = even_times(joined, float(np.median(steps)))
    used = sorted({k for _, k, _ in kept})
    return Joined(
        joined.with_findings(*step_findings(geometry)), tuple(path for k in used for path in parts[k].paths)
    )


def _frames(cine: Cine, frames: int) -> tuple[Cine, Array]:
    """A cine and, for each of so many frames, its own nearest in the cycle."""
    return cine, np.rint(np.arange(frames) * cine.frames / frames).astype(int) % cine.frames


def _about(files: int, slices: int, repeated: int) -> tuple[Finding, ...]:
    text = f"{files} files, joined by position into one stack of {slices} slices"
    found = (Finding("files-joined", "info", text, "check that all are of one exam"),)
    if not repeated:
        return found
    again = f"{repeated} slices are there more than once: of equal places the file later by name is read"
    return (*found, Finding("two-acquisitions", "warning", again, "give the files of one acquisition"))


def _doubts(cines: Iterable[Cine]) -> tuple[Finding, ...]:
    """Every finding once, by code."""
    return tuple({finding.code: finding for cine in cines for finding in cine.findings}.values())
