"""Pixels that can be analysed: finite, not a mask, not empty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.errors import NotACineError
from lvcine.isolated import still_working
from lvcine.study import Finding

_MOST_LABELS = 8
_CHUNK = 1 << 20


def valid_pixels(pixels: NDArray[Any]) -> tuple[NDArray[Any], tuple[Finding, ...]]:
    """Pixels without NaN or infinity; label maps and empty images are refused.

    Parameters
    ----------
    pixels : ndarray of real numbers, any axes

    Returns
    -------
    pixels : ndarray
        The same, or a copy with the darkest value in place of what is no number.
    findings : tuple of Finding
        ``not-a-number-pixels`` if there were any.

    Raises
    ------
    NotACineError
        No number at all, one value everywhere, or a few whole numbers and nothing else.

    Examples
    --------
    >>> pixels, findings = valid_pixels(np.array([[1.5, np.nan], [3.0, 2.25]]))
    >>> pixels.tolist(), findings[0].code
    ([[1.5, 1.5], [3.0, 2.25]], 'not-a-number-pixels')
    """
    pixels, findings = _finite(pixels)
    values = _few_values(pixels)
    if values is not None and len(values) == 1:
        raise NotACineError("every pixel has the same value", advice="export the images again")
    if values is not None and (values == np.round(values)).all():
        raise NotACineError(
            f"looks like a mask: {len(values)} whole numbers and nothing else",
            advice="give the images; `lvcine measure SCAN --mask MASK` measures masks",
        )
    return pixels, findings


def _finite(pixels: NDArray[Any]) -> tuple[NDArray[Any], tuple[Finding, ...]]:
    bad = ~np.isfinite(pixels) if pixels.dtype.kind == "f" else np.zeros(1, bool)
    if not bad.any():
        return pixels, ()
    if bad.all():
        raise NotACineError("no pixel is a number", advice="export the images again")
    text = f"{int(bad.sum()):,} pixels are no numbers; the darkest value was put there"
    doubt = Finding("not-a-number-pixels", "warning", text, "export the images again")
    return np.where(bad, pixels[~bad].min(), pixels), (doubt,)


def _few_values(pixels: NDArray[Any]) -> NDArray[Any] | None:
    """The distinct values if they are as few as labels are, else None; a sparse look comes first."""
    line = pixels.ravel(order="K")
    if len(np.unique(line[::97])) > _MOST_LABELS:
        return None
    values = line[:0]
    for start in range(0, line.size, _CHUNK):  # sorted whole, a large picture of one value takes minutes
        still_working()
        values = np.union1d(values, line[start : start + _CHUNK])
        if len(values) > _MOST_LABELS:
            return None
    return values
