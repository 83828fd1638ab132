"""Contours in the header of a clip's masks: what pixels cannot hold, so that copied masks measure as before.

Volumes by discs hang on the points at which the mitral valve hinges, and on the apex. A raster rounds both
off. So the masks of a clip carry their contours as a comment (NIfTI header extension 6), which counts as long
as no pixel was changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lvcine.study import Array, Contour

COMMENT = 6
"""Code of a comment among header extensions (nifti1_io.h, NIFTI_ECODE_COMMENT)."""
_KEY, _VERSION = "lvcine_contours", 1
_DIGITS = 3  # of a pixel
_MOST_BYTES = 64 << 20
_FARTHEST = 1e5  # pixels

Hinges = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class MaskContours:
    """Contours of every frame of a clip, in pixels of its grid.

    Attributes
    ----------
    endo, epi : tuple of Contour or None
    hinges : tuple of ((y, x), (y, x)) or None
        Of the mitral valve.
    atrium : tuple of Contour or None
        Empty where it was not outlined.
    """

    endo: tuple[Contour | None, ...]
    epi: tuple[Contour | None, ...]
    hinges: tuple[Hinges | None, ...]
    atrium: tuple[Contour | None, ...] = ()


def contours_text(contours: MaskContours) -> bytes:
    """The contours as the text of a header extension.

    Examples
    --------
    >>> square = Contour(np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0]]))
    >>> text = contours_text(MaskContours((square,), (None,), ((square.points[0], square.points[1]),)))
    >>> found = read_contours(text)
    >>> found.endo[0].points[2], found.epi, found.hinges[0][1]
    (array([9., 9.]), (None,), array([0., 9.]))
    >>> read_contours(b"a comment of somebody else") is None
    True
    """
    said: dict[str, Any] = {_KEY: _VERSION}
    said |= {name: _lines(getattr(contours, name)) for name in ("endo", "epi", "atrium")}
    said["hinges"] = [None if h is None else np.round(np.ravel(h), _DIGITS).tolist() for h in contours.hinges]
    return json.dumps(said, separators=(",", ":")).encode()


def read_contours(text: bytes) -> MaskContours | None:
    """The contours in a header extension; None in any other, and in a damaged one."""
    if len(text) > _MOST_BYTES or _KEY.encode() not in text[:64]:
        return None
    try:
        said = json.loads(text.rstrip(b"\0 "))
        if said[_KEY] != _VERSION:
            return None
        endo, epi, atrium = (tuple(map(_contour, said[name])) for name in ("endo", "epi", "atrium"))
        hinges = tuple(map(_pair, said["hinges"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    alike = len(endo) == len(epi) == len(hinges) and len(atrium) in (0, len(endo))
    return MaskContours(endo, epi, hinges, atrium) if alike else None


def contours_of_preamble(preamble: bytes, byte_order: str) -> MaskContours | None:
    """The contours among the header extensions that lie between a NIfTI header and its voxels, if any.

    Parameters
    ----------
    preamble : bytes
        Four bytes, the first of which is not 0 where extensions follow; each with its size and code.
    byte_order : str
        ``<`` or ``>``.
    """
    place = 4
    while preamble[:1] not in (b"", b"\0") and place + 8 <= len(preamble):
        size, code = (int(n) for n in np.frombuffer(preamble, f"{byte_order}i4", 2, place))
        if size < 8 or place + size > len(preamble):
            break
        if code == COMMENT and (found := read_contours(preamble[place + 8 : place + size])) is not None:
            return found
        place += size
    return None


def _lines(contours: Sequence[Contour | None]) -> list[list[float] | None]:
    return [None if c is None else np.round(c.points.ravel(), _DIGITS).tolist() for c in contours]


def _contour(line: Any) -> Contour | None:
    if line is None:
        return None
    points = _sound(np.asarray(line, float).reshape(-1, 2))
    if len(points) < 3:
        raise ValueError
    return Contour(points)


def _pair(line: Any) -> Hinges | None:
    if line is None:
        return None
    first, second = _sound(np.asarray(line, float).reshape(2, 2))
    return first, second


def _sound(points: Array) -> Array:
    if not (np.abs(points) < _FARTHEST).all():  # nor NaN
        raise ValueError
    return points
