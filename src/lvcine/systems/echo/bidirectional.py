"""A whole clip run through the net forwards and backwards: memory is late one way, early the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter1d

from lvcine.study import F32, Bools
from lvcine.systems.echo.stream import Steps

AT_ONCE = 128
"""Frames whose likelihoods are kept at a time; an hour of film takes no more memory than that."""
BESIDE = 12
"""Frames before and after these that are run too, so that memory is that of a beating heart."""


Replace = Callable[[F32], tuple[F32, Bools]]


def predict_bidirectional(
    steps: Steps,
    frame: Callable[[int], F32],
    count: int,
    spread: float,
    replace_outliers: Replace | None = None,
    *,
    apart: bool = False,
) -> Iterator[tuple[F32, bool]]:
    """Likelihoods (4, rows, columns) of every frame of a clip, in order, and whether they were replaced.

    Parameters
    ----------
    steps : Steps
        Of the net; forgets what it saw before.
    frame : callable
        Number of a frame -> its picture (rows, columns) as the net takes it.
    count : int
        Of frames.
    spread : float
        SD of a Gaussian over the frames, 0 for none.
    replace_outliers : callable, optional
        Likelihoods (T, ...) -> the same before they are smoothed, and which frames were replaced.
    apart : bool
        Stills: each is seen for itself, as ED and ES would otherwise be drawn towards each other.
    """
    if apart:
        for t in range(count):
            yield _passed(steps, [frame(t)])[0], False
        return
    for first in range(0, count, AT_ONCE):
        last = min(first + AT_ONCE, count)
        a, b = max(0, first - BESIDE), min(count, last + BESIDE)
        pictures = [frame(t) for t in range(a, b)]
        forth = _passed(steps, pictures)
        back = _passed(steps, pictures[::-1])[::-1] if steps.remembers else forth
        mean: F32 = np.asarray((forth + back) / 2, np.float32)
        replaced = np.zeros(len(mean), bool)
        if replace_outliers is not None:
            mean, replaced = replace_outliers(mean)
        if spread > 0:
            mean = gaussian_filter1d(mean, spread, axis=0, mode="nearest")
        yield from zip(mean[first - a : last - a], replaced[first - a : last - a].tolist(), strict=True)


def _passed(steps: Steps, pictures: list[F32]) -> F32:
    steps.forget()
    return np.stack([steps(picture)[0] for picture in pictures])
