"""Which of several acquisitions of one place shows anatomy: neither tag lines nor moving blood alone.

Tagging is done with the sequence of a cine, in its planes, and nothing in a classic header need say so; flow
scans give a complex difference beside the magnitude, dark where nothing moves. Both are magnitude
pictures. So one picture of each is looked at, where there is a choice, and only there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.read.dicom.image import Image

_PERIODS_MM = (3.0, 13.0)
"""Of tag lines."""
_TAGGED = 0.55
"""Share of the energy of such periods in two peaks: tags 0.65 to 0.95, eleven cines 0.05 to 0.45."""
_DARK = 0.6
"""Brightness of still tissue, in parts of the brightest candidate's, of a complex difference."""


def show_anatomy(candidates: Sequence[Image]) -> list[bool]:
    """For each picture whether it shows anatomy as well as the best of them; True where it cannot be told.

    Parameters
    ----------
    candidates : sequence of Image
        One early picture of every acquisition.
    """
    if len(candidates) < 2:
        return [True] * len(candidates)
    pictures = [_decoded(image) for image in candidates]
    known = [p is not None and p.size > 0 and float(np.ptp(p)) > 0 for p in pictures]
    plain = [
        not ok or not tagged(p, image.spacing_mm or (1.4, 1.4))
        for ok, p, image in zip(known, pictures, candidates, strict=True)
    ]
    bright = [still_brightness(p) if ok else np.nan for ok, p in zip(known, pictures, strict=True)]
    most = np.nanmax([*bright, 0.0])
    return (
        [fine and not (np.isfinite(b) and b < _DARK * most) for fine, b in zip(plain, bright, strict=True)]
        if any(plain)
        else [True] * len(candidates)
    )


def _decoded(image: Image) -> Any:
    from lvcine.read.dicom.pixels import decode  # codecs, which a header's reader does not need

    header = image.header
    try:
        return decode(header.path.read_bytes(), header.syntax, [image.frame], header.path.name)[0]
    except Exception:  # what cannot be decoded is said where it is read
        return None


def still_brightness(picture: NDArray[Any]) -> float:
    """How bright most of a picture is beside its brightest part.

    Examples
    --------
    >>> still = np.full((10, 10), 40.0); still[4:6, 4:6] = 100.0; still[:3] = 0.0
    >>> still_brightness(still), still_brightness(np.where(still == 40, 4.0, still))
    (0.4, 0.04)
    """
    body = picture[picture > np.percentile(picture, 25)]  # air is dark in both
    values = body if body.size else picture
    return float(np.median(values) / max(float(np.percentile(picture, 99)), 1e-9))


def tagged(picture: NDArray[Any], spacing_mm: tuple[float, float]) -> bool:
    """Whether lines at an even distance lie over the middle of a picture (Y, X).

    Examples
    --------
    >>> y, x = np.mgrid[:128, :128]
    >>> heart = np.random.default_rng(0).normal(0, 5, (128, 128)) + 200.0 * (np.hypot(y - 64, x - 64) < 30)
    >>> lines = heart * (0.6 + 0.4 * np.cos(2 * np.pi * (x + y) / 7)) + 60 * np.cos(2 * np.pi * (x + y) / 7)
    >>> tagged(heart, (1.4, 1.4)), tagged(lines, (1.4, 1.4))
    (False, True)
    """
    rows, columns = picture.shape
    if min(rows, columns) < 32:
        return False
    middle = picture[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4].astype(np.float64)
    window = np.hanning(middle.shape[0])[:, None] * np.hanning(middle.shape[1])
    power = np.abs(np.fft.fft2((middle - middle.mean()) * window)) ** 2
    waves = np.hypot(
        np.fft.fftfreq(middle.shape[0], spacing_mm[0])[:, None],
        np.fft.fftfreq(middle.shape[1], spacing_mm[1]),
    )
    power[(waves < 1 / _PERIODS_MM[1]) | (waves > 1 / _PERIODS_MM[0])] = 0.0
    total = float(power.sum())
    if total <= 0:
        return False
    peaks = 0.0
    for _ in range(2):  # lines, or a grid of two directions
        y, x = np.unravel_index(int(power.argmax()), power.shape)
        for sign in (1, -1):
            near = np.ix_(
                (sign * y + np.arange(-2, 3)) % power.shape[0], (sign * x + np.arange(-2, 3)) % power.shape[1]
            )
            peaks += float(power[near].sum())
            power[near] = 0.0
    return peaks / total > _TAGGED
