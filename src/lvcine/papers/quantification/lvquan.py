"""Subjects of the LVQuan challenges as slices with outlines, for who holds their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lvcine.errors import ReadError
from lvcine.localise import Window
from lvcine.measure.area import largest_contour, polygon_centroid
from lvcine.measure.rays import ray_radii
from lvcine.read.datasets.lvquan import LVQuanTruth, read_lvquan_truth
from lvcine.study import F32, Array
from lvcine.systems.quantification.recipe import SIZE
from lvcine.systems.quantification.train.data import POINTS, STORED, OutlinedClip, cut_out

UNKNOWN_MM = 1.0
"""Of a pixel of files without spacing: lengths come out in pixels of the 80-pixel picture."""


def clips_of_file(path: Path) -> list[OutlinedClip]:
    """All subjects of the file of 2018, or of a folder with the files of 2019, in the order of their names.

    Raises
    ------
    ReadError
        A file that is none of these, or a folder without any.
    """
    files = sorted(path.glob("*.mat"), key=lambda f: (len(f.name), f.name)) if path.is_dir() else [path]
    if not files:
        raise ReadError("no MATLAB file in the folder", where=path.name)
    return [clip for file in files for clip in _clips(file)]


def _clips(file: Path) -> Iterator[OutlinedClip]:
    for subject in read_lvquan_truth(file):
        name = f"{file.stem} {subject.subject}~z0"
        rows, columns = subject.pictures.shape[1:]
        if (rows, columns) == (SIZE, SIZE):
            yield _as_it_is(name, subject)
        else:
            yield _found(name, subject, file)


def _as_it_is(name: str, subject: LVQuanTruth) -> OutlinedClip:
    """In the net's form already: septum left, the LV in the middle."""
    middle = (SIZE - 1) / 2.0
    window = Window((middle, middle), (STORED, STORED), (1.0, 1.0))
    endo, epi, insertion = (
        window.to_window(part.reshape(-1, 2)).reshape(part.shape) for part in _outlines(subject)
    )
    grey, phase = window.resample(_grey(subject)).astype(np.uint8), subject.systole.astype(np.int8)
    return OutlinedClip(
        name, grey, endo, epi, insertion, phase, subject.spacing_mm or UNKNOWN_MM, subject.indices
    )


def _found(name: str, subject: LVQuanTruth, file: Path) -> OutlinedClip:
    """Cut out by the reader's own outlines; the pictures of 2019 have the septum on the left as a rule."""
    if subject.spacing_mm is None:
        raise ReadError("pictures of full size without pix_spacing", where=file.name)
    endo, epi, insertion = _outlines(subject)
    phase = subject.systole.astype(np.int8)
    clip = cut_out(name, _grey(subject), endo, epi, insertion, phase, subject.spacing_mm)
    # Shares of the scan's side become shares of the cut's.
    by = subject.pictures.shape[1] * subject.spacing_mm / (SIZE * clip.pixel_mm)
    told = subject.indices * by
    told[:, :2] *= by
    return OutlinedClip(name, clip.pixels, clip.endo, clip.epi, clip.insertion, phase, clip.pixel_mm, told)


def _outlines(subject: LVQuanTruth) -> tuple[Array, Array, Array]:
    """Endo, epi (20, 96, 2) and the insertion (20, 2), taken 60 degrees above the left, in pixels."""
    angles = np.arange(POINTS) * (2 * np.pi / POINTS)
    # From the left upwards: (y, x) of a turn clockwise as displayed.
    ways = np.stack([-np.sin(angles), -np.cos(angles)], 1)
    found = []
    for mask_in, mask_out in zip(subject.endo, subject.epi, strict=True):
        lines = [largest_contour(m.astype(float)) for m in (mask_in, mask_out)]
        if lines[0] is None or lines[1] is None:
            found.append((np.full((POINTS, 2), np.nan),) * 2)
            continue
        middle = polygon_centroid(lines[0].points)
        reach = (ray_radii(line.points, middle, ways) for line in lines if line is not None)
        inner, outer = (middle + r[:, None] * ways for r in reach)
        found.append((inner, outer))
    endo, epi = (np.stack(part) for part in zip(*found, strict=True))
    return endo, epi, epi[:, POINTS // 6]


def _grey(subject: LVQuanTruth) -> F32:
    values = subject.pictures.astype(np.float32)
    return np.asarray(values * (255.0 / max(float(np.percentile(values, 99.9)), 1e-6)), np.float32)
