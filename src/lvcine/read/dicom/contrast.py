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
from lvcine.read.tags import shows_tags

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
        not ok or not shows_tags(p[None], image.spacing_mm or (1.4, 1.4))
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
