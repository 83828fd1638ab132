"""Volume of the left atrium from one apical view, at the ventricle's end-systole."""

from __future__ import annotations

import numpy as np

from lvcine.measure.discs import DISCS, disc_diameters, long_axis, single_plane_volume
from lvcine.measure.hinges import Hinges
from lvcine.study import Contour, Measurement


def atrial_numbers(
    outline: Contour | None, hinges: Hinges | None, spacing_mm: tuple[float, float]
) -> list[Measurement]:
    """Volume and length of the atrium at one frame; nothing where it was not outlined.

    Discs square to the line from the middle of the mitral annulus to the roof, circles in the plane's chords
    (Lang et al. 2015, doi:10.1016/j.echo.2014.10.003).

    Parameters
    ----------
    outline : Contour or None
        In pixels.
    hinges : ((y, x), (y, x)) or None
        Of the mitral valve, in pixels.
    spacing_mm : (float, float)

    Examples
    --------
    >>> tube = Contour(np.array([[0.0, 0.0], [0.0, 40.0], [50.0, 40.0], [50.0, 0.0]]))
    >>> at = np.array([0.0, 0.0]), np.array([0.0, 40.0])
    >>> [(m.name, round(m.value, 1)) for m in atrial_numbers(tube, at, (1.0, 1.0))]
    [('la_volume_ml', 59.7), ('la_length_mm', 53.9)]
    """
    if outline is None or hinges is None:
        return []
    scale = np.asarray(spacing_mm, float)
    mm = outline.scaled(spacing_mm)
    axis = long_axis(mm, (hinges[0] * scale, hinges[1] * scale))
    if not axis.length > 0:
        return []
    volume = single_plane_volume(disc_diameters(mm, axis), axis.length) / 1000.0
    method = f"left atrium, method of discs, {DISCS} discs, one plane, end-systole of the beat of middle EF"
    return [
        Measurement("la_volume_ml", volume, "mL", method),
        Measurement("la_length_mm", axis.length, "mm", "mitral annulus to the roof of the left atrium at ES"),
    ]
