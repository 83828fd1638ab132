"""The three diameters of the cavity that the quantification papers call dimensions."""

from __future__ import annotations

import numpy as np

from lvcine.measure.anchor import Anchor
from lvcine.measure.area import polygon_centroid
from lvcine.measure.rays import ray_radii
from lvcine.measure.segments import LVQUAN_SECTORS, sector_centres
from lvcine.study import Contour

#: Name -> the two opposite sectors that a dimension joins, in LVQuan's order.
DIMENSIONS = {"is_al": ("IS", "AL"), "i_a": ("I", "A"), "il_as": ("IL", "AS")}


def cavity_dimensions_mm(endo: Contour, anchor: Anchor, z: int) -> dict[str, float]:
    """Chords of the endocardium through the cavity's centroid, along the sectors' middles.

    Parameters
    ----------
    endo : Contour
        In mm.
    z : int
        Slice, for the septum's direction in it.

    Returns
    -------
    dict
        ``is_al``, ``i_a``, ``il_as`` in mm (NaN where the centroid lies outside).

    Notes
    -----
    Three diameters 60 degrees apart, each joining the middles of two opposite sectors:
    the dimensions of the LVQuan data (Xue 2017, doi:10.48550/arXiv.1706.01912).
    """
    centres = sector_centres()
    centroid = polygon_centroid(endo.points)
    ends = np.array([[centres[LVQUAN_SECTORS[s]] for s in pair] for pair in DIMENSIONS.values()])
    radii = ray_radii(endo.points, centroid, anchor.directions(z, ends.ravel()))
    return dict(zip(DIMENSIONS, radii.reshape(-1, 2).sum(axis=1).tolist(), strict=True))
