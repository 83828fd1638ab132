"""What stands in the cavity: volume of the papillary muscles, of the trabeculae and of the blood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lvcine.phantom.anatomy import Anatomy, layers
from lvcine.phantom.arrays import soft
from lvcine.phantom.beat import State
from lvcine.phantom.truth import volume_ml


@dataclass(frozen=True)
class Inside:
    """Volumes in mL within the endocardium at one state.

    Attributes
    ----------
    papillary_ml : papillary muscles alone
    muscle_ml : papillary muscles and trabeculae together
    cavity_ml : everything within the endocardium
    """

    papillary_ml: float
    muscle_ml: float
    cavity_ml: float

    @property
    def blood_ml(self) -> float:
        """The cavity without its muscles: what the convention that leaves them out calls volume."""
        return self.cavity_ml - self.muscle_ml


def inside_cavity(anatomy: Anatomy, state: State, *, step_mm: float = 0.6, levels: int = 40) -> Inside:
    """Volumes by quadrature of the anatomy's own depths: Gauss along the axis, a grid across.

    A point less than half a step from a surface counts by its depth, so that the error falls with
    the square of the step.

    Parameters
    ----------
    anatomy : Anatomy
        Of one heart.
    state : State
        One state.
    step_mm : float
        Of the grid in the short-axis plane.
    levels : int
    """
    heart = anatomy.heart
    t, weight = np.polynomial.legendre.leggauss(levels)
    low, high = float(heart.height(-0.15, state)), float(heart.height(1.0, state))
    z = low + (t + 1.0) / 2.0 * (high - low)
    reach = 1.4 * float(heart.radius_mm) + max(abs(float(v)) for v in (*heart.bend_mm, *heart.swing_mm))
    across = np.arange(-reach, reach + step_mm, step_mm)
    papillary = muscle = 0.0
    for at, w in zip(z, weight * (high - low) / 2.0, strict=True):
        x, y = np.meshgrid(across, across)
        found, place = layers(anatomy, x, y, np.full_like(x, at), state)
        depth = {layer.tissue: layer.depth for layer in found}
        below = np.minimum(place.below_base, place.endo - place.radius)
        pillar = np.minimum(depth["papillary"], below)
        either = np.maximum(pillar, np.minimum(depth["trabeculae"], below))
        papillary += w * float(soft(pillar, step_mm).sum()) * step_mm**2
        muscle += w * float(soft(either, step_mm).sum()) * step_mm**2
    return Inside(float(papillary) / 1000.0, float(muscle) / 1000.0, float(volume_ml(heart, state)))
