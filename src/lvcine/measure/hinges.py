"""Where the mitral valve hinges in every frame of a clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import median_filter

from lvcine.errors import MeasureError
from lvcine.measure.area import polygon_centroid
from lvcine.study import Array, Bools, Contour, Finding

Hinges = tuple[Array, Array]

BESIDE = 4
"""Frames before and after with which a frame's hinges are compared."""


def bridged(
    endo: Sequence[Contour | None], hinges: Sequence[Hinges | None]
) -> tuple[list[Hinges | None], list[Finding]]:
    """Hinges of every frame: bridged over time, from the outline where the valve was never seen.

    Raises
    ------
    MeasureError
        No outline at all.
    """
    seen = [t for t, pair in enumerate(hinges) if pair is not None]
    outlined = [t for t, c in enumerate(endo) if c is not None]
    if not outlined:
        raise MeasureError("no left ventricle in any frame")
    if not seen:
        text = "mitral valve not found: long axis taken from the outline"
        finding = Finding("valve-not-seen", "warning", text, "look at the base; expect rough volumes")
        return [None if c is None else own_base(c) for c in endo], [finding]
    seen = [t for t, kept in zip(seen, _sound([hinges[t] for t in seen], endo), strict=True) if kept]
    lost = len(set(outlined) - set(seen))
    line = np.array([np.stack(_ordered(hinges[t], hinges[seen[0]])) for t in seen])  # type: ignore[arg-type]
    every = np.arange(len(endo))
    between = np.stack([[np.interp(every, seen, line[:, i, j]) for j in (0, 1)] for i in (0, 1)])
    filled: list[Hinges | None] = [(between[0, :, t], between[1, :, t]) for t in every]
    if lost <= 0.2 * len(outlined):
        return filled, []
    text = f"mitral valve not found in {lost} of {len(outlined)} frames"
    return filled, [Finding("valve-not-seen", "warning", text, "look at the base in these frames")]


def _sound(hinges: Sequence[Hinges | None], endo: Sequence[Contour | None]) -> Bools:
    """Which hinges lie where those of most frames do, and where those of the frames about them do.

    The annulus moves by some 15 mm, the ventricle is 90 mm long: it never moves by a third of that, nor in
    four frames by an eighth. A hinge at the apex would leave no volume.
    """
    middle = np.array([np.mean(pair, axis=0) for pair in hinges if pair is not None])
    length = np.median([np.ptp(c.points, axis=0).max() for c in endo if c is not None])
    usual = np.hypot(*(middle - np.median(middle, 0)).T) <= length / 3
    about = median_filter(middle, (2 * BESIDE + 1, 1), mode="nearest")
    steady = np.hypot(*(middle - about).T) <= length / 8
    return usual & steady if (usual & steady).any() else usual


def _ordered(pair: Hinges, first: Hinges) -> Hinges:
    """The pair in the order of another frame's: the contour may run either way."""
    straight = np.hypot(*(pair[0] - first[0])) + np.hypot(*(pair[1] - first[1]))
    crossed = np.hypot(*(pair[0] - first[1])) + np.hypot(*(pair[1] - first[0]))
    return pair if straight <= crossed else (pair[1], pair[0])


def own_base(contour: Contour) -> Hinges:
    """Both hinges at the lower end of the outline's longest axis: apical views have the apex above."""
    rest = contour.points - polygon_centroid(contour.points)
    axis = np.linalg.eigh(rest.T @ rest)[1][:, 1]
    low = contour.points[int((rest @ (axis if axis[0] > 0 else -axis)).argmax())]
    return low, low
