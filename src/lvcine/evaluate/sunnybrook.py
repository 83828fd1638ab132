"""Sunnybrook: complete cines with a reader's contours as text (Radau 2009, hdl:10380/3070).

Each archive or folder holds one subject: DICOM files ``NNNN.dcm`` and, under ``contours``, text
files ``IM-0001-NNNN-icontour-manual.txt`` (endocardium; ``ocontour``: epicardium), one vertex
"x y" per line.

The coordinates count pixels from 1. Nobody says so; it was measured: of 98 endocardial contours
the edges in the images lie at (-1.1, -0.8) pixels, SD of the mean 0.07, from the contours read as
counting from 0, while the same search on masks of known place gives (0.1, -0.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from lvcine.errors import ReadError
from lvcine.evaluate.case import Case, Score
from lvcine.evaluate.reference_contours import (
    Place,
    ReferenceContours,
    contour_scores,
    frame_scores,
    volume_scores,
)
from lvcine.study import Analysis, Cine, Contour

SUBJECT = re.compile(r"SC-(?:HF-N?I|HYP|N)-\d+")
FIRST_PIXEL = 1.0
"""The number of the first pixel in the contour files."""

_CONTOUR = re.compile(r"IM-\d+-(\d+)-([io])contour.*\.txt$")


def cases(folders: dict[str, Path]) -> Iterator[Case]:
    """One case per subject (name -> its unpacked folder) that has contours."""
    for subject, folder in folders.items():
        if any(_contour_files(folder)):
            yield Case(subject, folder, partial(_scores, folder))


def _contour_files(folder: Path) -> Iterator[tuple[int, str, Path]]:
    """(DICOM number, "i" or "o", file)."""
    for path in sorted(folder.rglob("*contour*.txt")):
        if match := _CONTOUR.search(path.name):
            yield int(match.group(1)), match.group(2), path


def _scores(folder: Path, analysis: Analysis) -> Iterator[Score]:
    reference = read_contours(folder, analysis.cine)
    kinds_of_score = (contour_scores, volume_scores, frame_scores)
    return chain.from_iterable(score(analysis, reference) for score in kinds_of_score)


def read_contours(folder: Path, cine: Cine) -> ReferenceContours:
    """The contours of a subject's folder on the grid of the cine read from it.

    Raises
    ------
    ReadError
        A contour whose picture is not there or not in the cine, or that is no list of points.
    """
    place_of = {_digest(cine.pixels[z, t]): (z, t) for z, t in np.ndindex(cine.slices, cine.frames)}
    pictures = {int(p.stem): p for p in folder.rglob("*.dcm") if p.stem.isdecimal()}
    found: dict[str, dict[Place, Contour]] = {"i": {}, "o": {}}
    for number, kind, path in _contour_files(folder):
        if number not in pictures:
            raise ReadError("a contour without its picture", where=path.name)
        place = place_of.get(_digest(_stored(pictures[number])))
        if place is None:
            raise ReadError("the contour's picture is not in the cine that was measured", where=path.name)
        found[kind][place] = _points(path)
    return ReferenceContours.of_frames(found["i"], found["o"])


def _points(path: Path) -> Contour:
    try:
        xy = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise ReadError("not a list of points", where=path.name) from error
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) < 3:
        raise ReadError(f"points of shape {xy.shape}, expected (N, 2)", where=path.name)
    return Contour(xy[:, ::-1] - FIRST_PIXEL)


def _stored(path: Path) -> NDArray[np.float32]:
    """The picture as the reader of cines gives it: rescaled, not turned."""
    picture = pydicom.dcmread(path)
    slope, intercept = (float(picture.get(k, v)) for k, v in (("RescaleSlope", 1), ("RescaleIntercept", 0)))
    return picture.pixel_array.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _digest(picture: NDArray[np.generic]) -> bytes:
    return np.ascontiguousarray(picture, np.float32).tobytes()
