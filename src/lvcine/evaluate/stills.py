"""Sunnybrook's labelled ED and ES frames as cases (:mod:`lvcine.read.datasets.sunnybrook`).

There is no pixel spacing: 1.35 mm is assumed, so that distances are good to 7 % and volumes are not given.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from lvcine.evaluate.case import Case, Score
from lvcine.evaluate.reference_contours import Place, ReferenceContours, contour_scores, volume_scores
from lvcine.measure.area import largest_contour
from lvcine.read.datasets.sunnybrook import (
    MASK_TO_PIXEL,
    STILLS_SPACING_MM,
    contour_depth,
    read_stills,
)
from lvcine.study import Analysis, Bools, Cine, Contour, Geometry, Study, View

_STEP_MM = 10.0
_FAR_PX = 5.0


def cases(file: Path) -> Iterator[Case]:
    """One case per subject: its labelled slices as a stack of two phases."""
    for stills in read_stills(file):
        spacing = (STILLS_SPACING_MM, STILLS_SPACING_MM)
        geometry = Geometry.stack(len(stills.pixels), spacing, _STEP_MM)
        cine = Cine(stills.pixels, geometry, phases_only=True, view=View.SAX, label="labelled frames")
        reference = ReferenceContours.of_frames(_contours(stills.endo), _contours(stills.epi))
        yield Case(stills.subject, Study((cine,)), partial(_scores, reference))


def _scores(reference: ReferenceContours, analysis: Analysis) -> Iterator[Score]:
    return chain(contour_scores(analysis, reference), volume_scores(analysis, reference, scaled=False))


def _contours(masks: Bools) -> dict[Place, Contour]:
    """The contours that masks (Z, T, Y, X) were filled from."""
    places = ((z, t) for z, t in np.ndindex(masks.shape[:2]) if masks[z, t].any())
    return {place: contour for place in places if (contour := _contour(masks[place])) is not None}


def _contour(mask: Bools) -> Contour | None:
    # largest_contour takes maps that are 0 outside of the image; depth is lifted to stay positive.
    lifted = np.clip(contour_depth(mask), -_FAR_PX, _FAR_PX) + _FAR_PX
    contour = largest_contour(lifted, _FAR_PX)
    return None if contour is None else Contour(contour.points + MASK_TO_PIXEL)
