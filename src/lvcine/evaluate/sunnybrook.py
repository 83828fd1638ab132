"""Sunnybrook's complete cines with a reader's contours as cases (:mod:`lvcine.read.datasets.sunnybrook`)."""

from __future__ import annotations

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
from lvcine.read.datasets.sunnybrook import contour_files, images, read_contour
from lvcine.study import F32, Analysis, Cine, Contour


def cases(folders: dict[str, Path]) -> Iterator[Case]:
    """One case per subject (name -> its unpacked folder) that has contours."""
    for subject, folder in folders.items():
        if any(contour_files(folder)):
            yield Case(subject, folder, partial(_scores, folder))


def _scores(folder: Path, analysis: Analysis) -> Iterator[Score]:
    reference = read_contours(folder, analysis.cine)
    kinds_of_score = (contour_scores, volume_scores, frame_scores)
    return chain.from_iterable(score(analysis, reference) for score in kinds_of_score)


def read_contours(folder: Path, cine: Cine) -> ReferenceContours:
    """The contours of a subject's folder on the grid of the cine read from it.

    Raises
    ------
    ReadError
        A contour whose image is not there or not in the cine, or that is no list of points.
    """
    place_of = {_digest(cine.pixels[z, t]): (z, t) for z, t in np.ndindex(cine.slices, cine.frames)}
    files = images(folder)
    found: dict[str, dict[Place, Contour]] = {"i": {}, "o": {}}
    for number, kind, path in contour_files(folder):
        if number not in files:
            raise ReadError("a contour without its image", where=path.name)
        place = place_of.get(_digest(_stored(files[number])))
        if place is None:
            raise ReadError("the contour's image is not in the cine that was measured", where=path.name)
        found[kind][place] = read_contour(path)
    return ReferenceContours.of_frames(found["i"], found["o"])


def _stored(path: Path) -> F32:
    """The image as the reader of cines gives it: rescaled, not turned."""
    image = pydicom.dcmread(path)
    slope, intercept = (float(image.get(k, v)) for k, v in (("RescaleSlope", 1), ("RescaleIntercept", 0)))
    return image.pixel_array.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _digest(image: NDArray[np.generic]) -> bytes:
    return np.ascontiguousarray(image, np.float32).tobytes()
