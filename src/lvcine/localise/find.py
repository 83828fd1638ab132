"""Where the left ventricle lies, from a net's likelihood over whole pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, label

from lvcine.study import F32, Finding


@dataclass(frozen=True)
class Place:
    """The LV's place in the pictures.

    Attributes
    ----------
    centre : (float, float)
        (y, x) in the pixels of the likelihood.
    confidence : float
        Mean likelihood at the brightest spot, 0..1.
    second_best : float
        The same for the next best place that does not touch it, over ``confidence``; near 1
        means that two places look alike.
    """

    centre: tuple[float, float]
    confidence: float
    second_best: float


def middle_slices(slices: int, wanted: int = 5) -> list[int]:
    """Slices in the middle two thirds, where the LV is surest."""
    first, last = slices * 0.2, max(slices * 0.8 - 1, 0)
    return sorted({int(round(z)) for z in np.linspace(first, last, min(wanted, slices))})


def spread_frames(frames: int, wanted: int = 4) -> list[int]:
    """Frames spread evenly over the cycle."""
    return sorted({int(t) for t in np.arange(min(wanted, frames)) * frames / min(wanted, frames)})


def find_place(likelihood: F32) -> Place:
    """The place that is LV in most slices and frames.

    Parameters
    ----------
    likelihood : ndarray, shape (Z, T, Y, X)
        Probability of cavity or myocardium.
    """
    heat = gaussian_filter(likelihood.mean((0, 1)), 4.0)  # the LV is a large thing
    peak = float(heat.max())
    if peak <= 0.02:
        return Place(((heat.shape[0] - 1) / 2.0, (heat.shape[1] - 1) / 2.0), peak, 1.0)
    regions, _ = label(heat > 0.35 * peak)
    best = regions[np.unravel_index(int(heat.argmax()), heat.shape)]
    weights = np.where(regions == best, heat, 0.0)
    rows, columns = np.indices(heat.shape)
    centre = (float((weights * rows).sum() / weights.sum()), float((weights * columns).sum() / weights.sum()))
    others = heat[(regions != best) & (regions > 0)]
    return Place(centre, peak, float(others.max() / peak) if others.size else 0.0)


def doubts_of(place: Place) -> Iterator[Finding]:
    """What a place that a net found leaves open."""
    if place.confidence < 0.3:
        text = f"left ventricle hard to find (likelihood {place.confidence:.2f})"
        yield Finding("lv-hard-to-find", "warning", text, "check the contours before using any number")
    elif place.second_best > 0.8:
        text = "a second place in the pictures resembles a left ventricle"
        yield Finding("two-places-like-lv", "warning", text, "check that the contours lie on the heart")
