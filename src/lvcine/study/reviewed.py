"""A study that a reader reviewed: pictures, her contours, and which of them count as read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lvcine.study.arrays import Bools
from lvcine.study.cine import View
from lvcine.study.mask import Contour

PREFIX = "reviewed-"
"""Begins the name of every reviewed subject, and of no other: no data set and no virtual heart has it."""


def reviewed_subject(pixels: NDArray[Any]) -> str:
    """What a reviewed scan is called in a split: from its pictures, which name nobody.

    The same wherever the scan lies, whatever its file is called and in whatever exam it is.

    Parameters
    ----------
    pixels : ndarray, shape (Z, T, Y, X)
        As they are read.

    Examples
    --------
    >>> reviewed_subject(np.zeros((1, 2, 4, 4), np.uint8)) == reviewed_subject(np.zeros((1, 2, 4, 4), float))
    True
    >>> reviewed_subject(np.zeros((1, 2, 4, 4)))
    'reviewed-cbba92b8761f'
    """
    digest = hashlib.sha256(str(pixels.shape).encode())
    for picture in pixels.reshape(-1, *pixels.shape[-2:]):
        digest.update(np.ascontiguousarray(picture, "<f4").tobytes())
    return PREFIX + digest.hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A scan with the contours of a saved review.

    Attributes
    ----------
    subject : str
        Of :func:`reviewed_subject`.
    reader : str
        Empty where nobody gave a name.
    view : View
    clip : bool
        An apical clip; else a short-axis stack.
    pixels : ndarray, shape (Z, T, Y, X)
        Slices from base to apex.
    spacing_mm : (float, float) or None
        Of rows and columns; None where the scan does not say.
    endo, epi : tuple of tuple of (Contour or None), indexed [z][t]
    read : ndarray of bool, shape (Z, T)
        Where the contours are a reader's word, their absence too.
    """

    subject: str
    reader: str
    view: View
    clip: bool
    pixels: NDArray[Any]
    spacing_mm: tuple[float, float] | None
    endo: tuple[tuple[Contour | None, ...], ...]
    epi: tuple[tuple[Contour | None, ...], ...]
    read: Bools
