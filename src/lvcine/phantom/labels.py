"""What lies where, as numbers: the structures themselves, or what a reader would draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.anatomy import Anatomy, Layer, layers, trabecular_depth
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


@dataclass(frozen=True)
class Reader:
    """Where a reader draws the endocardium, beside the inner border of the compact wall.

    Attributes
    ----------
    outward_mm : float
        How far outside it, everywhere and always. Readers draw where the signal is nearly that of the wall
        (docs/evidence/realism.md), half a border farther out than the border's middle; 0 is the exact border.
    opened_mm : float
        How much farther out where trabeculae line the wall and stand open, as at ED; less the more the cavity
        narrows.
    pressed : float
        Share of the trabecular layer that is read as wall where the cavity closes wholly. At ES trabeculae
        are pressed together, and readers take the outer part of the layer for wall: their own wall volume
        grows from ED to ES, though muscle keeps its own.
    """

    outward_mm: float = 0.0
    opened_mm: float = 0.0
    pressed: float = 0.0

    def offset_mm(self, anatomy: Anatomy, u: Num, cos: Num, sin: Num, state: State) -> Num:
        """How far outside the compact wall's inner border, mm, at a level and direction; below 0: inside."""
        heart = anatomy.heart
        endo = heart.endo(u, cos, sin, state)
        layer = np.minimum(trabecular_depth(anatomy, u, state), anatomy.trabecular_reach * endo)
        gone = 1.0 - np.clip(heart.kept(u, cos, sin, state), 0.0, 1.0)
        opened = self.opened_mm * np.clip(anatomy.trabeculae_mm, 0.0, 1.0) * (1.0 - gone)
        return self.outward_mm + opened - self.pressed * gone**2 * layer


EXACT = Reader()
"""Draws the compact wall's border itself."""


def reader_labels(anatomy: Anatomy, x: Num, y: Num, z: Num, state: State, reader: Reader = EXACT) -> Num:
    """Labels (B, Y, X) as a reader of short-axis slices draws them; float, 0-3.

    A slice belongs to the LV where its wall stands on at least half of the circumference
    (SCMR 2020, doi:10.1186/s12968-020-00610-6, on the choice of the basal slice).

    Parameters
    ----------
    anatomy : Anatomy
        Of arrays (B, 1, 1).
    x, y, z : arrays, shape (B, Y, X)
        Points of one slice each, mm.
    state : State
    reader : Reader
    """
    heart = anatomy.heart
    found, place = layers(anatomy, x, y, z, state)
    depth = {layer.tissue: layer.depth for layer in found}
    level = place.u[..., :1, :1]
    there = wall_share(heart, level) >= 0.5
    # Never past the middle of a thin wall, and not where there is no cavity at all.
    drawn = place.endo + reader.offset_mm(anatomy, place.u, place.cos, place.sin, state)
    inner = np.minimum(drawn, 0.5 * (place.endo + place.epi))
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
