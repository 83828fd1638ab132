"""What lies where, as numbers: the structures themselves, or what a reader would draw."""

from __future__ import annotations

import numpy as np

from lvcine.phantom.anatomy import Anatomy, Layer, layers
from lvcine.phantom.arrays import Num
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Heart, Place

CAVITY, MYOCARDIUM, RIGHT_VENTRICLE, LEFT_ATRIUM = 1, 2, 3, 4
"""Labels of the virtual heart's own truth (masks of the LV use 0, 1, 2)."""

_AROUND = np.linspace(-np.pi, np.pi, 48, endpoint=False)


def wall_share(heart: Heart, u: Num) -> Num:
    """Share of the circumference at levels u (B, 1, 1) where the ventricle's wall stands."""
    angles = _AROUND.astype(u.dtype)
    cos, sin = np.cos(angles), np.sin(angles)
    stands = (u > heart.base_level(cos, sin, 0.0 * cos + 1.0)) & (u < heart.end)
    return np.mean(1.0 * stands, -1)[..., None]


def reader_labels(anatomy: Anatomy, x: Num, y: Num, z: Num, state: State, *, outward_mm: float = 0.0) -> Num:
    """Labels (B, Y, X) as a reader of short-axis slices draws them; float, 0-3.

    A slice belongs to the LV where its wall stands on at least half of the circumference
    (SCMR 2020, doi:10.1186/s12968-020-00610-6, on the choice of the basal slice). Trabeculae
    are read as cavity at ED and ES alike.

    Parameters
    ----------
    anatomy : Anatomy
        Of arrays (B, 1, 1).
    x, y, z : arrays, shape (B, Y, X)
        Points of one slice each, mm.
    state : State
    outward_mm : float
        How far outside the compact wall's inner border the endocardium is drawn. Readers draw it
        where the signal is nearly that of the wall (docs/evidence/realism.md), half a border farther out
        than the border's middle; 0 is the exact border.
    """
    heart = anatomy.heart
    found, place = layers(anatomy, x, y, z, state)
    depth = {layer.tissue: layer.depth for layer in found}
    level = place.u[..., :1, :1]
    there = wall_share(heart, level) >= 0.5
    # Never past the middle of a thin wall, and not where there is no cavity at all.
    inner = np.minimum(place.endo + outward_mm, 0.5 * (place.endo + place.epi))
    inner = np.where(place.endo > 0, inner, place.endo)
    labels = np.where(depth["rv blood"] > 0, RIGHT_VENTRICLE + 0.0 * x, 0.0 * x)
    above = (place.below_base < 0) & ~there
    labels = np.where((place.radius < place.epi) & ~above, MYOCARDIUM + 0.0 * x, labels)
    labels = np.where((place.radius < inner) & ~above, CAVITY + 0.0 * x, labels)
    lv = (labels == CAVITY) | (labels == MYOCARDIUM)
    return np.where(lv & ~there, 0.0 * x, labels)


def exact_labels(found: list[Layer], place: Place) -> Num:
    """Labels (B, Y, X) of what lies at the points: cavity, wall, RV, left atrium; float, 0-4."""
    zero = 0.0 * place.radius
    depth = {layer.tissue: layer.depth for layer in found}
    labels = np.where(depth["rv blood"] > 0, RIGHT_VENTRICLE + zero, zero)
    labels = np.where(depth["ra blood"] > 0, zero, labels)
    labels = np.where(depth["la blood"] > 0, LEFT_ATRIUM + zero, labels)
    labels = np.where(depth["aortic wall"] > 0, zero, labels)
    labels = np.where(depth["myocardium"] > 0, MYOCARDIUM + zero, labels)
    return np.where(depth["lv blood"] > 0, CAVITY + zero, labels)
