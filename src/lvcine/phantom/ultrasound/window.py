"""Where the probe stands and where the picture is cut: apical windows, good and bad."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random
from lvcine.phantom.views import Plane, long_axis
from lvcine.study import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """A picture's plane whose middle is the probe, and the range that it shows.

    Attributes
    ----------
    plane : Plane
        ``middle_mm`` is the middle of the probe's face, ``down`` the beam in the picture's middle.
    depth_mm : float
    view : View
    """

    plane: Plane
    depth_mm: float
    view: View


def good_window(anatomy: Anatomy, view: View, gap_mm: float = 12.0, depth_mm: float = 150.0) -> Window:
    """The plane through the axis, the probe ``gap_mm`` below the epicardial apex."""
    start = float(anatomy.heart.length_mm + anatomy.heart.apex_wall_mm) + gap_mm
    return Window(long_axis(view, start), depth_mm, view)


def draw_window(rng: Random, anatomy: Anatomy, view: View) -> Window:
    """An apical window from a seed: rotated, off the axis, foreshortened, aside of the apex.

    Parameters
    ----------
    rng : numpy.random.Generator
    anatomy : Anatomy
    view : View
        A2C, A3C or A4C.

    Examples
    --------
    >>> from lvcine.phantom import draw_heart
    >>> from lvcine.phantom.anatomy import draw_anatomy
    >>> rng = np.random.default_rng(5)
    >>> draw_window(rng, draw_anatomy(draw_heart(rng), rng), View.A4C).view
    <View.A4C: 'A4C'>
    """
    heart = anatomy.heart
    bad = rng.random() < 0.3
    lean = rng.normal(0, 0.22 if bad else 0.07)
    plane = long_axis(
        view,
        0.25 * heart.length_mm,
        off_mm=float(rng.normal(0, 5.0 if bad else 2.0)),
        turn=float(rng.normal(0, 0.22 if bad else 0.12)),
        lean=float(np.clip(lean, -0.45, 0.45)),
    )
    tip = _way_out(heart, plane)
    # The picture's middle runs from beside the apex into the left ventricle; in some four-chamber views to
    # the right one, the septum or the lateral wall.
    radius = float(heart.radius_mm + heart.wall_mm)
    aside = rng.normal(0, 6.0)
    middle = rng.normal(0.0, 0.35)
    beside = rng.uniform(-1.7, 0.35) if view is View.A4C else rng.normal(0, 0.4)
    target = radius * (middle if rng.random() < 0.65 else beside)
    gap = float(rng.choice([rng.uniform(0, 14), rng.uniform(4, 30)]))
    probe = plane.middle_mm - (tip + gap) * plane.down + aside * plane.across
    aim = plane.middle_mm + 0.2 * float(heart.length_mm) * plane.down + target * plane.across
    down = (aim - probe) / np.linalg.norm(aim - probe)
    across = plane.across - (plane.across @ down) * down
    reach = tip + gap + 0.25 * float(heart.length_mm)  # from the probe to the mitral plane
    atrium = float(-anatomy.la_mm[2] + anatomy.la_mm[5])
    depth = reach + atrium * rng.uniform(0.35, 1.15) + rng.uniform(0, 25)
    return Window(Plane(probe, down, across / np.linalg.norm(across)), float(np.clip(depth, 95, 210)), view)


def _way_out(heart: Heart, plane: Plane) -> float:
    """Mm from the plane's middle towards the probe to where the epicardium ends, at ED."""
    steps = np.arange(0.0, 200.0, 0.5)
    x, y, z = plane.middle_mm[:, None] - plane.down[:, None] * steps
    place = heart.locate(x, y, z, heart.beat.at(np.zeros(1)))
    inside = (place.radius < place.epi) & (place.u < heart.end)
    return float(steps[inside].max()) if inside.any() else 0.0
