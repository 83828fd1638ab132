"""Contours and spacing in, numbers out: pure functions on sub-pixel contours.

``measure_short_axis`` is the pipeline's one entry; the conventions are in
``docs/use/measures.md``. Everything takes the spacing, nothing counts pixels.
"""

from lvcine.measure.anchor import Insertion
from lvcine.measure.area import contour_area_mm2, largest_contour, polygon_area, soft_contours
from lvcine.measure.curves import find_ed_es
from lvcine.measure.sax import Measured, measure_short_axis

__all__ = [
    "Insertion", "Measured", "contour_area_mm2", "find_ed_es", "largest_contour", "measure_short_axis",
    "polygon_area", "soft_contours",
]  # fmt: skip
