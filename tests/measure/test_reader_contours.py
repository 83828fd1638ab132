"""A reader's polygons become a segmentation without the raster's bias."""

from __future__ import annotations

import numpy as np
import pytest

from lvcine.errors import MeasureError
from lvcine.measure.reader_contours import segmentation_from_contours


def test_drawn_contours_are_kept_and_masks_have_their_area(circle):
    endo, epi = circle((30.3, 32.6), 14.0).points, circle((30.3, 32.6), 20.0).points
    drawn = segmentation_from_contours({(1, 2): endo}, {(1, 2): epi}, (3, 4, 64, 64))
    assert drawn.endo[1][2].points == pytest.approx(endo)
    assert drawn.epi[0][2] is None and drawn.endo[1][3] is None
    assert drawn.mask.cavity[1, 2].sum() == pytest.approx(np.pi * 14**2, rel=0.02)
    assert drawn.mask.myocardium[1, 2].sum() == pytest.approx(np.pi * (20**2 - 14**2), rel=0.02)
    assert drawn.mask.labels.sum() == drawn.mask.labels[1, 2].sum()


def test_a_contour_beyond_the_cine_is_refused(circle):
    with pytest.raises(MeasureError, match="slice 3"):
        segmentation_from_contours({(3, 0): circle((5, 5), 2.0).points}, {}, (3, 4, 16, 16))
