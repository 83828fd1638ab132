"""The eleven indices of one short-axis slice and its phase, in the order of the LVQuan data.

One function makes the ground truth of virtual hearts, of readers' contours and of outlines that a net drew;
the closed form of the virtual heart checks it.
"""

from __future__ import annotations

import numpy as np

from lvcine.errors import MeasureError
from lvcine.measure.anchor import Anchor
from lvcine.measure.area import polygon_area, polygon_centroid
from lvcine.measure.curves import find_ed_es
from lvcine.measure.dimensions import cavity_dimensions_mm
from lvcine.measure.segments import LVQUAN_SECTORS, ray_angles
from lvcine.measure.wall import segment_means, wall_thickness
from lvcine.study import Array, Bools, Contour

INDICES = (
    "cavity_area", "myocardium_area", "dimension_is_al", "dimension_i_a", "dimension_il_as",
    "wall_thickness_is", "wall_thickness_i", "wall_thickness_il", "wall_thickness_al", "wall_thickness_a",
    "wall_thickness_as",
)  # fmt: skip
"""Names of the indices in LVQuan's order (Xue 2017, doi:10.48550/arXiv.1706.01912)."""
AREAS, DIMENSIONS, THICKNESSES = slice(0, 2), slice(2, 5), slice(5, 11)

_HALF_SEPTUM = np.deg2rad(60.0)


def lvquan_indices(endo: Contour, epi: Contour, septum: Array, *, sense: int = 1, rays: int = 360) -> Array:
    """Areas, dimensions and wall thicknesses of one slice and frame.

    Parameters
    ----------
    endo, epi : Contour
        In mm, papillary muscles inside the cavity.
    septum : ndarray, shape (2,)
        Direction (y, x) from the cavity's centroid to the middle of the septum
        (:func:`septum_of_insertion` where the RV's anterior insertion is known).
    sense : int
        +1 where anterior follows the septum clockwise on the grid as displayed
        (:class:`lvcine.measure.anchor.Anchor`).
    rays : int
        On which the wall is measured, a multiple of 24.

    Returns
    -------
    ndarray, shape (11,)
        In the order of :data:`INDICES`, mm2 and mm. NaN where a ray does not meet a contour.

    Examples
    --------
    >>> angle = np.arange(720) * np.pi / 360
    >>> circle = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    >>> lvquan_indices(Contour(25 * circle), Contour(34 * circle), np.array([0.0, -1.0])).round(1)[1:7]
    array([1668.2,   50. ,   50. ,   50. ,    9. ,    9. ])
    """
    anchor = Anchor(np.asarray(septum, float)[None] / np.linalg.norm(septum), sense)
    cavity = polygon_area(endo.points)
    chords = cavity_dimensions_mm(endo, anchor, 0)
    sectors = segment_means(wall_thickness(endo, epi, anchor.directions(0, ray_angles(rays))))
    walls = [sectors.get(number, np.nan) for number in LVQUAN_SECTORS.values()]
    return np.array([cavity, polygon_area(epi.points) - cavity, *chords.values(), *walls])


def septum_of_insertion(endo: Contour, insertion: Array, *, sense: int = 1) -> Array:
    """Direction (y, x) of the septum's middle: 60 degrees before the RV's anterior insertion.

    Raises
    ------
    MeasureError
        The insertion is the cavity's own centroid.
    """
    towards = np.asarray(insertion, float) - polygon_centroid(endo.points)
    length = float(np.linalg.norm(towards))
    if not length > 0:
        raise MeasureError(
            "the insertion point lies on the centre of the LV", advice="point at the RV's edge"
        )
    return Anchor((towards / length)[None], sense).directions(0, np.array([-_HALF_SEPTUM]))[0]


def systole_of_areas(cavity: Array, *, gated: bool = True) -> Bools:
    """Which frames are systole: after the largest area up to the smallest, as LVQuan labels them.

    Parameters
    ----------
    cavity : ndarray, shape (T,)
        Areas of one slice over the cycle.

    Examples
    --------
    >>> systole_of_areas(np.array([9.0, 10.0, 8.0, 5.0, 4.0, 6.0, 8.0])).astype(int)
    array([0, 0, 1, 1, 1, 0, 0])
    """
    found = find_ed_es(cavity, gated=gated)
    return in_systole(len(cavity), found.ed, found.es)


def in_systole(frames: int, ed: int, es: int) -> Bools:
    """Frames after ``ed`` up to ``es``, round the cycle, (T,)."""
    since = (np.arange(frames) - ed) % frames
    return np.asarray((since > 0) & (since <= (es - ed) % frames))


def one_stretch(evidence: Array) -> Bools:
    """Systole as the one stretch of a closed cycle that what is known of the frames speaks for most.

    Parameters
    ----------
    evidence : ndarray, shape (T,)
        Log odds of systole of each frame by itself.

    Returns
    -------
    ndarray of bool, shape (T,)
        At least one frame, and not all.

    Examples
    --------
    >>> one_stretch(np.array([0.5, -2.0, 1.0, 3.0, -0.5, 2.0, -3.0, -1.0])).astype(int)
    array([0, 0, 1, 1, 1, 1, 0, 0])
    """
    frames = len(evidence)
    sums = np.concatenate([[0.0], np.cumsum(np.tile(evidence, 2))])
    starts, lengths = np.arange(frames)[:, None], np.arange(1, frames)[None]
    gain = sums[starts + lengths] - sums[starts]
    start, length = np.unravel_index(int(gain.argmax()), gain.shape)
    return np.asarray((np.arange(frames) - start) % frames < length + 1)
