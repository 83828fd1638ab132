"""Size and place of the cavity in every slice and frame, as the checks need them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.measure.area import contour_area_mm2, contour_centroid
from lvcine.study import Array, Bools, Geometry, Segmentation, Whole


@dataclass(frozen=True, eq=False)
class Outline:
    """The cavity of every slice and frame; slices run from one end of the heart to the other.

    Attributes
    ----------
    area_mm2 : ndarray, shape (Z, T)
        Inside the endocardium; 0 without LV. Pixels squared where there is no pixel spacing.
    centre_mm : ndarray, shape (Z, T, 3)
        In the patient; NaN without LV.
    order : ndarray of int, shape (Z,)
        Slices by their position.
    geometry : Geometry
    """

    area_mm2: Array
    centre_mm: Array
    order: Whole
    geometry: Geometry

    @property
    def present(self) -> Bools:
        """Where there is LV, shape (Z, T)."""
        return self.area_mm2 > 0

    @property
    def radius_mm(self) -> Array:
        """Of the circle of the same area, shape (Z, T)."""
        return np.sqrt(self.area_mm2 / np.pi)


def outline(segmentation: Segmentation, geometry: Geometry) -> Outline:
    """Measure the endocardial contours.

    Examples
    --------
    >>> from lvcine.study import Contour, Mask
    >>> square = Contour(np.array([[2.0, 2.0], [2.0, 6.0], [6.0, 6.0], [6.0, 2.0]]))
    >>> lv = Segmentation(Mask(np.zeros((1, 1, 9, 9), np.uint8)), ((square,),), ((None,),))
    >>> outline(lv, Geometry.stack(1, (2.0, 2.0), 8.0)).area_mm2
    array([[64.]])
    """
    shape = len(segmentation.endo), len(segmentation.endo[0])
    area, middle = np.zeros(shape), np.full((*shape, 2), np.nan)
    for z, t in np.ndindex(*shape):
        contour = segmentation.endo[z][t]
        if contour is not None:
            area[z, t] = contour_area_mm2(contour, geometry.pixel_spacing_mm)
            middle[z, t] = contour_centroid(contour)
    centre = np.stack([geometry.to_patient(z, middle[z]) for z in range(shape[0])])
    return Outline(area, centre, np.argsort(geometry.slice_positions_mm), geometry)
