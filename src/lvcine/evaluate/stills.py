"""Sunnybrook's labelled frames of 30 subjects in one file: ED and ES pictures, no full cycle.

``sunnybrook_labelled.npz``: ``image`` (N, 256, 256), ``endo``, ``epi`` masks of the same shape,
``has_epi``, ``subject``, ``dicom_index`` (slice and phase: 20 phases per slice).

The masks hold the contour's own pixels: they are half a pixel too large all round (6.4 % of the
area) and lie 0.25 and 0.31 pixels (x, y) before the contours that they were made of. Both are
taken back here. There is no pixel spacing: 1.35 mm is assumed, so that distances are good to
7 % and volumes are not given.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from lvcine.errors import ReadError
from lvcine.evaluate.case import Case, Score
from lvcine.evaluate.reference_contours import Place, ReferenceContours, contour_scores, volume_scores
from lvcine.evaluate.sunnybrook import FIRST_PIXEL
from lvcine.measure.area import largest_contour
from lvcine.study import Analysis, Cine, Contour, Geometry, Study, View

NAME = "sunnybrook_labelled.npz"
SPACING_MM, STEP_MM = 1.35, 10.0
PHASES = 20
GROWTH_PX = 0.5
MASK_TO_IMAGE_PX = np.array([0.31, 0.25]) - FIRST_PIXEL  # (y, x)

Arrays = dict[str, NDArray[np.generic]]


def cases(file: Path) -> Iterator[Case]:
    """One case per subject: its labelled slices as a stack of two phases."""
    with np.load(file, allow_pickle=False) as archive:
        try:
            names = ("image", "endo", "epi", "has_epi", "subject", "dicom_index")
            data: Arrays = {name: archive[name] for name in names}
        except KeyError as error:
            raise ReadError(f"no array {error}", where=file.name) from error
    for subject in np.unique(data["subject"]):
        rows = np.flatnonzero(data["subject"] == subject)
        cine, reference = _stack({name: array[rows] for name, array in data.items()})
        yield Case(str(subject), Study((cine,)), partial(_scores, reference))


def _scores(reference: ReferenceContours, analysis: Analysis) -> Iterator[Score]:
    return chain(contour_scores(analysis, reference), volume_scores(analysis, reference, scaled=False))


def _stack(data: Arrays) -> tuple[Cine, ReferenceContours]:
    """Slices (Z), two phases; a phase that was not drawn in a slice shows the slice's other one."""
    number = data["dicom_index"].astype(int) - 1
    slices, z_of = np.unique(number // PHASES, return_inverse=True)
    moments, t_of = np.unique(number % PHASES, return_inverse=True)
    if len(moments) != 2:
        raise ReadError(f"{len(moments)} labelled phases, expected ED and ES", where=NAME)
    shape = data["image"].shape[1:]
    pixels = np.zeros((len(slices), 2, *shape), np.uint8)
    for row, (z, t) in enumerate(zip(z_of, t_of, strict=True)):
        pixels[z, t] = data["image"][row]
        if not pixels[z, 1 - t].any():
            pixels[z, 1 - t] = data["image"][row]
    geometry = Geometry.stack(len(slices), (SPACING_MM, SPACING_MM), STEP_MM)
    cine = Cine(pixels, geometry, phases_only=True, view=View.SAX, label="labelled frames")
    return cine, ReferenceContours.of_frames(
        *_contours(data, list(zip(z_of.tolist(), t_of.tolist(), strict=True)))
    )


def _contours(data: Arrays, places: list[Place]) -> tuple[dict[Place, Contour], dict[Place, Contour]]:
    endo = {place: c for row, place in enumerate(places) if (c := _outline(data["endo"][row])) is not None}
    epi = {
        place: c
        for row, place in enumerate(places)
        if data["has_epi"][row] and (c := _outline(data["epi"][row])) is not None
    }
    return endo, epi


def _outline(mask: NDArray[np.generic]) -> Contour | None:
    """The contour that the mask was filled from."""
    inside = np.asarray(mask, bool)
    if not inside.any():
        return None
    depth = np.where(inside, distance_transform_edt(inside) - 0.5, 0.5 - distance_transform_edt(~inside))
    # largest_contour takes maps that are 0 outside of the image; depth is lifted to stay positive.
    lifted = np.clip(depth - GROWTH_PX, -5.0, 5.0) + 5.0
    contour = largest_contour(lifted, 5.0)
    return None if contour is None else Contour(contour.points + MASK_TO_IMAGE_PX)
